/* Films from numbers; see film.h. Called by the robustness bench. No failure but that of writing. */
#include "film.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 512 /* of a texture, which repeats */
#define THINGS 5

static uint32_t state;

static double
uniform(void)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) / 16777216.0;
}

/* Noise on a lattice of `cells`, smoothed: one octave. */
static void
octave(float *t, int cells, float height)
{
	float *v = malloc((size_t)cells * (size_t)cells * sizeof *v);
	if (!v)
		abort();
	for (int i = 0; i < cells * cells; i++)
		v[i] = (float)(uniform() * 2 - 1) * height;
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			float fx = (float)x * (float)cells / SIDE,
			      fy = (float)y * (float)cells / SIDE;
			int x0 = (int)fx, y0 = (int)fy, x1 = (x0 + 1) % cells,
			    y1 = (y0 + 1) % cells;
			float u = fx - (float)x0, w = fy - (float)y0;
			u = u * u * (3 - 2 * u);
			w = w * w * (3 - 2 * w);
			float a = v[y0 * cells + x0], b = v[y0 * cells + x1];
			float c = v[y1 * cells + x0], d = v[y1 * cells + x1];
			t[y * SIDE + x] += (a + (b - a) * u) * (1 - w) + (c + (d - c) * u) * w;
		}
	free(v);
}

struct thing {
	double x, y, vx, vy, rx, ry, light;
	int box;
};

struct shot {
	float *texture;
	double x, y, vx, vy, zoom, vzoom;
	struct thing thing[THINGS];
	int frames;
};

static void
shot_begin(struct shot *s)
{
	memset(s->texture, 0, sizeof *s->texture * SIDE * SIDE);
	for (int cells = 4, i = 0; cells <= 128; cells *= 2, i++)
		octave(s->texture, cells, 70.0f / powf(1.7f, (float)i));
	s->frames = (int)(FILM_FPS * (1.5 + uniform() * 3));
	s->x = uniform() * SIDE;
	s->y = uniform() * SIDE;
	s->vx = (uniform() - 0.5) * 4;
	s->vy = (uniform() - 0.5) * 2;
	s->zoom = 0.6 + uniform() * 0.7;
	s->vzoom = (uniform() - 0.5) * 0.01;
	for (int i = 0; i < THINGS; i++)
		s->thing[i] = (struct thing){uniform() * FILM_W, uniform() * FILM_H,
		    (uniform() - 0.5) * 6, (uniform() - 0.5) * 4, 10 + uniform() * 45,
		    10 + uniform() * 35, (uniform() - 0.5) * 160, uniform() < 0.4};
}

static double
light_of(const struct shot *s, int x, int y)
{
	double u = s->x + (x - FILM_W / 2) * s->zoom, v = s->y + (y - FILM_H / 2) * s->zoom;
	double l =
	    118 +
	    (double)
		s->texture[((int)floor(v) & (SIDE - 1)) * SIDE + ((int)floor(u) & (SIDE - 1))];
	for (int i = 0; i < THINGS; i++) {
		const struct thing *t = &s->thing[i];
		double dx = (x - t->x) / t->rx, dy = (y - t->y) / t->ry;
		if (t->box ? fabs(dx) < 1 && fabs(dy) < 1 : dx * dx + dy * dy < 1)
			l += t->light;
	}
	return l < 16 ? 16 : l > 235 ? 235 : l;
}

static void
shot_step(struct shot *s)
{
	s->x += s->vx;
	s->y += s->vy;
	s->zoom *= 1 + s->vzoom;
	for (int i = 0; i < THINGS; i++) {
		s->thing[i].x += s->thing[i].vx;
		s->thing[i].y += s->thing[i].vy;
	}
	s->frames--;
}

int
film_write(FILE *to, uint32_t n, int seconds)
{
	static uint8_t frame[FILM_W * FILM_H * 3 / 2];
	struct shot s = {.texture = malloc(sizeof *s.texture * SIDE * SIDE)};
	if (!s.texture)
		abort();
	state = n * 2654435761u + 12345;
	memset(frame, 128, sizeof frame);
	(void)fprintf(
	    to, "YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n", FILM_W, FILM_H, FILM_FPS);
	for (int i = 0; i < seconds * FILM_FPS; i++) {
		if (s.frames == 0)
			shot_begin(&s);
		for (int y = 0; y < FILM_H; y++)
			for (int x = 0; x < FILM_W; x++)
				frame[y * FILM_W + x] = (uint8_t)light_of(&s, x, y);
		(void)fputs("FRAME\n", to);
		(void)fwrite(frame, 1, sizeof frame, to);
		shot_step(&s);
	}
	free(s.texture);
	return !ferror(to);
}
