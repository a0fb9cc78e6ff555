/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "gpu_chip.h"

#include <ctype.h>
#include <string.h>

#include "gpu_table.inc"

size_t flopmeter_gpu_chips(const flopmeter_gpu_chip_t **list)
{
    *list = chips;
    return sizeof(chips) / sizeof(chips[0]);
}

/*
 * An H200 is no H20, and a GH200 no H200.
 */
static bool is_whole(const char *name, const char *place, size_t length)
{
    const bool begins = place == name || !isalnum((unsigned char)place[-1]);
    const bool is_number = length > 0 && isdigit((unsigned char)place[length - 1]);

    return begins && !(is_number && isdigit((unsigned char)place[length]));
}

/*
 * Does one of the parts of `products` occur in `name`?
 */
static bool is_product(const char *products, const char *name)
{
    for (const char *part = products; '\0' != *part;)
    {
        const size_t length = strcspn(part, "|");
        for (const char *place = name; strlen(place) >= length; place++)
        {
            if (0 == strncmp(place, part, length) && is_whole(name, place, length))
            {
                return true;
            }
        }
        part += length + ('|' == part[length] ? 1 : 0);
    }
    return false;
}

const flopmeter_gpu_chip_t *flopmeter_gpu_chip_find(int major, int minor, const char *name)
{
    for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++)
    {
        if (chips[i].major == major && chips[i].minor == minor && is_product(chips[i].products, name))
        {
            return &chips[i];
        }
    }
    return NULL;
}

bool flopmeter_gpu_chip_span(
    const flopmeter_gpu_chip_t *chip,
    flopmeter_gpu_pipe_t pipe,
    unsigned units,
    flopmeter_precision_t precision,
    flopmeter_gpu_span_t *span)
{
    bool found = false;
    bool has_point = false;

    memset(span, 0, sizeof(*span));
    for (size_t i = 0; i < chip->rates_count; i++)
    {
        const flopmeter_gpu_rate_t *const rate = &chip->rates[i];
        if (rate->pipe != pipe || 0 == (units & (unsigned)rate->unit) ||
            (FLOPMETER_PRECISION_UNKNOWN != precision && rate->precision != precision))
        {
            continue;
        }
        span->lowest = !found || rate->lowest < span->lowest ? rate->lowest : span->lowest;
        span->highest = rate->highest > span->highest ? rate->highest : span->highest;
        if (rate->is_default || !found || (!has_point && rate->point > span->point))
        {
            span->point = rate->point;
            has_point = has_point || rate->is_default;
        }
        span->precision = found && span->precision != rate->precision ? FLOPMETER_PRECISION_UNKNOWN : rate->precision;
        found = true;
    }
    return found;
}
