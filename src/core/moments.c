/*
 * Choosing the moments of a film that are worth a clip of their own.
 *
 * The stretches of all matches that count are laid together; each gets one cut, and the longer ones more, as long as the
 * clip's parts do not show them whole. No failure: what cannot be read of a signal says nothing. Called by the worker.
 */
#include "core/moments.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

#define PLACES_MAX ((size_t)TL_SIGNALS_MAX * 8) /* all that signals can say */
#define NEAR_MS 1000                            /* places that are one */
#define CLIP_MS (TL_FILM_CLIP_WINDOWS * TL_FILM_CLIP_WINDOW_MS)
#define LISTEN_MS (TL_FILM_LISTEN_WINDOWS * TL_FILM_LISTEN_WINDOW_MS)

struct place {
	int64_t from_ms, to_ms;
	uint32_t cuts;
};

static int
by_time(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

/* Stretches of one match. */
static size_t
read_shown(const struct tl_signal *s, int64_t all_ms, struct place *ret, size_t cap)
{
	TL_CLEANUP(tl_json_unref) json_t *part = NULL;
	size_t n = 0, i;
	json_t *at;
	if (s->part.n == 0 || tl_json_parse(s->part, &part) < 0)
		return 0;
	json_array_foreach(json_object_get(part, "shown"), i, at)
	{
		int64_t from = json_integer_value(json_object_get(at, "from_ms"));
		int64_t to = json_integer_value(json_object_get(at, "to_ms"));
		to = to < all_ms ? to : all_ms;
		if (n < cap && from >= 0 && from < to)
			ret[n++] = (struct place){.from_ms = from, .to_ms = to, .cuts = 1};
	}
	return n;
}

static bool
tells(const struct tl_signal *s, const struct tl_media *m)
{
	return !s->failed && s->has_media && tl_signal_counts(s) &&
	       s->effect != TL_EFFECT_ALLOW &&
	       memcmp(s->media.b, m->id.b, sizeof s->media.b) == 0;
}

/* In order of time, none over another. */
static size_t
put_together(struct place *p, size_t n)
{
	size_t out = 0;
	qsort(p, n, sizeof *p, by_time);
	for (size_t i = 0; i < n; i++) {
		if (out && p[i].from_ms <= p[out - 1].to_ms + NEAR_MS) {
			if (p[i].to_ms > p[out - 1].to_ms)
				p[out - 1].to_ms = p[i].to_ms;
		} else {
			p[out++] = p[i];
		}
	}
	return out;
}

/* As many as there are cuts, evenly. */
static size_t
choose(struct place *p, size_t n)
{
	if (n <= TL_FILM_CUTS)
		return n;
	for (size_t i = 0; i < TL_FILM_CUTS; i++)
		p[i] = p[i * (n - 1) / (TL_FILM_CUTS - 1)];
	return TL_FILM_CUTS;
}

static int64_t
length(const struct place *p)
{
	return p->to_ms - p->from_ms;
}

/* One more cut goes to the place of which the least is shown, until each is shown whole or no cut is left. */
static uint32_t
share_out(struct place *p, size_t n, int64_t clip_ms)
{
	uint32_t total = (uint32_t)n;
	while (total < TL_FILM_CUTS) {
		struct place *most = &p[0];
		for (size_t i = 1; i < n; i++)
			if (length(&p[i]) * most->cuts > length(most) * p[i].cuts)
				most = &p[i];
		if (length(most) <= most->cuts * (clip_ms / total))
			break;
		most->cuts++;
		total++;
	}
	return total;
}

static void
cut(const struct place *p, size_t n, struct tl_moments *ret)
{
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < p[i].cuts; k++)
			ret->cut[ret->n++] =
			    (uint32_t)(p[i].from_ms +
				       length(&p[i]) * (2 * k + 1) / (2 * p[i].cuts));
}

void
tl_moments_of(
    const struct tl_media *m, const struct tl_signal *s, size_t n, struct tl_moments *ret)
{
	int64_t clip_ms = m->pictures > 0 ? CLIP_MS : LISTEN_MS, known_ms = 0;
	bool film = !m->has_pdq && m->film.n && (m->pictures > 0 || m->has_sound);
	*ret = (struct tl_moments){0};
	if (!film || m->state == TL_MEDIA_ERASED || m->duration_ms <= clip_ms)
		return;
	struct place *p = calloc(PLACES_MAX, sizeof *p);
	size_t places = 0;
	if (!p)
		abort();
	for (size_t i = 0; i < n; i++)
		if (tells(&s[i], m))
			places +=
			    read_shown(&s[i], m->duration_ms, p + places, PLACES_MAX - places);
	places = put_together(p, places);
	for (size_t i = 0; i < places; i++)
		known_ms += length(&p[i]);
	if (places && known_ms * 2 <= m->duration_ms) {
		ret->places = (uint32_t)places;
		places = choose(p, places);
		(void)share_out(p, places, clip_ms);
		cut(p, places, ret);
	}
	free(p);
}

void
tl_moments_write(char dst[TL_MOMENTS_TEXT], const struct tl_moments *m)
{
	size_t n = (size_t)snprintf(dst, TL_MOMENTS_TEXT, "%u", m->places);
	for (uint32_t i = 0; i < m->n; i++)
		n += (size_t)snprintf(dst + n, TL_MOMENTS_TEXT - n, " %u", m->cut[i]);
}

int
tl_moments_read(struct tl_str text, struct tl_moments *ret)
{
	struct tl_moments m = {0};
	uint32_t v = 0, words = 0;
	bool digit = false;
	for (size_t i = 0; i <= text.n; i++) {
		uint8_t c = i < text.n ? text.p[i] : ' ';
		if (c >= '0' && c <= '9' && v <= TL_FILM_MS_MAX) {
			v = v * 10 + (uint32_t)(c - '0');
			digit = true;
			continue;
		}
		if (c != ' ' || !digit || words > TL_FILM_CUTS || v > TL_FILM_MS_MAX)
			return tl_fail(TL_ECORRUPT, "a list of moments is damaged");
		if (words++ == 0)
			m.places = v;
		else
			m.cut[m.n++] = v;
		v = 0;
		digit = false;
	}
	for (uint32_t i = 1; i < m.n; i++)
		if (m.cut[i] < m.cut[i - 1])
			return tl_fail(TL_ECORRUPT, "a list of moments is damaged");
	*ret = m;
	return m.n ? 0 : tl_fail(TL_ECORRUPT, "a list of moments is damaged");
}
