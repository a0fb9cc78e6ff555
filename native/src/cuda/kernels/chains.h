/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kernels outside the tensor cores: eight independent chains, two instructions of each per iteration.
 */

#ifndef FLOPMETER_CHAINS_H
#define FLOPMETER_CHAINS_H

#include "kernel.h"

#define EACH(constraint, text) \
    asm volatile(text : "+" constraint(a[0])); \
    asm volatile(text : "+" constraint(a[1])); \
    asm volatile(text : "+" constraint(a[2])); \
    asm volatile(text : "+" constraint(a[3])); \
    asm volatile(text : "+" constraint(a[4])); \
    asm volatile(text : "+" constraint(a[5])); \
    asm volatile(text : "+" constraint(a[6])); \
    asm volatile(text : "+" constraint(a[7]))

#define MIXED (bits(a[0]) ^ bits(a[1]) ^ bits(a[2]) ^ bits(a[3]) ^ bits(a[4]) ^ bits(a[5]) ^ bits(a[6]) ^ bits(a[7]))

#define CHAINS(name, type, constraint, text) \
    KERNEL(name) \
    { \
        type a[8]; \
        for (uint32_t chain = 0; chain < 8; chain++) \
        { \
            a[chain] = from_bits<type>(seed + threadIdx.x + chain); \
        } \
        ITERATE \
        { \
            EACH(constraint, text); \
            EACH(constraint, text); \
        } \
        KEEP(MIXED); \
    }

template<typename T> __device__ T from_bits(uint32_t value);

template<> __device__ inline double from_bits<double>(const uint32_t value)
{
    return __hiloint2double((int)value, (int)value);
}

template<> __device__ inline float from_bits<float>(const uint32_t value)
{
    return __uint_as_float(value);
}

template<> __device__ inline uint32_t from_bits<uint32_t>(const uint32_t value)
{
    return value;
}

template<> __device__ inline uint16_t from_bits<uint16_t>(const uint32_t value)
{
    return (uint16_t)value;
}

static __device__ inline uint32_t bits(const double value)
{
    return (uint32_t)__double2loint(value) ^ (uint32_t)__double2hiint(value);
}

static __device__ inline uint32_t bits(const float value)
{
    return __float_as_uint(value);
}

static __device__ inline uint32_t bits(const uint32_t value)
{
    return value;
}

static __device__ inline uint32_t bits(const uint16_t value)
{
    return (uint32_t)value << 16 | value;
}

#endif /* FLOPMETER_CHAINS_H */
