/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * 128 bits in decimal digits, which printf() has no conversion for. In a header, since programs that say FLOP have no
 * library in common.
 */

#ifndef FLOPMETER_DECIMAL_H
#define FLOPMETER_DECIMAL_H

#include <stddef.h>

#include "flopmeter_core.h"

/** The digits of 2^128, and the end. */
#define FLOPMETER_DECIMAL_LENGTH (40)

/** `value` at the end of `digits`. Return where it begins. */
static inline const char *flopmeter_decimal(char digits[FLOPMETER_DECIMAL_LENGTH], flopmeter_u128_t value)
{
    size_t at = FLOPMETER_DECIMAL_LENGTH - 1;

    digits[at] = '\0';
    do
    {
        digits[--at] = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    while (0 != value);
    return &digits[at];
}

#endif /* FLOPMETER_DECIMAL_H */
