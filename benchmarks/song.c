/* Sounds from numbers; see song.h. Called by the robustness bench. No failure but that of writing. */
#include "song.h"

#include <math.h>
#include <stdlib.h>

static uint32_t state;

static double
uniform(void)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) / 16777216.0;
}

/* A note with harmonics that die away, added to the track. */
static void
note(float *t, size_t n, double at, double length, double pitch, double loud, double bright)
{
	size_t from = (size_t)(at * SONG_RATE), to = from + (size_t)(length * SONG_RATE);
	for (size_t i = from; i < to && i < n; i++) {
		double s = (double)(i - from) / SONG_RATE, v = 0, h = 1;
		for (int k = 1; k <= 6 && pitch * k < SONG_RATE / 2.2; k++, h *= bright)
			v += h * sin(2 * M_PI * pitch * k * s);
		double edge = s < 0.01 ? s / 0.01 : 1;
		t[i] += (float)(loud * v * edge * exp(-2.5 * s / length));
	}
}

static void
hiss(float *t, size_t n, double at, double length, double loud)
{
	size_t from = (size_t)(at * SONG_RATE), to = from + (size_t)(length * SONG_RATE);
	for (size_t i = from; i < to && i < n; i++)
		t[i] += (float)(loud * (uniform() * 2 - 1) *
				exp(-5.0 * (double)(i - from) / (double)(to - from)));
}

static double
pitch_of(int degree, int key)
{
	static const int scale[] = {0, 2, 4, 5, 7, 9, 11};
	int octave = degree / 7;
	return 110 * pow(2, (key + scale[degree % 7] + 12 * octave) / 12.0);
}

static void
music(float *t, size_t n)
{
	double beat = 60 / (80 + uniform() * 80), length = (double)n / SONG_RATE;
	int key = (int)(uniform() * 12), chord = 0, melody = 10;
	double bright = 0.3 + uniform() * 0.4;
	for (int i = 0; i * beat < length; i++) {
		double at = i * beat;
		if (i % 4 == 0)
			chord = (int)(uniform() * 7);
		if (i % 2 == 0)
			for (int k = 0; k < 3; k++)
				note(t, n, at, beat * 2, pitch_of(7 + chord + 2 * k, key), 0.08,
				    bright);
		note(t, n, at, beat, pitch_of(chord, key) / 2, 0.15, 0.4);
		for (int k = 0; k < 2; k++) {
			melody += (int)(uniform() * 5) - 2;
			melody = melody < 7 ? 9 : melody > 20 ? 18 : melody;
			if (uniform() < 0.7)
				note(t, n, at + k * beat / 2, beat / 2, pitch_of(melody, key),
				    0.16, bright);
		}
		hiss(t, n, at + (i % 2) * beat / 2, 0.08, 0.12);
	}
}

static void
sweeps(float *t, size_t n)
{
	double phase = 0, from = 200, to = 2000, left = 0, length = 1;
	for (size_t i = 0; i < n; i++) {
		if (left <= 0) {
			from = to;
			to = 150 * pow(2, uniform() * 4.5);
			left = length = 0.4 + uniform() * 2;
		}
		phase += 2 * M_PI * (to + (from - to) * left / length) / SONG_RATE;
		left -= 1.0 / SONG_RATE;
		t[i] = (float)(0.3 * sin(phase) + 0.1 * sin(2 * phase));
	}
}

/* Noise through a resonance that jumps about. */
static void
bursts(float *t, size_t n)
{
	double a = 0, b = 0, c = 1, r = 0.97, loud = 0;
	int left = 0;
	for (size_t i = 0; i < n; i++) {
		if (left-- == 0) {
			left = (int)((0.1 + uniform() * 0.5) * SONG_RATE);
			c = 2 * cos(2 * M_PI * 150 * pow(2, uniform() * 4) / SONG_RATE);
			loud = uniform() < 0.2 ? 0 : 0.02 + uniform() * 0.04;
		}
		double v = c * r * a - r * r * b + loud * (uniform() * 2 - 1);
		b = a;
		a = v;
		t[i] = (float)v;
	}
}

/* Pulses of a gliding voice through two formants, with pauses. */
static void
talk(float *t, size_t n)
{
	double voice = 120 + uniform() * 100, phase = 0, a1 = 0, b1 = 0, a2 = 0, b2 = 0, c1 = 1,
	       c2 = 1;
	double loud = 0, glide = 1;
	int left = 0;
	for (size_t i = 0; i < n; i++) {
		if (left-- == 0) {
			left = (int)((0.08 + uniform() * 0.25) * SONG_RATE);
			c1 = 2 * cos(2 * M_PI * (250 + uniform() * 600) / SONG_RATE);
			c2 = 2 * cos(2 * M_PI * (800 + uniform() * 1600) / SONG_RATE);
			loud = uniform() < 0.15 ? 0 : 0.1 + uniform() * 0.1;
			glide = 0.8 + uniform() * 0.5;
		}
		phase += voice * glide / SONG_RATE;
		double pulse = phase >= 1 ? 1 : 0;
		phase -= pulse;
		double in = loud * (pulse + 0.02 * (uniform() - 0.5));
		double v1 = c1 * 0.97 * a1 - 0.9409 * b1 + in,
		       v2 = c2 * 0.96 * a2 - 0.9216 * b2 + in;
		b1 = a1;
		a1 = v1;
		b2 = a2;
		a2 = v2;
		t[i] = (float)(v1 + 0.7 * v2) * 0.6f;
	}
}

static void
noise(float *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		t[i] = (float)(uniform() * 2 - 1) * 0.2f;
}

static void
tone(float *t, size_t n)
{
	double pitch = 200 * pow(2, uniform() * 3);
	for (size_t i = 0; i < n; i++)
		t[i] = (float)(0.3 * sin(2 * M_PI * pitch * (double)i / SONG_RATE));
}

static void
put(FILE *f, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		(void)fputc((int)(v >> 8 * i & 255), f);
}

int
song_write(FILE *to, enum song_kind kind, uint32_t n, int seconds)
{
	static void (*const make[])(float *, size_t) = {[SONG_MUSIC] = music,
	    [SONG_SWEEPS] = sweeps,
	    [SONG_BURSTS] = bursts,
	    [SONG_TALK] = talk,
	    [SONG_TONE] = tone,
	    [SONG_SILENCE] = NULL,
	    [SONG_NOISE] = noise};
	size_t count = (size_t)seconds * SONG_RATE;
	float *t = calloc(count, sizeof *t);
	if (!t)
		abort();
	state = n * 2654435761u + 777 + (uint32_t)kind * 97;
	if (make[kind])
		make[kind](t, count);
	(void)fwrite("RIFF", 1, 4, to);
	put(to, (uint32_t)(36 + count * 2), 4);
	(void)fwrite("WAVEfmt ", 1, 8, to);
	put(to, 16, 4);
	put(to, 1, 2);
	put(to, 1, 2);
	put(to, SONG_RATE, 4);
	put(to, SONG_RATE * 2, 4);
	put(to, 2, 2);
	put(to, 16, 2);
	(void)fwrite("data", 1, 4, to);
	put(to, (uint32_t)(count * 2), 4);
	for (size_t i = 0; i < count; i++) {
		float v = t[i] * 20000;
		v = v < -32000 ? -32000 : v > 32000 ? 32000 : v;
		put(to, (uint32_t)(int32_t)v, 2);
	}
	free(t);
	return !ferror(to);
}
