/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_plans.h"

#include <pthread.h>
#include <stdatomic.h>

#define SLOTS (1024)

/* A plan's number is in use once more with each use of its place, so that a late question meets another number. */
typedef struct plan_stct
{
    _Atomic(uint64_t) number;           /* 0 while it is written */
    _Atomic(uint64_t) slots[SLOTS];     /* 0 = free */
}
plan_t;

static plan_t plans[FLOPMETER_CUDA_PLANS];
static pthread_mutex_t plans_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t uses;

/* Places without a plan, or with one that has ended: the oldest first. */
static uint16_t idle[FLOPMETER_CUDA_PLANS];
static size_t idle_first;
static size_t idle_count;

static void put_idle(uint16_t place)
{
    idle[(idle_first + idle_count++) % FLOPMETER_CUDA_PLANS] = place;
}

void flopmeter_cuda_plans_reset(void)
{
    pthread_mutex_init(&plans_lock, NULL);
    idle_first = idle_count = 0;
    for (uint16_t place = 0; place < FLOPMETER_CUDA_PLANS; place++)
    {
        /* Where nothing was, nothing is written: each is pages of its own, and most programs need few. */
        if (0 != atomic_load(&plans[place].number))
        {
            atomic_store(&plans[place].number, 0);
        }
        put_idle(place);
    }
}

static size_t home_of(uint64_t signature)
{
    return (size_t)(signature >> 32) % SLOTS;
}

/* Each store is seen after the number's: who reads one of these then reads that the plan is another. */
static void fill(plan_t *plan, const uint64_t *nodes, size_t count)
{
    atomic_store_explicit(&plan->number, 0, memory_order_relaxed);
    for (size_t i = 0; i < SLOTS; i++)
    {
        atomic_store_explicit(&plan->slots[i], 0, memory_order_release);
    }
    for (size_t i = 0; i < count; i++)
    {
        size_t slot = home_of(nodes[i]);
        while (0 != atomic_load_explicit(&plan->slots[slot], memory_order_relaxed))
        {
            slot = (slot + 1) % SLOTS;
        }
        atomic_store_explicit(&plan->slots[slot], nodes[i], memory_order_release);
    }
}

uint64_t flopmeter_cuda_plans_begin(const uint64_t *nodes, size_t count)
{
    uint64_t number = 0;

    pthread_mutex_lock(&plans_lock);
    if (0 != idle_count && count <= FLOPMETER_CUDA_PLAN_SIGNATURES)
    {
        const uint16_t place = idle[idle_first];
        idle_first = (idle_first + 1) % FLOPMETER_CUDA_PLANS;
        idle_count--;
        fill(&plans[place], nodes, count);
        number = ++uses * FLOPMETER_CUDA_PLANS + place;
        atomic_store_explicit(&plans[place].number, number, memory_order_release);
    }
    pthread_mutex_unlock(&plans_lock);
    return number;
}

void flopmeter_cuda_plans_end(uint64_t number)
{
    const uint16_t place = (uint16_t)(number % FLOPMETER_CUDA_PLANS);

    pthread_mutex_lock(&plans_lock);
    if (0 != number && number == atomic_load(&plans[place].number))
    {
        put_idle(place);
    }
    pthread_mutex_unlock(&plans_lock);
}

int flopmeter_cuda_plans_class(uint64_t number, uint64_t signature)
{
    const plan_t *const plan = &plans[number % FLOPMETER_CUDA_PLANS];
    uint64_t found = 0;

    if (0 == number || 0 == signature || number != atomic_load_explicit(&plan->number, memory_order_acquire))
    {
        return 0;
    }
    for (size_t i = 0; i < SLOTS; i++)
    {
        found = atomic_load_explicit(&plan->slots[(home_of(signature) + i) % SLOTS], memory_order_acquire);
        if (0 == found || signature == (found & ~(uint64_t)FLOPMETER_CUDA_NODES_MASK))
        {
            break;
        }
    }
    /* The place may have been given away meanwhile. */
    return signature != (found & ~(uint64_t)FLOPMETER_CUDA_NODES_MASK) ||
        number != atomic_load_explicit(&plan->number, memory_order_relaxed) ? 0 :
        (int)(found & FLOPMETER_CUDA_NODES_MASK);
}
