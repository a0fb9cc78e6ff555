/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From readings to an interval, without a driver: names, sets and turns of a small chip, then exact figures for slices
 * that were read whole, in part and not at all.
 */

#include <math.h>
#include <string.h>

#include "check.h"
#include "cuda_account.h"

#define SECOND_NS (1000000000ULL)

static const char *const names[] = {
    "sm__ops_path_tensor_src_bf16_dst_fp32", "sm__ops_path_tensor_op_hgmma_src_bf16_dst_fp32",
    "sm__ops_path_tensor_op_hmma_src_bf16_dst_fp32", "sm__ops_path_tensor_src_fp16",
    "sm__ops_path_tensor_src_fp16_realtime", "sm__ops_path_tensor_src_fp4_fp6_fp8_dst_fp16",
    "sm__ops_path_tensor_src_int8", "sm__ops_path_tensor_src_int8_sparsity_on", "sm__ops_path_tensor_src_fp9",
    "sm__cycles_active", "smsp__ops_path_tensor_src_int8", "sm__ops_path_tensor_op_utcomma_src_fp4_dst_fp32",
    "sm__ops_path_tensor_src_fp4_dst_fp32"
};

static flopmeter_cuda_table_t table;
static flopmeter_cuda_peak_t peak;
static flopmeter_cuda_account_t account;
static flopmeter_shape_t sums[FLOPMETER_CUDA_PRECISIONS];
static unsigned long long emitted;

static void add(void *context, flopmeter_precision_t precision, const flopmeter_shape_t *shape)
{
    (void)context;
    sums[precision].flop_count += shape->flop_count;
    sums[precision].estimate += shape->estimate;
    sums[precision].bound += shape->bound;
    emitted++;
}

static uint8_t metric_of(const char *name)
{
    for (size_t i = 0; i < table.count; i++)
    {
        const char *const full = table.metrics[i].name;
        if (0 == strncmp(full, name, strlen(name)) && 0 == strcmp(full + strlen(name), ".sum"))
        {
            return (uint8_t)i;
        }
    }
    CHECK(false, "no metric %s", name);
    return 0;
}

static flopmeter_cuda_set_t set_of(size_t count, const char *const *metrics)
{
    flopmeter_cuda_set_t set = { .count = count };

    for (size_t i = 0; i < count; i++)
    {
        set.metrics[i] = metric_of(metrics[i]);
        set.atoms |= table.metrics[set.metrics[i]].atoms;
    }
    return set;
}

static void begin(uint32_t precisions)
{
    memset(sums, 0, sizeof(sums));
    emitted = 0;
    flopmeter_cuda_account_open(&account, &table, &peak, precisions, add, NULL);
}

#define EXPECT(precision, part, expected) \
    CHECK(sums[precision].part == (flopmeter_u128_t)(expected), "%s %s is %llu, expected %llu", #precision, #part, \
        (unsigned long long)sums[precision].part, (unsigned long long)(expected))

static void test_names(void)
{
    flopmeter_cuda_table_build(&table, names, sizeof(names) / sizeof(names[0]));
    CHECK(9 == table.count, "%zu metrics", table.count);
    CHECK(table.metrics[metric_of("sm__ops_path_tensor_src_fp16_realtime")].is_realtime, "the plain one was taken");
    CHECK(FLOPMETER_PRECISION_UNKNOWN ==
        table.metrics[metric_of("sm__ops_path_tensor_src_fp4_fp6_fp8_dst_fp16")].precision, "three formats are one");
    CHECK(FLOPMETER_PRECISION_UNKNOWN == table.metrics[metric_of("sm__ops_path_tensor_src_fp9")].precision, "fp9");
    const uint64_t hgmma = table.metrics[metric_of("sm__ops_path_tensor_op_hgmma_src_bf16_dst_fp32")].atoms;
    const uint64_t hmma = table.metrics[metric_of("sm__ops_path_tensor_op_hmma_src_bf16_dst_fp32")].atoms;
    CHECK((hgmma | hmma) == table.metrics[metric_of("sm__ops_path_tensor_src_bf16_dst_fp32")].atoms, "bf16 is no sum");
    const uint64_t fp4 = table.metrics[metric_of("sm__ops_path_tensor_src_fp4_dst_fp32")].atoms;
    CHECK(2 == __builtin_popcountll(fp4), "fp4 has no atom beside its only op: %llx", (unsigned long long)fp4);
    CHECK(6 == table.roots_count, "%zu roots", table.roots_count);
    CHECK(FLOPMETER_INT8 == table.metrics[table.roots[5]].precision, "integers come last");

    flopmeter_cuda_table_build(&table, names, 9);
    table.has_sparsity = false;
    peak = (flopmeter_cuda_peak_t) { .is_known = true, .core_flop_per_sec = 10 };
    peak.tensor_flop_per_sec[FLOPMETER_BF16] = 1000;
    peak.tensor_flop_per_sec[FLOPMETER_FP16] = 2000;
    peak.tensor_flop_per_sec[FLOPMETER_INT8] = 4000;
    peak.tensor_flop_per_sec[FLOPMETER_PRECISION_UNKNOWN] = 8000;
}

