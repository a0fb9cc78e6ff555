/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Hand-written arithmetic that no interception can see: what the upper end of the result must still cover.
 */

#include "worker_fma.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* Enough independent chains to fill two pipes of latency 4-5. */
#define CHAINS (12)

typedef uint64_t (*kernel_t)(uint64_t iterations);

static volatile float sink;

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f"))) static uint64_t kernel_avx512(uint64_t iterations)
{
    __m512 sums[CHAINS];
    const __m512 factor = _mm512_set1_ps(0.999f);
    const __m512 addend = _mm512_set1_ps(0.001f);
    for (int i = 0; i < CHAINS; i++)
    {
        sums[i] = _mm512_set1_ps((float)i);
    }
    for (uint64_t n = 0; n < iterations; n++)
    {
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++)
        {
            sums[i] = _mm512_fmadd_ps(sums[i], factor, addend);
        }
    }
    for (int i = 1; i < CHAINS; i++)
    {
        sums[0] = _mm512_add_ps(sums[0], sums[i]);
    }
    sink = _mm512_cvtss_f32(sums[0]);
    return iterations * CHAINS * 16 * 2;
}

__attribute__((target("avx2,fma"))) static uint64_t kernel_avx2(uint64_t iterations)
{
    __m256 sums[CHAINS];
    const __m256 factor = _mm256_set1_ps(0.999f);
    const __m256 addend = _mm256_set1_ps(0.001f);
    for (int i = 0; i < CHAINS; i++)
    {
        sums[i] = _mm256_set1_ps((float)i);
    }
    for (uint64_t n = 0; n < iterations; n++)
    {
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++)
        {
            sums[i] = _mm256_fmadd_ps(sums[i], factor, addend);
        }
    }
    for (int i = 1; i < CHAINS; i++)
    {
        sums[0] = _mm256_add_ps(sums[0], sums[i]);
    }
    sink = _mm256_cvtss_f32(sums[0]);
    return iterations * CHAINS * 8 * 2;
}
#elif defined(__aarch64__)
#include <arm_neon.h>

static uint64_t kernel_neon(uint64_t iterations)
{
    float32x4_t sums[CHAINS];
    const float32x4_t factor = vdupq_n_f32(0.999f);
    const float32x4_t addend = vdupq_n_f32(0.001f);
    for (int i = 0; i < CHAINS; i++)
    {
        sums[i] = vdupq_n_f32((float)i);
    }
    for (uint64_t n = 0; n < iterations; n++)
    {
        for (int i = 0; i < CHAINS; i++)
        {
            sums[i] = vfmaq_f32(addend, sums[i], factor);
        }
    }
    for (int i = 1; i < CHAINS; i++)
    {
        sums[0] = vaddq_f32(sums[0], sums[i]);
    }
    sink = vgetq_lane_f32(sums[0], 0);
    return iterations * CHAINS * 4 * 2;
}
#endif

static uint64_t kernel_scalar(uint64_t iterations)
{
    float sums[CHAINS] = { 0.0f };
    for (uint64_t n = 0; n < iterations; n++)
    {
        for (int i = 0; i < CHAINS; i++)
        {
            sums[i] = sums[i] * 0.999f + 0.001f;
        }
    }
    sink = sums[0] + sums[CHAINS - 1];
    return iterations * CHAINS * 2;
}

static kernel_t widest_kernel(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
    {
        return kernel_avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    {
        return kernel_avx2;
    }
#elif defined(__aarch64__)
    return kernel_neon;
#endif
    return kernel_scalar;
}

typedef struct job_stct
{
    kernel_t kernel;
    uint64_t iterations;
    uint64_t flop_count;
}
job_t;

static void *job_main(void *argument)
{
    job_t *const job = argument;
    job->flop_count = job->kernel(job->iterations);
    return NULL;
}

uint64_t flopmeter_worker_fma(uint64_t iterations)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t count = online > 0 ? (size_t)online : 1;
    pthread_t *const threads = calloc(count, sizeof(pthread_t));
    job_t *const jobs = calloc(count, sizeof(job_t));
    uint64_t flop_count = 0;
    for (size_t i = 0; i < count; i++)
    {
        jobs[i].kernel = widest_kernel();
        jobs[i].iterations = iterations;
        pthread_create(&threads[i], NULL, job_main, &jobs[i]);
    }
    for (size_t i = 0; i < count; i++)
    {
        pthread_join(threads[i], NULL);
        flop_count += jobs[i].flop_count;
    }
    free(threads);
    free(jobs);
    return flop_count;
}
