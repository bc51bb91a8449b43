/*
 * Pixels to PDQ hashes, an index of known ones, and a question to it.
 *     cc hash.c $(pkg-config --cflags --libs tutela-hash) -lm
 */
#include <tutela/hash.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 256 };

/* Grey pixels of your own decoder; here waves, as bright and as noisy as they are asked for. */
static void
draw(uint8_t *luma, double angle, double light, int noise)
{
	for (int i = 0; i < SIDE * SIDE; i++) {
		double x = i % SIDE / 20.0, y = i / SIDE / 20.0;
		double v = sin(x * cos(angle) + y) + sin(y * sin(angle) - x) + sin(x * y / 5);
		luma[i] = (uint8_t)(128 + 30 * v * light + rand() % (noise + 1));
	}
}

static struct tl_pdq
hash(const uint8_t *luma)
{
	struct tl_pdq h;
	int quality;
	if (tl_pdq_of_luma(luma, SIDE, SIDE, SIDE, &h, &quality) < 0 ||
	    quality < TL_PDQ_QUALITY_MIN) {
		fprintf(stderr, "no usable hash: %s\n", tl_err_text());
		exit(1);
	}
	return h;
}

int
main(void)
{
	static uint8_t luma[SIDE * SIDE];
	struct tl_index *known;
	char hex[TL_PDQ_HEX];
	if (tl_index_open(NULL, TL_INDEX_OWN, &known) < 0) /* NULL: in memory */
		return 1;
	for (uint64_t key = 1; key <= 50; key++) {
		draw(luma, (double)key, 1, 0);
		struct tl_pdq h = hash(luma);
		if (tl_index_add(known, &h, key, 1, 0) < 0)
			return 1;
	}
	draw(luma, 42, 0.8, 20); /* a darker, noisy copy of number 42 */
	struct tl_pdq copy = hash(luma);
	struct tl_index_hit hit[8];
	struct tl_index_ask ask = {
	    .needle = &copy, .needles = 1, .distance = TL_PDQ_DISTANCE_USE, .now_us = 0};
	struct tl_index_found found = {.hit = hit, .cap = 8};
	if (tl_index_find(known, &ask, &found) < 0)
		return 1;
	tl_pdq_hex(hex, &copy);
	printf("%s\n", hex);
	for (size_t i = 0; i < found.n; i++)
		printf(
		    "key %llu, distance %d\n", (unsigned long long)hit[i].key, hit[i].distance);
	tl_index_close(known);
	return found.n == 0;
}