static void test_not_collected(void)
{
    begin(0);
    CHECK(flopmeter_cuda_account_slice(&account, 3 * SECOND_NS, NULL, NULL), "slice");
    EXPECT(FLOPMETER_PRECISION_UNKNOWN, bound, 3 * 8010);
    EXPECT(FLOPMETER_PRECISION_UNKNOWN, flop_count, 0);
    EXPECT(FLOPMETER_BF16, bound, 0);
    CHECK(1 == emitted, "%llu figures for nothing", emitted);
}

static void test_whole_and_scaled(void)
{
    const char *const metrics[] = {
        "sm__ops_path_tensor_src_bf16_dst_fp32", "sm__ops_path_tensor_src_fp4_fp6_fp8_dst_fp16"
    };
    const flopmeter_cuda_set_t set = set_of(2, metrics);

    begin(0);
    flopmeter_cuda_account_slice(&account, 2 * SECOND_NS, &set, (const double[]) { 600, 0 });
    EXPECT(FLOPMETER_BF16, flop_count, 600);
    EXPECT(FLOPMETER_BF16, estimate, 0);
    /* 600 of 1000 per s took 0.6 s at the least; what is left may be fp9. */
    EXPECT(FLOPMETER_PRECISION_UNKNOWN, bound, 14 * 8000 / 10 + 2 * 10);

    flopmeter_cuda_account_slice(&account, 5 * SECOND_NS, NULL, NULL);
    EXPECT(FLOPMETER_BF16, flop_count, 600);
    EXPECT(FLOPMETER_BF16, estimate, 1500);
    EXPECT(FLOPMETER_PRECISION_UNKNOWN, bound, 14 * 8000 / 10 + 2 * 10 + 5 * 8010 - 1500);
    CHECK(table.metrics[set.metrics[0]].atoms == flopmeter_cuda_account_used(&account), "in use: %llx",
        (unsigned long long)flopmeter_cuda_account_used(&account));

    flopmeter_cuda_account_reserve(&account, SECOND_NS);
    EXPECT(FLOPMETER_BF16, estimate, 1500);
    EXPECT(FLOPMETER_PRECISION_UNKNOWN, bound, 14 * 8000 / 10 + 2 * 10 + 6 * 8010 - 1500);
}

