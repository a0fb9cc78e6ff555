/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kernels of graphs by the calls that made their nodes: covered, uncovered, or mixed where that is not known, or not
 * known any more.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cuda_plans.h"
#include "kernels_rig.h"

static uint64_t signature(const char *name, uint32_t grid)
{
    const uint32_t grids[3] = { grid, 1, 1 };
    const uint32_t blocks[3] = { 128, 1, 1 };

    return flopmeter_cuda_signature(name, grids, blocks, 1024);
}

static uint64_t instance_of(const char *counted, const char *other)
{
    const uint64_t nodes[] = {
        signature(counted, 1) | FLOPMETER_CUDA_NODES_COUNTED, signature(other, 1) | FLOPMETER_CUDA_NODES_OTHER
    };

    return flopmeter_cuda_kernels_instance(nodes, 2);
}

static void launch(uint64_t instance, const fake_node_t *nodes, size_t count, flopmeter_cuda_outcome_t outcome)
{
    const uint64_t number = flopmeter_cuda_kernels_call_begin();

    fake_cuda_nodes(0, nodes, count);
    flopmeter_cuda_kernels_launches(number, instance);
    flopmeter_cuda_kernels_call_end(number, outcome);
}

static const fake_node_t kernels[] = {
    { "gemm", 1, 1000003 }, { "relu", 1, 70 }, { "gemm", 2, 13 }, { "gemm", 1, 1000 }, { "stranger", 1, 5 }
};

#define KERNELS (sizeof(kernels) / sizeof(kernels[0]))

static void test_classes(void)
{
    for (int is_kernel_first = 0; is_kernel_first < 2; is_kernel_first++)
    {
        start();
        activity->is_kernel_first = 1 == is_kernel_first;
        const uint64_t instance = instance_of("gemm", "relu");
        CHECK(0 != instance, "no room for one");
        launch(instance, kernels, KERNELS, FLOPMETER_CUDA_CALL_GRAPH);
        steps(2);
        check_times(&state()->cards[0].times, 1001003, 18, 70, "a graph that is known");
        /* Gone, but its kernels come late: it is known as long as nobody needs its place. */
        launch(instance, kernels, KERNELS, FLOPMETER_CUDA_CALL_GRAPH);
        flopmeter_cuda_kernels_instance_gone(instance);
        launch(0, kernels, KERNELS, FLOPMETER_CUDA_CALL_GRAPH);
        launch(instance, kernels, KERNELS, FLOPMETER_CUDA_CALL_UNCOUNTED);
        end("classes", 0);
        check_times(&state()->cards[0].times, 2 * 1001003, 2 * 18 + 1001091, 2 * 70 + 1001091, "by all its launches");
    }
}

/* A name that CUPTI does not give, and another order of the same words. */
static void test_signatures(void)
{
    const fake_node_t odd[] = { { NULL, 1, 3 }, { "", 1, 4 }, { "gemm1", 1, 5 }, { "gem", 1, 6 } };

    start();
    launch(instance_of("gemm", "relu"), odd, 4, FLOPMETER_CUDA_CALL_GRAPH);
    end("signatures", 0);
    check_times(&state()->cards[0].times, 0, 18, 0, "kernels that are none of the graph's");
}

/* More instances than there is room for: those that come late are not known, nor those whose place was taken. */
static void test_room(void)
{
    uint64_t numbers[FLOPMETER_CUDA_PLANS];

    start();
    for (int i = 0; i < FLOPMETER_CUDA_PLANS; i++)
    {
        numbers[i] = instance_of(0 == i % 2 ? "gemm" : "relu", 0 == i % 2 ? "relu" : "gemm");
        CHECK(0 != numbers[i] && (0 == i || numbers[i] != numbers[i - 1]), "number %d", i);
    }
    CHECK(0 == instance_of("gemm", "relu"), "one more than there is room for");
    launch(numbers[0], kernels, 2, FLOPMETER_CUDA_CALL_GRAPH);
    launch(numbers[1], kernels, 2, FLOPMETER_CUDA_CALL_GRAPH);
    steps(2);
    check_times(&state()->cards[0].times, 1000073, 0, 1000073, "two graphs with the same kernels");
    launch(numbers[0], kernels, 2, FLOPMETER_CUDA_CALL_GRAPH);
    flopmeter_cuda_kernels_instance_gone(numbers[0]);
    flopmeter_cuda_kernels_instance_gone(numbers[0] + FLOPMETER_CUDA_PLANS);
    const uint64_t again = instance_of("relu", "gemm");
    CHECK(0 != again && again != numbers[0], "the place of one that is gone");
    CHECK(0 == instance_of("relu", "gemm"), "a place that was given twice");
    launch(again, kernels, 2, FLOPMETER_CUDA_CALL_GRAPH);
    end("room", 0);
    check_times(&state()->cards[0].times, 1000073 + 70, 1000073, 1000073 + 1000003, "one whose place was taken");
}

