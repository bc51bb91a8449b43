/*
 * Orientation from EXIF (TIFF structure): one tag of the first directory, nothing else is looked at.
 * Anything odd is "not said". Called by the JPEG codec.
 */
#include "decode/decode.h"

#include "base/cur.h"

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3
#define ENTRIES_MAX 512

static uint32_t
number(struct tl_str s, bool little)
{
	uint32_t v = 0;
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[little ? s.n - 1 - i : i];
	return v;
}

uint16_t
tl_exif_orientation(struct tl_str exif)
{
	struct tl_str lead = TL_S("Exif\0\0");
	if (exif.n >= lead.n && memcmp(exif.p, lead.p, lead.n) == 0)
		exif = tl_bytes(exif.p + lead.n, exif.n - lead.n);
	struct tl_cur c = tl_cur(exif);
	struct tl_str order = tl_cur_take(&c, 2);
	bool little = tl_str_is(order, "II");
	if (!little && !tl_str_is(order, "MM"))
		return 0;
	if (number(tl_cur_take(&c, 2), little) != 42)
		return 0;
	uint32_t at = number(tl_cur_take(&c, 4), little);
	if (c.bad || at > exif.n)
		return 0;
	c = tl_cur(tl_bytes(exif.p + at, exif.n - at));
	uint32_t n = number(tl_cur_take(&c, 2), little);
	for (uint32_t i = 0; i < n && i < ENTRIES_MAX && !c.bad; i++) {
		uint32_t tag = number(tl_cur_take(&c, 2), little);
		uint32_t type = number(tl_cur_take(&c, 2), little);
		uint32_t count = number(tl_cur_take(&c, 4), little);
		uint32_t value = number(tl_cur_take(&c, 2), little);
		(void)tl_cur_take(&c, 2);
		if (!c.bad && tag == TAG_ORIENTATION && type == TYPE_SHORT && count == 1)
			return value >= 1 && value <= 8 ? (uint16_t)value : 0;
	}
	return 0;
}