/* A set that reads one op of two: what the other did is expected at the rate of the whole. */
static void test_partly(void)
{
    const char *const whole[] = { "sm__ops_path_tensor_src_bf16_dst_fp32" };
    const char *const part[] = {
        "sm__ops_path_tensor_op_hgmma_src_bf16_dst_fp32", "sm__ops_path_tensor_src_fp16_realtime"
    };
    const flopmeter_cuda_set_t set_whole = set_of(1, whole);
    const flopmeter_cuda_set_t set_part = set_of(2, part);

    begin(0);
    flopmeter_cuda_account_slice(&account, SECOND_NS, &set_whole, (const double[]) { 500 });
    flopmeter_cuda_account_slice(&account, SECOND_NS, &set_part, (const double[]) { 300, 40 });
    EXPECT(FLOPMETER_BF16, flop_count, 800);
    EXPECT(FLOPMETER_BF16, estimate, 200);
    EXPECT(FLOPMETER_FP16, flop_count, 40);
    EXPECT(FLOPMETER_FP16, estimate, 0);
    flopmeter_cuda_account_slice(&account, SECOND_NS, &set_part, (const double[]) { 700, 0 });
    EXPECT(FLOPMETER_BF16, flop_count, 1500);
    EXPECT(FLOPMETER_BF16, estimate, 200);
    flopmeter_cuda_account_slice(&account, SECOND_NS, NULL, NULL);
    EXPECT(FLOPMETER_BF16, estimate, 700);
    EXPECT(FLOPMETER_FP16, estimate, 0);

    /* Never read whole: each op at its own rate. */
    const char *const other[] = { "sm__ops_path_tensor_op_hmma_src_bf16_dst_fp32" };
    const flopmeter_cuda_set_t set_other = set_of(1, other);
    begin(0);
    flopmeter_cuda_account_slice(&account, SECOND_NS, &set_part, (const double[]) { 300, 0 });
    EXPECT(FLOPMETER_BF16, estimate, 0);
    flopmeter_cuda_account_slice(&account, 2 * SECOND_NS, &set_other, (const double[]) { 50 });
    EXPECT(FLOPMETER_BF16, flop_count, 350);
    EXPECT(FLOPMETER_BF16, estimate, 600);
    flopmeter_cuda_account_slice(&account, 4 * SECOND_NS, NULL, NULL);
    EXPECT(FLOPMETER_BF16, estimate, 600 + 1200 + 100);
}

static void test_values(void)
{
    const char *const metrics[] = { "sm__ops_path_tensor_src_fp16_realtime" };
    const flopmeter_cuda_set_t set = set_of(1, metrics);
    const char *const lumps[] = { "sm__ops_path_tensor_src_fp9", "sm__ops_path_tensor_src_fp4_fp6_fp8_dst_fp16" };
    const flopmeter_cuda_set_t set_lumps = set_of(2, lumps);
    const double bad[] = { -1, NAN, INFINITY, 1e19 };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    {
        begin(0);
        const double values[] = { bad[i], bad[i] };
        CHECK(!flopmeter_cuda_account_slice(&account, SECOND_NS, &set_lumps, values), "%g was taken", bad[i]);
        EXPECT(FLOPMETER_PRECISION_UNKNOWN, flop_count, 0);
        EXPECT(FLOPMETER_PRECISION_UNKNOWN, bound, 8010);
    }

    /* 2^60 + 2^8: the double may stand for what lies half a step around it. */
    peak.tensor_flop_per_sec[FLOPMETER_FP16] = 0;
    begin(0);
    flopmeter_cuda_account_slice(&account, SECOND_NS, &set, (const double[]) { 1152921504606847232.0 });
    EXPECT(FLOPMETER_FP16, flop_count, 1152921504606846976ULL);
    EXPECT(FLOPMETER_PRECISION_UNKNOWN, bound, 8010 + 512);
    peak.tensor_flop_per_sec[FLOPMETER_FP16] = 2000;
}

static void test_learning(void)
{
    const char *const whole[] = { "sm__ops_path_tensor_src_bf16_dst_fp32" };
    const char *const part[] = { "sm__ops_path_tensor_op_hgmma_src_bf16_dst_fp32" };
    const flopmeter_cuda_set_t set_whole = set_of(1, whole);
    const flopmeter_cuda_set_t set_part = set_of(1, part);

    begin(1U << FLOPMETER_INT8);
    const uint64_t given = flopmeter_cuda_account_used(&account);
    CHECK(1 == __builtin_popcountll(given), "given: %llx", (unsigned long long)given);
    flopmeter_cuda_account_slice(&account, SECOND_NS, &set_part, (const double[]) { 0 });
    flopmeter_cuda_account_slice(&account, SECOND_NS, &set_whole, (const double[]) { 9 });
    CHECK((given | (set_whole.atoms & ~set_part.atoms)) == flopmeter_cuda_account_used(&account), "idle, but used");
    flopmeter_cuda_account_slice(&account, SECOND_NS, &set_whole, (const double[]) { 0 });
    CHECK(given == flopmeter_cuda_account_used(&account), "idle, but used");
    flopmeter_cuda_account_slice(&account, SECOND_NS, &set_whole, (const double[]) { 9 });
    CHECK((given | set_whole.atoms) == flopmeter_cuda_account_used(&account), "what was idle long ago can't be told");
}

