/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who watches kernels, for tests of what is told of the nodes of graphs.
 */
#ifndef FLOPMETER_NODES_RIG_H
#define FLOPMETER_NODES_RIG_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "cuda_signature.h"
#include "watch/cuda_watch.h"

#define INSTANCES_MAX (256)
#define NODES_MAX (1024)

static struct
{
    uint64_t nodes[NODES_MAX];
    size_t count;
    bool is_gone;
}
instances[INSTANCES_MAX];

static uint64_t instance_count;     /* numbers begin at 1 */
static uint64_t calls;
static uint64_t launched;           /* the instance of the last launch, or NOT_TOLD */
static bool is_full;

#define NOT_TOLD (UINT64_MAX)

static uint64_t take_instance(const uint64_t *const nodes, const size_t count)
{
    CHECK(instance_count + 1 < INSTANCES_MAX && count <= NODES_MAX, "%zu nodes", count);
    if (is_full)
    {
        return 0;
    }
    instance_count++;
    memcpy(instances[instance_count].nodes, nodes, count * sizeof(*nodes));
    instances[instance_count].count = count;
    return instance_count;
}

static void take_gone(const uint64_t instance)
{
    CHECK(instance > 0 && instance <= instance_count && !instances[instance].is_gone, "instance %llu ended twice",
        (unsigned long long)instance);
    instances[instance].is_gone = true;
}

static uint64_t take_begin(void)
{
    return ++calls;
}

static void take_end(const uint64_t number, const flopmeter_cuda_outcome_t outcome)
{
    CHECK(number > 0 && number <= calls && FLOPMETER_CUDA_CALL_RUNNING != outcome, "call %llu ends with %d",
        (unsigned long long)number, (int)outcome);
}

static void take_launch(const uint64_t number, const uint64_t instance)
{
    CHECK(number == calls, "a launch by another call");
    launched = instance;
}

static const flopmeter_cuda_watch_t watch = {
    .call_begin = take_begin, .call_end = take_end, .instance = take_instance, .instance_gone = take_gone,
    .launches = take_launch
};

static void watch_by(const flopmeter_cuda_watch_t *const by)
{
    flopmeter_cuda_watch_fn *watch_calls = NULL;
    void *const symbol = dlsym(RTLD_DEFAULT, FLOPMETER_CUDA_WATCH_NAME);

    CHECK(NULL != symbol, "the preload library has no " FLOPMETER_CUDA_WATCH_NAME);
    memcpy(&watch_calls, &symbol, sizeof(symbol));
    watch_calls(by);
}

/* 0 = nothing is said of it. */
static int class_of(const uint64_t instance, const char *const name, const uint32_t grid)
{
    const uint32_t grids[3] = { grid, 1, 1 };
    const uint32_t blocks[3] = { 128, 1, 1 };
    const uint64_t signature = flopmeter_cuda_signature(name, grids, blocks, 1024);

    for (size_t i = 0; i < instances[instance].count; i++)
    {
        if (signature == (instances[instance].nodes[i] & ~(uint64_t)FLOPMETER_CUDA_NODES_MASK))
        {
            return (int)(instances[instance].nodes[i] & FLOPMETER_CUDA_NODES_MASK);
        }
    }
    return 0;
}

#define CHECK_CLASS(expected, instance, name, grid)                                                                    \
    CHECK((expected) == class_of((instance), (name), (grid)), "%s of grid %d is %d, expected %d", (name), (int)(grid), \
        class_of((instance), (name), (grid)), (int)(expected))

enum
{
    OPEN = 0,
    COUNTED = FLOPMETER_CUDA_NODES_COUNTED,
    OTHER = FLOPMETER_CUDA_NODES_OTHER
};

#endif /* FLOPMETER_NODES_RIG_H */
