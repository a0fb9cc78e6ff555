/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where the ends of the source "gpm" are easily a little too good: the first sample, which is older than the counter,
 * and the cumulative ids, which may run over, begin anew, or be of one SM or of all of them.
 */

#include <inttypes.h>
#include <string.h>

#include "counter_gpu.h"

#define KINDS (3)

static flopmeter_counter_reading_t reading;

/*
 * The work of HMMA as bf16, whose slowest rate is half of its fastest.
 */
static void check_ends(const flopmeter_counter_t *counter, uint64_t begin_ns, const char *what, uint64_t which)
{
    flopmeter_counter_figure_t figure;
    const uint64_t end_ns = reading.end_ns - START;

    CHECK(flopmeter_gpm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    const flopmeter_u128_t slowest =
        gpu_true_cycles(FLOPMETER_GPU_HMMA, begin_ns, fake->now_ns - START) * 2048 / FAKE_WHOLE;
    const flopmeter_u128_t fastest = gpu_true_cycles(FLOPMETER_GPU_HMMA, begin_ns, end_ns) * 4096 / FAKE_WHOLE;
    CHECK(figure.lower <= slowest, "%s, %" PRIu64 ": lower %s above the truth %s", what, which,
        gpu_text(figure.lower), gpu_text(slowest));
    CHECK(figure.is_bounded && fastest <= figure.upper, "%s, %" PRIu64 ": upper %s below the truth %s", what, which,
        gpu_text(figure.upper), gpu_text(fastest));
}

/*
 * What ended just before we came is another's, and the first sample has it still.
 */
static void should_not_count_what_was_before(int kind, uint64_t age_ns)
{
    gpu_begin(NULL);
    fake->cumulative = kind;
    fake->counted_before = UINT64_C(1) << 50;
    gpu_work(0, 2 * SEC, FLOPMETER_GPU_HMMA, 100, 1980);
    fake->refresh_phase_ns = 9 * MS;
    fake->now_ns = START + 2 * SEC + age_ns;
    flopmeter_counter_t *const counter = gpu_open("0");
    for (int second = 0; second < 3; second++)
    {
        gpu_read_after(counter, SEC, &reading);
        check_ends(counter, 2 * SEC + age_ns, "another's work", age_ns);
    }
    flopmeter_gpm_source.close(counter);
}

/*
 * A begin that is set earlier adds a time in which nobody looked whose the work was: it is no one's in the lower end.
 */
static void should_not_claim_what_nobody_looked_at(void)
{
    flopmeter_counter_figure_t figure;

    gpu_begin(NULL);
    gpu_work(0, 2 * SEC, FLOPMETER_GPU_HMMA, 100, 1980);
    fake->now_ns = START + 2 * SEC + 5 * MS;
    flopmeter_counter_t *const counter = gpu_open("0");
    flopmeter_gpm_begin_at(counter, START + SEC);
    gpu_read_after(counter, SEC, &reading);
    check_ends(counter, SEC, "an earlier begin", 0);
    CHECK(flopmeter_gpm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    CHECK(0 == figure.lower, "lower %s of a time in which nobody looked", gpu_text(figure.lower));
    flopmeter_gpm_source.close(counter);
}

/*
 * A count that runs over as often as it likes and lands above where it was: nothing falls, and active and elapsed agree
 * with the ratio, since at full load they run over alike.
 */
static void should_notice_counts_that_may_have_run_over(int kind, unsigned bits, uint64_t dt_ns)
{
    for (uint64_t offset_ns = 200 * MS; offset_ns < 4 * SEC; offset_ns += 37 * MS)
    {
        gpu_begin(NULL);
        fake->cumulative = kind;
        fake->wrap_mask = (UINT64_C(1) << bits) - 1;
        gpu_work(0, 60 * SEC, FLOPMETER_GPU_HMMA, 100, 1980);
        fake->now_ns = START + offset_ns;
        flopmeter_counter_t *const counter = gpu_open("0");
        for (int i = 0; i < 3; i++)
        {
            gpu_read_after(counter, dt_ns, &reading);
            check_ends(counter, offset_ns, "run over", bits);
        }
        flopmeter_gpm_source.close(counter);
    }
}

/* A call of the driver that hangs makes any interval long. */
static void should_notice_it_behind_a_call_that_hangs(int kind, const char *function)
{
    for (uint64_t delay_ns = SEC; delay_ns < 12 * SEC; delay_ns += 271 * MS)
    {
        gpu_begin(NULL);
        fake->cumulative = kind;
        fake->wrap_mask = (UINT64_C(1) << (1 == kind ? 32 : 40)) - 1;
        gpu_work(0, 90 * SEC, FLOPMETER_GPU_HMMA, 100, 1980);
        gpu_fault((fake_fault_t){ .function = function, .first = 2, .count = 1, .delay_ns = delay_ns });
        fake->now_ns = START + SEC;
        flopmeter_counter_t *const counter = gpu_open("0");
        for (int i = 0; i < 5; i++)
        {
            gpu_read_after(counter, SEC, &reading);
            check_ends(counter, SEC, function, delay_ns);
        }
        flopmeter_gpm_source.close(counter);
    }
}

static void should_bound_the_time_until_it_begins_anew(int kind, const char *function, unsigned first)
{
    gpu_begin(NULL);
    fake->cumulative = kind;
    fake->counted_before = UINT64_C(1) << 50;
    fake->reset_ns = START + 7 * SEC;
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_HMMA, 100, 1980);
    gpu_fault((fake_fault_t){ .function = function, .first = first, .count = 1, .delay_ns = 30 * SEC });
    fake->now_ns = START + 5 * SEC;
    flopmeter_counter_t *const counter = gpu_open("0");
    for (int i = 0; i < 4; i++)
    {
        gpu_read_after(counter, SEC, &reading);
        check_ends(counter, 5 * SEC, function, (uint64_t)i);
    }
    CHECK(1 == reading.gaps_count && START + 6 * SEC - 110 * MS == reading.gaps[0].begin_ns &&
        reading.gaps[0].end_ns + 4 * SEC > fake->now_ns, "%s: the gap ends where it began anew", function);
    flopmeter_gpm_source.close(counter);
}

/*
 * SM whose clock stops while they sleep: a sum over them may look like the count of one that is awake.
 */
static void should_not_take_a_sum_for_one(int kind, unsigned awake_us)
{
    gpu_begin(NULL);
    fake->cumulative = kind;
    fake->counted_before = UINT64_C(1) << 50;
    for (uint64_t second = 0; second < 20; second++)
    {
        const uint64_t asleep_ns = SEC - awake_us * UINT64_C(1000);
        gpu_work(second * SEC, second * SEC + asleep_ns, FLOPMETER_GPU_HMMA, 0, 0);
        fake->segments[fake->segments_count - 1].nominal_mhz = 345;
        gpu_work(second * SEC + asleep_ns, (second + 1) * SEC, FLOPMETER_GPU_HMMA, 100, 1980);
    }
    fake->now_ns = START + 2 * SEC;
    flopmeter_counter_t *const counter = gpu_open("0");
    for (int i = 0; i < 15; i++)
    {
        gpu_read_after(counter, SEC, &reading);
        check_ends(counter, 2 * SEC, "asleep", awake_us);
    }
    flopmeter_gpm_source.close(counter);
}

static flopmeter_u128_t upper_of_interval(flopmeter_counter_t *counter)
{
    flopmeter_counter_figure_t figure;
    static flopmeter_u128_t before;

    CHECK(flopmeter_gpm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    const flopmeter_u128_t upper = figure.upper - before;
    before = figure.upper;
    return upper;
}

/*
 * Once it was more than one SM can have run it is a sum, and stays one: a quiet second is not taken 132-fold.
 */
static void should_remember_what_the_ids_are_of(void)
{
    gpu_begin(NULL);
    fake->cumulative = 2;
    fake->counted_before = UINT64_C(1) << 50;
    gpu_work(0, 10 * SEC, FLOPMETER_GPU_HMMA, 50, 1980);
    gpu_work(10 * SEC, 30 * SEC, FLOPMETER_GPU_HMMA, 100, 10);
    fake->segments[1].nominal_mhz = 345;
    fake->now_ns = START + 5 * SEC;
    flopmeter_counter_t *const counter = gpu_open("0");
    gpu_read_after(counter, SEC, &reading);
    gpu_read_after(counter, 10 * SEC, &reading);
    (void)upper_of_interval(counter);
    gpu_read_after(counter, SEC, &reading);
    check_ends(counter, 5 * SEC, "a sum", 0);
    const flopmeter_u128_t truth = (flopmeter_u128_t)10000000 * 132 * 4096;
    const flopmeter_u128_t upper = upper_of_interval(counter);
    CHECK(upper >= truth && upper < truth * 11 / 10, "upper %s of %s", gpu_text(upper), gpu_text(truth));
    flopmeter_gpm_source.close(counter);
}

int main(void)
{
    static const uint64_t ages_ns[] = { 1, MS, 5 * MS, 50 * MS, 99 * MS };
    static const uint64_t pauses_ns[] = { 900 * MS, SEC, 2200 * MS, 3 * SEC, 5 * SEC };
    static const unsigned awake_us[] = { 500, 1200, 2500, 5000, 8400, 20000 };

    for (int kind = 0; kind < KINDS; kind++)
    {
        for (size_t i = 0; i < sizeof(ages_ns) / sizeof(ages_ns[0]); i++)
        {
            should_not_count_what_was_before(kind, ages_ns[i]);
        }
    }
    should_not_claim_what_nobody_looked_at();
    for (int kind = 1; kind < KINDS; kind++)
    {
        for (unsigned bits = 28; bits <= 48; bits += 4)
        {
            for (size_t i = 0; i < sizeof(pauses_ns) / sizeof(pauses_ns[0]); i++)
            {
                should_notice_counts_that_may_have_run_over(kind, bits, pauses_ns[i]);
            }
        }
        should_notice_it_behind_a_call_that_hangs(kind, "nvmlGpmSampleGet");
        should_notice_it_behind_a_call_that_hangs(kind, "nvmlGpmMetricsGet");
        should_bound_the_time_until_it_begins_anew(kind, "nvmlGpmSampleAlloc", 3);
        should_bound_the_time_until_it_begins_anew(kind, "nvmlGpmSampleGet", 3);
        for (size_t i = 0; i < sizeof(awake_us) / sizeof(awake_us[0]); i++)
        {
            should_not_take_a_sum_for_one(kind, awake_us[i]);
        }
    }
    should_remember_what_the_ids_are_of();
    return 0;
}