/* The chip credits sparse instructions with twice what they execute: the lower end has what is executed. */
static void test_sparse(void)
{
    static const char *const known[] = {
        "sm__ops_path_tensor_src_bf16_dst_fp32", "sm__ops_path_tensor_op_hgmma_src_bf16_dst_fp32",
        "sm__ops_path_tensor_op_hmma_src_bf16_dst_fp32", "sm__ops_path_tensor_op_hgmma_src_bf16_dst_fp32_sparsity_off",
        "sm__ops_path_tensor_op_hmma_src_bf16_dst_fp32_sparsity_off", "sm__ops_path_tensor_src_fp16",
        "sm__ops_path_tensor_src_fp64", "sm__ops_path_tensor_src_fp16_dst_fp16_sparsity_off"
    };
    static const flopmeter_cuda_table_t none;
    const flopmeter_cuda_table_t before = table;
    const char *const metrics[] = {
        "sm__ops_path_tensor_src_bf16_dst_fp32", "sm__ops_path_tensor_src_fp16", "sm__ops_path_tensor_src_fp64"
    };

    table = none;
    flopmeter_cuda_table_build(&table, known, sizeof(known) / sizeof(known[0]));
    CHECK(5 == table.count && 3 == table.dense_count, "%zu metrics, %zu dense", table.count, table.dense_count);
    flopmeter_cuda_set_t set = set_of(3, metrics);
    set.dense = table.metrics[set.metrics[0]].dense;
    CHECK(2 == __builtin_popcountll(set.dense) && 0 == table.metrics[set.metrics[1]].dense, "who tells what is sparse");

    /* 1000 of bf16, 700 not sparse; 500 of fp16, of which nobody tells; fp64 is never sparse. */
    begin(0);
    const double values[] = { 1000, 501, 70, 400, 300 };
    CHECK(flopmeter_cuda_account_slice(&account, SECOND_NS, &set, values), "slice");
    EXPECT(FLOPMETER_BF16, flop_count, 850);
    EXPECT(FLOPMETER_BF16, estimate, 0);
    EXPECT(FLOPMETER_FP16, flop_count, 250);
    EXPECT(FLOPMETER_FP16, estimate, 251);
    EXPECT(FLOPMETER_FP64, flop_count, 70);
    CHECK(sums[FLOPMETER_PRECISION_UNKNOWN].bound >= 150, "the dense equivalent is not within");

    /* More than all, or no number: as if nobody told. */
    const double odd[][2] = { { 1000, 1 }, { NAN, 0 }, { -1, 0 } };
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
    {
        begin(0);
        flopmeter_cuda_account_slice(
            &account, SECOND_NS, &set, (const double[]) { 1000, 0, 0, odd[i][0], odd[i][1] });
        EXPECT(FLOPMETER_BF16, flop_count, 500);
        EXPECT(FLOPMETER_BF16, estimate, 500);
    }
    table = before;
}

