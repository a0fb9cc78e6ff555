/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_metric.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

#define FORMAT "(fp|bf|tf|int)[0-9]+"
#define PATTERN \
    "^sm__ops_path_tensor(_op_([a-z0-9]+))?_src_(" FORMAT "(_" FORMAT ")*)(_dst_(" FORMAT "))?(_sparsity_off)?" \
    "(_realtime)?$"

enum
{
    GROUP_OP = 2,
    GROUP_SRC = 3,
    GROUP_DST = 8,
    GROUP_DENSE = 10,
    GROUP_REALTIME = 11,
    GROUPS = 12
};

static const struct
{
    const char *text;
    flopmeter_precision_t precision;
}
formats[] = {
    { "fp64", FLOPMETER_FP64 }, { "fp32", FLOPMETER_FP32 }, { "tf32", FLOPMETER_TF32 }, { "fp16", FLOPMETER_FP16 },
    { "bf16", FLOPMETER_BF16 }, { "fp8", FLOPMETER_FP8 }, { "fp6", FLOPMETER_FP6 }, { "fp4", FLOPMETER_FP4 },
    { "int32", FLOPMETER_INT32 }, { "int16", FLOPMETER_INT16 }, { "int8", FLOPMETER_INT8 }, { "int4", FLOPMETER_INT4 },
    { "int1", FLOPMETER_INT1 }
};

const char *flopmeter_cuda_precision_text(flopmeter_precision_t precision)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
    {
        if (formats[i].precision == precision)
        {
            return formats[i].text;
        }
    }
    return "unknown";
}

flopmeter_precision_t flopmeter_cuda_precision_of(const char *text)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
    {
        if (0 == strcmp(formats[i].text, text))
        {
            return formats[i].precision;
        }
    }
    return FLOPMETER_PRECISION_UNKNOWN;
}

static bool take(char *part, const char *name, const regmatch_t *match)
{
    const size_t length = match->rm_so < 0 ? 0 : (size_t)(match->rm_eo - match->rm_so);

    if (length >= FLOPMETER_CUDA_PART_LENGTH)
    {
        return false;
    }
    memcpy(part, name + (0 == length ? 0 : match->rm_so), length);
    part[length] = '\0';
    return true;
}

static bool parse(flopmeter_cuda_metric_t *metric, const regex_t *pattern, const char *name, bool *is_dense)
{
    regmatch_t groups[GROUPS];

    memset(metric, 0, sizeof(*metric));
    if (strlen(name) + sizeof(".sum") > sizeof(metric->name) || 0 != regexec(pattern, name, GROUPS, groups, 0))
    {
        return false;
    }
    snprintf(metric->name, sizeof(metric->name), "%s.sum", name);
    *is_dense = groups[GROUP_DENSE].rm_so >= 0;
    metric->is_realtime = groups[GROUP_REALTIME].rm_so >= 0;
    if (!take(metric->op, name, &groups[GROUP_OP]) || !take(metric->src, name, &groups[GROUP_SRC]) ||
        !take(metric->dst, name, &groups[GROUP_DST]))
    {
        return false;
    }
    metric->precision = flopmeter_cuda_precision_of(metric->src);
    return true;
}

static bool is_same(const flopmeter_cuda_metric_t *a, const flopmeter_cuda_metric_t *b)
{
    return 0 == strcmp(a->op, b->op) && 0 == strcmp(a->src, b->src) && 0 == strcmp(a->dst, b->dst);
}

/* Is `part` a summand of `whole`? */
static bool contains(const flopmeter_cuda_metric_t *whole, const flopmeter_cuda_metric_t *part)
{
    return whole != part && 0 == strcmp(whole->src, part->src) && !is_same(whole, part) &&
        ('\0' == whole->op[0] || 0 == strcmp(whole->op, part->op)) &&
        ('\0' == whole->dst[0] || 0 == strcmp(whole->dst, part->dst));
}

static bool has_format(const char *src, const char *format, size_t length)
{
    for (const char *at = src; NULL != at; at = NULL == strchr(at, '_') ? NULL : strchr(at, '_') + 1)
    {
        if (length == strcspn(at, "_") && 0 == strncmp(at, format, length))
        {
            return true;
        }
    }
    return false;
}

static bool is_alike(const char *a, const char *b)
{
    return '\0' == a[0] || '\0' == b[0] || 0 == strcmp(a, b);
}

bool flopmeter_cuda_metric_may_overlap(const flopmeter_cuda_metric_t *a, const flopmeter_cuda_metric_t *b)
{
    if (0 == strcmp(a->src, b->src) || !is_alike(a->op, b->op) || !is_alike(a->dst, b->dst))
    {
        return false;
    }
    for (const char *at = a->src; NULL != at; at = NULL == strchr(at, '_') ? NULL : strchr(at, '_') + 1)
    {
        if (has_format(b->src, at, strcspn(at, "_")))
        {
            return true;
        }
    }
    return false;
}

