/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every intercepted name of cuBLAS, called with random sizes: what it is counted as, that its arguments arrive, and
 * everything for which a call is worth nothing. Expectations come from the reference table of formulas.
 */

#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_abi.h"
#include "expected.h"
#include "fake_blas.h"
#include "fake_cuda_script.h"
#include "stub_core.h"

#define CHECK(condition, ...)                                                                                          \
    do                                                                                                                 \
    {                                                                                                                  \
        if (!(condition))                                                                                              \
        {                                                                                                              \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                                            \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fprintf(stderr, "\n");                                                                                     \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

#define GARBAGE (0x5A5A5A5A00000000)

int64_t main_call(fake_call_t *function, const double *d, const int64_t *a);

typedef struct routine_stct
{
    const char *symbol;
    const char *family;
    char letter;
    int is_wide;
    int is_host;
    int has_math_mode;
    int has_operands;
    int has_compute;
    const char *alpha;
    const char *arguments;
}
routine_t;

static const routine_t routines[] =
{
#include "cublas_names.inc"
};

/* Operands, compute type and math mode, what alpha is then, and what the product is done in. */
typedef struct kind_stct
{
    int left;
    int right;
    int compute;
    int math;
    int alpha;
    bool is_complex;
    flopmeter_precision_t precision;
}
kind_t;

static const kind_t kinds[] =
{
    { 0, 0, 68, 0, 0, false, FLOPMETER_FP32 },
    { 0, 0, 68, 3, 0, false, FLOPMETER_TF32 },
    { 0, 0, 68, 3 | 16, 0, false, FLOPMETER_TF32 },
    { 0, 0, 68, 1, 0, false, FLOPMETER_FP16 },
    { 0, 0, 68, 4, 0, false, FLOPMETER_FP32 },
    { 0, 0, 69, 3, 0, false, FLOPMETER_FP32 },
    { 0, 0, 74, 0, 0, false, FLOPMETER_FP16 },
    { 0, 0, 75, 0, 0, false, FLOPMETER_BF16 },
    { 0, 0, 77, 0, 0, false, FLOPMETER_TF32 },
    { 0, 0, 78, 3, 0, false, FLOPMETER_FP32 },
    { 4, 4, 68, 0, 4, true, FLOPMETER_FP32 },
    { 4, 4, 77, 0, 4, true, FLOPMETER_TF32 },
    { 2, 2, 64, 0, 2, false, FLOPMETER_FP16 },
    { 2, 2, 68, 3, 0, false, FLOPMETER_FP16 },
    { 14, 14, 68, 0, 0, false, FLOPMETER_BF16 },
    { 2, 0, 68, 0, 0, false, FLOPMETER_FP32 },
    { 28, 29, 68, 0, 0, false, FLOPMETER_FP8 },
    { 33, 33, 68, 0, 0, false, FLOPMETER_FP4 },
    { 3, 3, 72, 0, 10, false, FLOPMETER_INT8 },
    { 3, 3, 68, 0, 0, false, FLOPMETER_INT8 },
    { 7, 7, 68, 0, 4, true, FLOPMETER_INT8 },
    { 1, 1, 70, 0, 1, false, FLOPMETER_FP64 },
    { 5, 5, 70, 8, 5, true, FLOPMETER_FP64 },
    { 1, 1, 79, 0, 1, false, FLOPMETER_FP64 },
    { 2, 2, 0, 0, 0, false, FLOPMETER_FP16 },
    { 77, 0, 68, 0, 0, false, FLOPMETER_PRECISION_UNKNOWN },
};

static int failures;
static uint64_t seed;
static fake_handle_t handle;
static fake_stream_t stream;

/* One call: argument words, and where alpha is. */
typedef struct call_stct
{
    const routine_t *routine;
    const kind_t *kind;
    call_case_t sizes;
    int64_t word[FAKE_WORDS];
    int count;
    int64_t batch;
    uint64_t alpha[2];
    int status;
    bool is_device;
}
call_t;

static int64_t draw(const int64_t low, const int64_t high)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return low + (int64_t)((seed >> 33) % (uint64_t)(high - low + 1));
}

static bool is_one_of(const char *const name, const char *const list)
{
    char word[24];

    snprintf(word, sizeof(word), " %s ", name);
    return NULL != strstr(list, word);
}

static bool is_complex(const call_t *const call)
{
    return call->routine->has_operands ? call->kind->is_complex
                                       : NULL != strchr("CZ", call->routine->letter);
}

/* Alpha's type, from what the routine's documentation says. */
static int alpha_type(const call_t *const call)
{
    const routine_t *const routine = call->routine;
    const bool is_real = 0 == strcmp("real", routine->alpha);

    if (0 == strcmp("alphatype", routine->alpha) || routine->has_compute)
    {
        return call->kind->alpha;
    }
    switch (1 == strlen(routine->alpha) ? routine->alpha[0] : routine->letter)
    {
        case 'S':
            return 0;
        case 'D':
            return 1;
        case 'C':
            return is_real ? 0 : 4;
        case 'Z':
            return is_real ? 1 : 5;
        default:
            return 2;
    }
}

static void store_alpha(call_t *const call, const double value)
{
    const float single = (float)value;
    const int32_t integer = (int32_t)value;
    const uint16_t half = 0 == value ? (signbit(value) ? 0x8000 : 0) : 0x3C00;

    /* What lies behind the scalar is none of its business. */
    memset(call->alpha, 0x77, sizeof(call->alpha));
    switch (alpha_type(call))
    {
        case 0:
            memcpy(call->alpha, &single, sizeof(single));
            break;
        case 1:
            memcpy(call->alpha, &value, sizeof(value));
            break;
        case 2:
            memcpy(call->alpha, &half, sizeof(half));
            break;
        case 4:
            memset(call->alpha, 0, 8);
            memcpy(call->alpha, &single, sizeof(single));
            break;
        case 5:
            memset(call->alpha, 0, 16);
            memcpy(call->alpha, &value, sizeof(value));
            break;
        default:
            memcpy(call->alpha, &integer, sizeof(integer));
            break;
    }
}

static int64_t draw_word(call_t *const call, const char *const name)
{
    const routine_t *const routine = call->routine;
    call_case_t *const sizes = &call->sizes;

    if (is_one_of(name, " m n k kl ku nrhs batch lda ldb ldc incx incy "))
    {
        const int64_t value = is_one_of(name, " kl ku ") ? draw(0, 45) : 'i' == name[0] ? draw(1, 3) : draw(1, 40);

        snprintf(sizes->name[sizes->count], sizeof(sizes->name[0]), "%s", name);
        sizes->value[sizes->count++] = value;
        call->batch = 0 == strcmp("batch", name) ? value : call->batch;
        return routine->is_wide ? value : (value & 0xFFFFFFFF) | GARBAGE;
    }
    if (0 == strcmp("side", name))
    {
        const int side = (int)draw(0, 1);

        snprintf(sizes->name[sizes->count], sizeof(sizes->name[0]), "side");
        sizes->value[sizes->count++] = 0 == side ? 'L' : 'R';
        return side | (int64_t)GARBAGE;
    }
    const int64_t value = is_one_of(name, " atype xtype ") ? call->kind->left
        : is_one_of(name, " btype ytype ")                 ? call->kind->right
        : is_one_of(name, " alphatype ")                   ? call->kind->alpha
        : is_one_of(name, " compute ")                     ? call->kind->compute
                                                           : -1;

    return value >= 0 ? value | (int64_t)GARBAGE : draw(4096, 1 << 30);
}

static void prepare(call_t *const call, const routine_t *const routine)
{
    char words[256];

    memset(call, 0, sizeof(*call));
    call->routine = routine;
    call->batch = 1;
    do
    {
        call->kind = &kinds[draw(0, sizeof(kinds) / sizeof(kinds[0]) - 1)];
    }
    while (routine->has_operands && !routine->has_compute && call->kind->left != call->kind->right);
    snprintf(words, sizeof(words), "%s", routine->arguments);
    memset(call->word, 0x11, sizeof(call->word));
    store_alpha(call, 1);
    for (const char *name = strtok(words, " "); NULL != name; name = strtok(NULL, " "))
    {
        int64_t *const word = &call->word[call->count++];

        *word = 0 == strcmp("handle", name) ? (routine->is_host ? 0 : (int64_t)(uintptr_t)&handle)
            : 0 == strcmp("alpha", name)    ? (int64_t)(uintptr_t)call->alpha
                                            : draw_word(call, name);
    }
}

static void run(call_t *const call)
{
    const double scalar[2] = { 0, 0 };
    union
    {
        void *object;
        fake_call_t *function;
        fake_cublas_state_t *state;
    }
    symbol = { dlsym(RTLD_DEFAULT, call->routine->symbol) };
    union
    {
        void *object;
        fake_cublas_state_t *function;
    }
    state_of = { dlsym(RTLD_DEFAULT, "fake_cublas_state") };
    fake_handle_t *const state = call->routine->is_host ? state_of.function() : &handle;
    const uint64_t calls = state->calls;

    handle.pointer_mode = call->is_device ? 1 : 0;
    handle.math_mode = call->kind->math;
    state->status = call->status;
    memset(stub_last(), 0, sizeof(*stub_last()));
    if (NULL == symbol.object)
    {
        CHECK(false, "%s: no such symbol", call->routine->symbol);
        return;
    }
    const int status = (int)main_call(symbol.function, scalar, call->word);

    CHECK(status == call->status, "%s: status %d", call->routine->symbol, status);
    CHECK(calls + 1 == state->calls, "%s did not reach its library", call->routine->symbol);
    CHECK(
        0 == memcmp(call->word, state->word, sizeof(call->word[0]) * (size_t)call->count), "%s: arguments changed",
        call->routine->symbol);
    state->status = 0;
}

static void resize(call_t *const call, const char *const name, const int64_t value)
{
    for (int i = 0; i < call->sizes.count; i++)
    {
        call->sizes.value[i] = 0 == strcmp(name, call->sizes.name[i]) ? value : call->sizes.value[i];
    }
}

static csv_int_t expected_of(const call_t *const call)
{
    const char *const family = call->routine->family;
    const char *const plain = 0 == strcmp("getrf_square", family) || 0 == strcmp("getrf_getri", family) ? "getrf"
                                                                                                         : family;
    entry_t entry = { .family = plain, .type = is_complex(call) ? 'z' : 'd' };
    call_case_t sizes = call->sizes;
    const int64_t n = call_case_value(&sizes, "n");

    entry.is_lapack = is_one_of(plain, " getrf getrs getri geqrf gels ") ? 1 : 0;
    if (0 == strcmp("rot_mixed", family))
    {
        return 20 * n;
    }
    if (plain != family)
    {
        snprintf(sizes.name[sizes.count], sizeof(sizes.name[0]), "m");
        sizes.value[sizes.count++] = n;
    }
    csv_int_t total = expected_total(&entry, &sizes);

    if (0 == strcmp("getrf_getri", family))
    {
        entry.family = "getri";
        total += expected_total(&entry, &sizes);
    }
    return total * call->batch;
}

static flopmeter_precision_t precision_of(const call_t *const call)
{
    const routine_t *const routine = call->routine;
    const kind_t *const kind = call->kind;
    const bool is_fp32 = routine->has_operands
        ? (0 == kind->left || 4 == kind->left || 0 == kind->right) && 77 != kind->left
        : NULL != strchr("SC", routine->letter);

    if (is_fp32 && !routine->has_compute)
    {
        const int math = routine->has_math_mode && !routine->is_host ? kind->math & 15 : 0;

        return 3 == math ? FLOPMETER_TF32 : 1 == math ? FLOPMETER_FP16 : FLOPMETER_FP32;
    }
    if (routine->has_operands)
    {
        return kind->precision;
    }
    switch (routine->letter)
    {
        case 'H':
            return FLOPMETER_FP16;
        case 'T':
            return FLOPMETER_BF16;
        case 'B':
            return FLOPMETER_INT8;
        default:
            return FLOPMETER_FP64;
    }
}

static void check_counts(const routine_t *const routine)
{
    for (int round = 0; round < 40; round++)
    {
        const uint64_t seed_used = seed;
        call_t call;

        prepare(&call, routine);
        run(&call);
        const stub_last_t *const last = stub_last();
        const csv_int_t expected = expected_of(&call);

        CHECK(expected > 0, "%s: no expectation for family %s", routine->symbol, routine->family);
        CHECK(
            (flopmeter_u128_t)expected == last->shape.flop_count, "%s seed %llu: expected %lld, counted %lld",
            routine->symbol, (unsigned long long)seed_used, (long long)expected, (long long)last->shape.flop_count);
        CHECK(1 == last->calls && FLOPMETER_SOURCE_CUDA == last->source, "%s: source", routine->symbol);
        CHECK(
            precision_of(&call) == last->precision, "%s: kind %d: precision %d, not %d", routine->symbol,
            (int)(call.kind - kinds), (int)last->precision, (int)precision_of(&call));
        CHECK(0 == last->shape.estimate && 0 == last->shape.bound, "%s: an interval", routine->symbol);
    }
}

static void check_nothing(call_t *const call, const char *const why)
{
    run(call);
    CHECK(
        0 == stub_last()->calls, "%s: %s counted %lld", call->routine->symbol, why,
        (long long)stub_last()->shape.flop_count);
}

/* Let the sizes named be worth nothing, one after the other. */
static void check_sizes(const routine_t *const routine)
{
    static const char *const names[] = { "m", "n", "k", "nrhs", "batch" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    {
        char words[256];
        int position = 0;

        if ('k' == names[i][0] && NULL != strstr(routine->symbol, "b") &&
            is_one_of(routine->family, " sbmv tbmv "))
        {
            continue; /* a band of nothing but the diagonal */
        }
        snprintf(words, sizeof(words), "%s", routine->arguments);
        for (const char *name = strtok(words, " "); NULL != name; name = strtok(NULL, " "), position++)
        {
            for (int64_t value = 0; value >= -5 && 0 == strcmp(name, names[i]); value -= 5)
            {
                call_t call;

                prepare(&call, routine);
                resize(&call, name, value);
                call.word[position] = routine->is_wide ? value : (value & 0xFFFFFFFF) | (int64_t)GARBAGE;
                check_nothing(&call, names[i]);
            }
        }
    }
}

static void check_refusals(const routine_t *const routine)
{
    call_t call;

    check_sizes(routine);
    prepare(&call, routine);
    call.status = 13;
    check_nothing(&call, "a status");
    if (NULL == strstr(routine->arguments, "alpha"))
    {
        return;
    }
    for (int sign = 0; sign < 2; sign++)
    {
        prepare(&call, routine);
        store_alpha(&call, 0 == sign || 10 == alpha_type(&call) ? 0.0 : -0.0);
        check_nothing(&call, "alpha = 0");
    }
    if (!routine->is_host)
    {
        prepare(&call, routine);
        call.is_device = true;
        for (int i = 0; i < call.count; i++)
        {
            /* Whoever reads device memory from here dies. */
            call.word[i] = (int64_t)(uintptr_t)call.alpha == call.word[i] ? 64 : call.word[i];
        }
        run(&call);
        CHECK(
            0 == stub_last()->shape.flop_count && 0 == stub_last()->shape.bound &&
                (flopmeter_u128_t)expected_of(&call) == stub_last()->shape.estimate,
            "%s: alpha on the device", routine->symbol);
    }
}

int main(const int argc, char **const argv)
{
    const char *const seed_given = getenv("FLOPMETER_TEST_SEED");
    const size_t count = sizeof(routines) / sizeof(routines[0]);

    if (argc < 2 || !csv_open(argv[1]))
    {
        fprintf(stderr, "usage, or no table\n");
        return 1;
    }
    seed = NULL == seed_given ? 20261127 : strtoull(seed_given, NULL, 10);
    handle.stream = &stream;
    for (size_t i = 0; i < count && failures < 20; i++)
    {
        check_counts(&routines[i]);
        check_refusals(&routines[i]);
    }
    CHECK(0 == stub_gaps(FLOPMETER_GAP_SHAPE) && 0 == stub_gaps(FLOPMETER_GAP_SYMBOL), "gaps");
    printf("%zu names, %d failures, first seed %s\n", count, failures, NULL == seed_given ? "20261127" : seed_given);
    return 0 == failures ? 0 : 1;
}