/* Whether the metric of three formats has what the one of fp4 has is not known: never twice in the lower end. */
static void test_overlap(void)
{
    static const char *const known[] = {
        "sm__ops_path_tensor_src_fp4_fp6_fp8_dst_fp32", "sm__ops_path_tensor_src_fp4_dst_fp32",
        "sm__ops_path_tensor_src_fp4_fp6_fp8_dst_fp16", "sm__ops_path_tensor_op_utcomma_src_fp4_dst_fp32"
    };
    static const flopmeter_cuda_table_t none;
    const flopmeter_cuda_table_t before = table;
    const double cases[][3] = { { 1000, 300, 1000 }, { 200, 300, 300 }, { 1000, 0, 1000 }, { 0, 300, 300 } };

    table = none;
    flopmeter_cuda_table_build(&table, known, sizeof(known) / sizeof(known[0]));
    table.has_sparsity = false;
    const flopmeter_cuda_set_t set = set_of(3, known);
    CHECK(3 == table.roots_count, "%zu roots", table.roots_count);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    {
        begin(0);
        flopmeter_cuda_account_slice(
            &account, SECOND_NS, &set, (const double[]) { cases[i][0], cases[i][1], 7 });
        EXPECT(FLOPMETER_FP4, flop_count, cases[i][1]);
        EXPECT(FLOPMETER_PRECISION_UNKNOWN, flop_count, cases[i][2] - cases[i][1] + 7);
        const flopmeter_u128_t upper = sums[FLOPMETER_FP4].flop_count +
            sums[FLOPMETER_PRECISION_UNKNOWN].flop_count + sums[FLOPMETER_PRECISION_UNKNOWN].bound;
        CHECK(upper >= (flopmeter_u128_t)(cases[i][0] + cases[i][1] + 7), "the upper end has but one of both");
    }
    CHECK(flopmeter_cuda_metric_may_overlap(&table.metrics[0], &table.metrics[1]) &&
        !flopmeter_cuda_metric_may_overlap(&table.metrics[1], &table.metrics[2]), "another destination");
    table = before;
}

static void test_without_peak(void)
{
    const flopmeter_cuda_peak_t before = peak;

    memset(&peak, 0, sizeof(peak));
    begin(0);
    flopmeter_cuda_account_slice(&account, SECOND_NS, NULL, NULL);
    CHECK(0 == emitted, "a figure for what nobody knows");
    peak = before;
}

static size_t passes_of(void *context, const flopmeter_cuda_table_t *whole, const flopmeter_cuda_set_t *set)
{
    size_t cost = 0;

    (void)context;
    for (size_t i = 0; i < set->count; i++)
    {
        /* A root takes two places, an op one; int8 alone takes more than there are. */
        const flopmeter_cuda_metric_t *const metric = &whole->metrics[set->metrics[i]];
        cost += FLOPMETER_INT8 == metric->precision ? 5 : '\0' == metric->op[0] ? 2 : 1;
    }
    return (cost + 3) / 4;
}

static void test_turns(void)
{
    static flopmeter_cuda_sets_t sets;
    flopmeter_cuda_turns_t turns;
    uint64_t seen = 0;
    uint64_t read = 0;

    flopmeter_cuda_sets_find(&sets, &table, passes_of, NULL);
    CHECK(flopmeter_cuda_turns_begin(&turns, &table, &sets), "nothing to do");
    for (size_t i = 0; i < sets.count; i++)
    {
        CHECK(1 == passes_of(NULL, &table, &sets.sets[i]), "set %zu is not one pass", i);
        seen |= sets.sets[i].atoms;
    }
    const uint64_t int8 = table.metrics[metric_of("sm__ops_path_tensor_src_int8")].atoms;
    CHECK((table.atoms & ~int8) == seen, "sets see %llx of %llx", (unsigned long long)seen,
        (unsigned long long)table.atoms);
    const size_t survey = flopmeter_cuda_turns_round(&turns, &sets, 0);
    for (size_t i = 0; i < survey; i++)
    {
        read |= flopmeter_cuda_turns_next(&turns, &sets, 0)->atoms;
    }
    CHECK(read == seen, "the survey reads %llx", (unsigned long long)read);

    /* In use: one set does. Every eighth range looks elsewhere, too. */
    const uint64_t bf16 = table.metrics[metric_of("sm__ops_path_tensor_src_bf16_dst_fp32")].atoms;
    CHECK(1 == flopmeter_cuda_turns_round(&turns, &sets, bf16), "more than one set for one format");
    uint64_t elsewhere = 0;
    for (size_t i = 0; i < (size_t)FLOPMETER_CUDA_SURVEY_EACH * survey; i++)
    {
        elsewhere |= flopmeter_cuda_turns_next(&turns, &sets, bf16)->atoms;
    }
    CHECK(seen == elsewhere, "%llx is never looked at", (unsigned long long)(seen & ~elsewhere));
    /* Everything in use: every atom has its turn. */
    const size_t round = flopmeter_cuda_turns_round(&turns, &sets, table.atoms);
    read = 0;
    for (size_t i = 0; i < 2 * round; i++)
    {
        read |= flopmeter_cuda_turns_next(&turns, &sets, table.atoms)->atoms;
    }
    CHECK(read == seen && round <= 4, "%zu sets in turn read %llx", round, (unsigned long long)read);
}

