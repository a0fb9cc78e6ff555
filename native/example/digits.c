/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <math.h>
#include <string.h>

#include "digits.h"

/* Segments a..g of a seven-segment digit, one bit each. */
static const uint8_t SEGMENTS[DIGITS_CLASSES] = { 0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F };

/* Column and row of both ends of each segment in a box of 6 x 10 pixels. */
static const int8_t ENDS[7][4] = {
    { 0, 0, 6, 0 }, { 6, 0, 6, 5 }, { 6, 5, 6, 10 }, { 0, 10, 6, 10 }, { 0, 5, 0, 10 }, { 0, 0, 0, 5 }, { 0, 5, 6, 5 }
};

uint32_t digits_random(uint64_t *random, uint32_t limit)
{
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return (uint32_t)(((*random * UINT64_C(2685821657736338717)) >> 32) * limit >> 32);
}

static void draw_segment(uint8_t *ink, const int8_t *ends, int left, int top, int slant)
{
    const int steps = 10;

    for (int i = 0; i <= steps; i++)
    {
        const int row = top + ends[1] + ((ends[3] - ends[1]) * i) / steps;
        const int column = left + ends[0] + ((ends[2] - ends[0]) * i) / steps + (slant * (10 - (row - top))) / 10;

        if (0 <= row && row < DIGITS_SIDE && 0 <= column && column < DIGITS_SIDE)
        {
            ink[row * DIGITS_SIDE + column] = 1;
        }
    }
}

int digits_draw(uint64_t *random, float *pixels)
{
    uint8_t ink[DIGITS_PIXELS];
    const int digit = (int)digits_random(random, DIGITS_CLASSES);
    const int left = 2 + (int)digits_random(random, 4);
    const int top = 2 + (int)digits_random(random, 3);
    const int slant = (int)digits_random(random, 3) - 1;

    memset(ink, 0, sizeof(ink));
    for (int segment = 0; segment < 7; segment++)
    {
        /* Now and then a segment is missing, so that no network can be right every time. */
        if (0 != (SEGMENTS[digit] >> segment & 1) && 0 != digits_random(random, 250))
        {
            draw_segment(ink, ENDS[segment], left, top, slant);
        }
    }
    for (int i = 0; i < DIGITS_PIXELS; i++)
    {
        const float noise = (float)((int)digits_random(random, 2001) - 1000) * 0.0006f;

        pixels[i] = (float)ink[i] * 0.8f + noise;
    }
    return digit;
}

void digits_normalize(float *pixels)
{
    float sum = 0.0f;
    float squares = 0.0f;

    for (int i = 0; i < DIGITS_PIXELS; i++)
    {
        sum += pixels[i];
    }
    const float mean = sum / (float)DIGITS_PIXELS;
    for (int i = 0; i < DIGITS_PIXELS; i++)
    {
        pixels[i] -= mean;
        squares += pixels[i] * pixels[i];
    }
    const float scale = 1.0f / sqrtf(squares / (float)DIGITS_PIXELS + 1e-6f);
    for (int i = 0; i < DIGITS_PIXELS; i++)
    {
        pixels[i] *= scale;
    }
}
