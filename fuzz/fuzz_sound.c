/* Fingerprints of sounds, as text and packed: any bytes are refused or read; what was read writes back to the same. */
#include "hash/sound.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tl_sound s = {0}, again = {0};
	struct tl_buf b = {0};
	if (tl_sound_unpack(tl_bytes(data, size), &s) == 0) {
		tl_sound_pack(&b, &s);
		if (!tl_str_eq(tl_buf_str(&b), tl_bytes(data, size)))
			abort();
		tl_sound_fini(&s);
	}
	tl_buf_reset(&b);
	struct tl_sound bent[TL_SOUND_BENDS];
	if (tl_sound_unpack_bent(tl_bytes(data, size), bent) == 0) {
		tl_buf_reset(&b);
		for (size_t i = 0; i < TL_SOUND_BENDS; i++) {
			if (bent[i].n)
				tl_sound_pack(&b, &bent[i]);
			tl_sound_fini(&bent[i]);
		}
		if (b.n != size || (size && memcmp(b.p, data, size) != 0))
			abort();
	}
	if (tl_sound_parse(tl_bytes(data, size), &s) == 0) {
		tl_sound_text(&b, &s);
		if (tl_sound_parse(tl_buf_str(&b), &again) < 0 || again.n != s.n ||
		    memcmp(again.w, s.w, s.n * sizeof *s.w) != 0)
			abort();
		tl_sound_fini(&again);
		tl_sound_fini(&s);
	}
	tl_buf_fini(&b);
	return 0;
}