/* As many signatures as one may have, most of them at one home. */
static void test_full_plan(void)
{
    uint64_t nodes[FLOPMETER_CUDA_PLAN_SIGNATURES + 1];

    start();
    for (uint64_t i = 0; i <= FLOPMETER_CUDA_PLAN_SIGNATURES; i++)
    {
        nodes[i] = (UINT64_C(1023) << 32 | (i + 1) << 2) |
            (0 == i % 2 ? FLOPMETER_CUDA_NODES_COUNTED : FLOPMETER_CUDA_NODES_OTHER);
    }
    CHECK(0 == flopmeter_cuda_kernels_instance(nodes, FLOPMETER_CUDA_PLAN_SIGNATURES + 1), "one too many");
    const uint64_t instance = flopmeter_cuda_kernels_instance(nodes, FLOPMETER_CUDA_PLAN_SIGNATURES);
    for (uint64_t i = 0; i <= FLOPMETER_CUDA_PLAN_SIGNATURES; i++)
    {
        const int expected = FLOPMETER_CUDA_PLAN_SIGNATURES == i ? 0 : 0 == i % 2 ? 1 : 2;
        const int found = flopmeter_cuda_plans_class(instance, nodes[i] & ~UINT64_C(3));
        CHECK(expected == found, "signature %d is %d", (int)i, found);
    }
    end("full", 0);
}

static atomic_bool is_over;

static void *churn(void *argument)
{
    const uint64_t *const nodes = argument;

    for (int i = 0; i < 20000; i++)
    {
        flopmeter_cuda_plans_end(flopmeter_cuda_plans_begin(nodes, 2));
    }
    atomic_store(&is_over, true);
    return NULL;
}

/* Instances come and go on one thread while another one asks: what it gets is right, or nothing. */
static void test_threads(void)
{
    static uint64_t nodes[2][2];
    pthread_t threads[2];

    start();
    nodes[0][0] = nodes[1][0] = signature("gemm", 1);
    nodes[0][1] = signature("relu", 1) | FLOPMETER_CUDA_NODES_OTHER;
    nodes[1][1] = signature("relu", 1) | FLOPMETER_CUDA_NODES_COUNTED;
    nodes[0][0] |= FLOPMETER_CUDA_NODES_COUNTED;
    nodes[1][0] |= FLOPMETER_CUDA_NODES_OTHER;
    const uint64_t mine = flopmeter_cuda_plans_begin(nodes[0], 2);
    flopmeter_cuda_plans_end(mine);
    for (int i = 0; i < 2; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, churn, nodes[1]), "thread");
    }
    bool was_known = false;
    bool is_known = true;
    while (!atomic_load(&is_over))
    {
        const int found = flopmeter_cuda_plans_class(mine, signature("gemm", 1));
        CHECK(0 == found || FLOPMETER_CUDA_NODES_COUNTED == found, "another one's class %d", found);
        CHECK(0 == found || is_known, "known again");
        is_known = 0 != found;
        was_known = was_known || is_known;
    }
    for (int i = 0; i < 2; i++)
    {
        CHECK(0 == pthread_join(threads[i], NULL), "join");
    }
    CHECK(0 == flopmeter_cuda_plans_class(mine, signature("gemm", 1)), "still known, %d", was_known);
    end("threads", 0);
}

/* A child asks for nothing that its parent's threads may hold. */
static void test_fork(void)
{
    int status = -1;

    start();
    const uint64_t instance = instance_of("gemm", "relu");
    const pid_t pid = fork();
    if (0 == pid)
    {
        flopmeter_cuda_kernels_instance_gone(instance);
        flopmeter_cuda_kernels_launches(1, instance);
        _exit(0 == instance_of("gemm", "relu") ? 0 : 1);
    }
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "a child made an instance: %#x", (unsigned)status);
    launch(instance, kernels, 1, FLOPMETER_CUDA_CALL_GRAPH);
    end("fork", 0);
    check_times(&state()->cards[0].times, 1000003, 0, 0, "beside a child");
}

int main(void)
{
    test_classes();
    test_signatures();
    test_room();
    test_full_plan();
    test_threads();
    test_fork();
    return 0;
}