/* The peaks against the chip data, where that is in the tree: the highest of each chip and format. */
static void test_peak(const char *path)
{
    char line[1024];
    unsigned rows = 0;
    FILE *const in = NULL == path ? NULL : fopen(path, "r");

    flopmeter_cuda_peak_t gh100;
    flopmeter_cuda_peak_of(&gh100, "GH100", 132, 1980000);
    CHECK(gh100.is_known && 2ULL * 4096 * 132 * 1980000000 == gh100.tensor_flop_per_sec[FLOPMETER_BF16], "GH100");
    flopmeter_cuda_peak_of(&gh100, "GX999", 132, 1980000);
    CHECK(!gh100.is_known, "a chip that nobody knows has a peak");
    while (NULL != in && NULL != fgets(line, sizeof(line), in))
    {
        char *rest = NULL;
        char *fields[8] = { NULL };
        size_t count = 0;
        for (char *field = strtok_r(line, ",", &rest); NULL != field && count < 8; field = strtok_r(NULL, ",", &rest))
        {
            fields[count++] = field;
        }
        if (8 != count || 0 == strcmp(fields[0], "chip"))
        {
            continue;
        }
        /* A product of a chip has a row of its own there, and here no more than its chip. */
        fields[0][strcspn(fields[0], "_")] = '\0';
        const unsigned highest = (unsigned)strtoul(fields[7], NULL, 10);
        const flopmeter_precision_t precision = flopmeter_cuda_precision_of(fields[3]);
        const unsigned ours = 0 == strcmp(fields[2], "tensor") ?
            flopmeter_cuda_peak_tensor(fields[0], precision) : flopmeter_cuda_peak_core(fields[0]);
        CHECK(ours >= highest, "%s %s %s: %u in the chip data, %u here", fields[0], fields[2], fields[3], highest,
            ours);
        CHECK(0 != strcmp(fields[2], "tensor") || ours == highest || FLOPMETER_FP64 == precision,
            "%s %s: %u in the chip data, %u here", fields[0], fields[3], highest, ours);
        rows++;
    }
    if (NULL != in)
    {
        fclose(in);
    }
    printf("peaks: %u rows of chip data%s\n", rows, 0 == rows ? ", which is not in this tree" : "");
}

/* Chips by compute capability, against the chip data. */
static void test_chips(const char *path)
{
    char line[1024];
    unsigned rows = 0;
    FILE *const in = NULL == path ? NULL : fopen(path, "r");

    CHECK(0 == strcmp("", flopmeter_cuda_peak_chip(9, 9)), "a chip without a row");
    while (NULL != in && NULL != fgets(line, sizeof(line), in))
    {
        char chip[16];
        int major = 0;
        int minor = 0;
        if (3 == sscanf(line, "%15[^,],%d,%d,", chip, &major, &minor))
        {
            chip[strcspn(chip, "_")] = '\0';
            CHECK(0 == strcmp(chip, flopmeter_cuda_peak_chip(major, minor)), "%d.%d is %s in the chip data, '%s' here",
                major, minor, chip, flopmeter_cuda_peak_chip(major, minor));
            rows++;
        }
    }
    CHECK(NULL == path || 0 != rows, "no chip data in %s", path);
    if (NULL != in)
    {
        fclose(in);
    }
}

int main(int argc, char **argv)
{
    test_names();
    test_not_collected();
    test_whole_and_scaled();
    test_partly();
    test_values();
    test_learning();
    test_sparse();
    test_overlap();
    test_without_peak();
    test_turns();
    test_peak(argc > 1 ? argv[1] : NULL);
    test_chips(argc > 2 ? argv[2] : NULL);
    return 0;
}
