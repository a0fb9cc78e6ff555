/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the generated wrappers are made of: reading arguments, the reference BLAS's rules for them, exact totals.
 */

#ifndef FLOPMETER_SHAPE_H
#define FLOPMETER_SHAPE_H

#include <string.h>

#include "flopmeter_intercept.h"

__extension__ typedef __int128 flopmeter_i128_t;

#define FLOPMETER_BEGIN(type_name) \
    const void *const caller = __builtin_return_address(0); \
    type_name *const real = (type_name *)(uintptr_t)flopmeter_symbol_find(&symbol, &symbol_name, caller);

#define FLOPMETER_FORGET_IF(condition) \
    if (flopmeter_guard_is_outermost(&guard) && 0 != shape.flop_count && (condition)) \
    { \
        shape.flop_count = shape.estimate = shape.bound = 0; \
    }

#define FLOPMETER_END(precision, source) \
    if (flopmeter_guard_is_outermost(&guard) && 0 != (shape.flop_count | shape.estimate | shape.bound)) \
    { \
        flopmeter_guard_count_shape(&guard, (precision), (source), &shape); \
    }

/* In a shape function: an argument error or an empty problem counts nothing. */
#define REQUIRE(condition) \
    if (!(condition)) \
    { \
        return; \
    }

#define IN(letter, letters) flopmeter_is_in((letter), (letters))
#define LD(length, trans, rows, columns) flopmeter_is_leading(row, (trans), (rows), (columns), (length))
#define SQUARE(length, order) ((length) >= flopmeter_greater(1, (order)))
#define INC(increment) (0 != (increment))
#define min(a, b) flopmeter_lesser((a), (b))
#define max(a, b) flopmeter_greater((a), (b))
#define band(rows, columns, lower, upper) flopmeter_band((rows), (columns), (lower), (upper))

/** At most 4 letters, literal: folds into compares. */
static inline __attribute__((always_inline)) bool flopmeter_is_in(const char letter, const char *const letters)
{
    return letter == letters[0] ||
        ('\0' != letters[1] &&
            (letter == letters[1] ||
                ('\0' != letters[2] && (letter == letters[2] || ('\0' != letters[3] && letter == letters[3])))));
}

static inline int64_t flopmeter_lesser(const int64_t a, const int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t flopmeter_greater(const int64_t a, const int64_t b)
{
    return a > b ? a : b;
}

static inline int64_t flopmeter_int32(const void *const address)
{
    int32_t value;

    memcpy(&value, address, sizeof(value));
    return value;
}

static inline int64_t flopmeter_int64(const void *const address)
{
    int64_t value;

    memcpy(&value, address, sizeof(value));
    return value;
}




/** Option letter as LSAME sees it: one character, any case. */
static inline char flopmeter_letter(const void *const address)
{
    const char c = *(const char *)address;

    return (c >= 'a' && c <= 'z') ? (char)(c - 'a' + 'A') : c;
}

/** CBLAS enumerator to the Fortran letter, 0 when it is none. */
static inline char flopmeter_enumerator(const int value)
{
    switch (value)
    {
        case 111:
            return 'N';
        case 112:
            return 'T';
        case 113:
            return 'C';
        case 114:
            return 'R';
        case 121:
            return 'U';
        case 122:
            return 'L';
        case 131:
            return 'N';
        case 132:
            return 'U';
        case 141:
            return 'L';
        case 142:
            return 'R';
        default:
            return 0;
    }
}

/** 1 row-major, 0 column-major, -1 neither. */
static inline int flopmeter_layout(const int order)
{
    return 101 == order ? 1 : 102 == order ? 0 : -1;
}

/** Is `length` a leading dimension of X when op(X) is rows x columns? */
static inline bool flopmeter_is_leading(
    const int row, const char trans, const int64_t rows, const int64_t columns, const int64_t length)
{
    const bool is_transposed = 'T' == trans || 'C' == trans;
    const int64_t stored = (0 != row) == is_transposed ? rows : columns;

    return length >= flopmeter_greater(1, stored);
}

static inline char flopmeter_real_type(const char type)
{
    return 'c' == type ? 's' : 'z' == type ? 'd' : type;
}

/** Is the scalar zero? NaN and denormals are not. */
static inline bool flopmeter_is_zero(const void *const address, const char type)
{
    float single[2] = { 0, 0 };
    double full[2] = { 0, 0 };

    switch (type)
    {
        case 'd':
            memcpy(full, address, sizeof(full[0]));
            break;
        case 'z':
            memcpy(full, address, sizeof(full));
            break;
        case 'c':
            memcpy(single, address, sizeof(single));
            break;
        default:
            memcpy(single, address, sizeof(single[0]));
            break;
    }
    return !(0 != full[0] || 0 != full[1] || 0 != single[0] || 0 != single[1]);
}

#define FLOPMETER_ZERO(address, type) flopmeter_is_zero((address), (type))

static inline int64_t flopmeter_triangle(const int64_t order)
{
    return order > 0 ? order * (order + 1) / 2 : 0;
}

/** Elements of a rows x columns matrix that lie more than `offset` diagonals below the main one. */
static inline int64_t flopmeter_below(const int64_t rows, const int64_t columns, const int64_t offset)
{
    const int64_t height = rows - offset - 1;

    return flopmeter_triangle(height) - flopmeter_triangle(height - columns);
}

/** Elements inside the band of a rows x columns matrix. */
static inline int64_t flopmeter_band(
    const int64_t rows, const int64_t columns, const int64_t lower, const int64_t upper)
{
    return rows * columns - flopmeter_below(rows, columns, lower) - flopmeter_below(columns, rows, upper);
}

/** Exact total of (mult, add) over a common denominator, weighted for complex arithmetic; never below 0. */
static inline flopmeter_u128_t flopmeter_total(
    const int is_complex, const flopmeter_i128_t mult, const flopmeter_i128_t add, const int64_t denominator)
{
    const flopmeter_i128_t total = is_complex ? 6 * mult + 2 * add : mult + add;

    return total <= 0 ? 0 : (flopmeter_u128_t)total / (flopmeter_u128_t)denominator;
}

#endif /* FLOPMETER_SHAPE_H */