/* The chip's own counters first: more of those with `_realtime` fit into one pass. */
static void add(
    flopmeter_cuda_table_t *table, flopmeter_cuda_metric_t *metrics, size_t *count,
    const flopmeter_cuda_metric_t *metric)
{
    for (size_t i = 0; i < *count; i++)
    {
        if (is_same(&metrics[i], metric))
        {
            if (metric->is_realtime)
            {
                metrics[i] = *metric;
            }
            return;
        }
    }
    if (*count < FLOPMETER_CUDA_METRICS_MAX)
    {
        metrics[(*count)++] = *metric;
    }
    else
    {
        table->left_out++;
    }
}

static size_t parts_of(const flopmeter_cuda_table_t *table, const flopmeter_cuda_metric_t *whole)
{
    size_t count = 0;

    for (size_t i = 0; i < table->count; i++)
    {
        count += contains(whole, &table->metrics[i]) ? 1 : 0;
    }
    return count;
}

/*
 * A metric with a single part has an atom beside it: nothing says that the one op is all there is (on GB110 the fp4 op
 * is one of two shapes of it). With two and more the ops are the old way and the new way to the same unit.
 */
static void give_atoms(flopmeter_cuda_table_t *table)
{
    uint32_t atoms_count = 0;

    for (size_t i = 0; i < table->count; i++)
    {
        if (parts_of(table, &table->metrics[i]) < 2)
        {
            table->metrics[i].atoms = UINT64_C(1) << atoms_count++;
            table->atoms |= table->metrics[i].atoms;
        }
    }
    for (size_t i = 0; i < table->count; i++)
    {
        for (size_t j = 0; j < table->count; j++)
        {
            if (contains(&table->metrics[i], &table->metrics[j]) && parts_of(table, &table->metrics[j]) < 2)
            {
                table->metrics[i].atoms |= table->metrics[j].atoms;
            }
        }
    }
}

static bool is_root(const flopmeter_cuda_table_t *table, size_t index)
{
    for (size_t i = 0; i < table->count; i++)
    {
        if (contains(&table->metrics[i], &table->metrics[index]))
        {
            return false;
        }
    }
    return true;
}

static bool is_integer(flopmeter_precision_t precision)
{
    return precision >= FLOPMETER_INT32 && precision <= FLOPMETER_INT1;
}

static void find_roots(flopmeter_cuda_table_t *table)
{
    for (int integers = 0; integers < 2; integers++)
    {
        for (uint32_t i = 0; i < table->count; i++)
        {
            if (is_integer(table->metrics[i].precision) == (1 == integers) && is_root(table, i))
            {
                table->roots[table->roots_count++] = i;
            }
        }
    }
    for (size_t i = 0; i < table->count; i++)
    {
        for (uint32_t root = 0; root < table->roots_count; root++)
        {
            const flopmeter_cuda_metric_t *const whole = &table->metrics[table->roots[root]];
            if (whole == &table->metrics[i] || contains(whole, &table->metrics[i]))
            {
                table->metrics[i].root = root;
            }
        }
    }
}

/* The one with _sparsity_off of the very metric, 0 = there is none. */
static uint64_t dense_of(const flopmeter_cuda_table_t *table, const flopmeter_cuda_metric_t *metric)
{
    for (size_t i = 0; i < table->dense_count; i++)
    {
        if (is_same(&table->dense[i], metric))
        {
            return UINT64_C(1) << i;
        }
    }
    return 0;
}

/* Its own, or those of parts that are all of it. */
static void find_dense(const flopmeter_cuda_table_t *table, flopmeter_cuda_metric_t *metric)
{
    uint64_t rest = metric->atoms;

    metric->dense = dense_of(table, metric);
    if (0 != metric->dense)
    {
        return;
    }
    for (size_t i = 0; i < table->count; i++)
    {
        const flopmeter_cuda_metric_t *const part = &table->metrics[i];
        const uint64_t dense = dense_of(table, part);
        if (0 != dense && contains(metric, part) && 0 == (part->atoms & ~rest))
        {
            rest &= ~part->atoms;
            metric->dense |= dense;
        }
    }
    metric->dense = 0 == rest ? metric->dense : 0;
}

bool flopmeter_cuda_metric_is_sparse(const flopmeter_cuda_table_t *table, const flopmeter_cuda_metric_t *metric)
{
    return table->has_sparsity && FLOPMETER_FP64 != metric->precision && FLOPMETER_INT1 != metric->precision;
}

void flopmeter_cuda_table_build(flopmeter_cuda_table_t *table, const char *const *names, size_t names_count)
{
    flopmeter_cuda_metric_t metric;
    regex_t pattern;

    memset(table, 0, sizeof(*table));
    table->has_sparsity = true;
    if (0 != regcomp(&pattern, PATTERN, REG_EXTENDED))
    {
        return;
    }
    for (size_t i = 0; i < names_count; i++)
    {
        bool is_dense = false;
        if (parse(&metric, &pattern, names[i], &is_dense))
        {
            add(table, is_dense ? table->dense : table->metrics,
                is_dense ? &table->dense_count : &table->count, &metric);
        }
    }
    regfree(&pattern);
    give_atoms(table);
    find_roots(table);
    for (size_t i = 0; i < table->count; i++)
    {
        find_dense(table, &table->metrics[i]);
    }
}
