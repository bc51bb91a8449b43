/*
 * Films of our own making for benches and tests: shots of a few seconds with cuts between, a camera that pans and zooms
 * over a texture whose detail falls with its fineness as a photograph's does, things that move in front. From a number,
 * always the same. Raw frames (YUV4MPEG2) for ffmpeg.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#define FILM_W 320
#define FILM_H 180
#define FILM_FPS 10

/* Writes `seconds` of film number `n`; false when writing fails. */
int film_write(FILE *to, uint32_t n, int seconds);
