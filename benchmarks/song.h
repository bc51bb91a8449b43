/*
 * Sounds of our own making for benches and tests: bars of chords, a melody, a bass and beats; or sweeps, bursts of noise
 * and something like talk. From a number, always the same. WAV, one channel.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#define SONG_RATE 22050

enum song_kind {
	SONG_MUSIC,
	SONG_SWEEPS,
	SONG_BURSTS,
	SONG_TALK,
	SONG_TONE,
	SONG_SILENCE,
	SONG_NOISE
};

/* Writes `seconds` of sound number `n`; false when writing fails. */
int song_write(FILE *to, enum song_kind kind, uint32_t n, int seconds);
