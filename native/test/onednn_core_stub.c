/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onednn_core_stub.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static stub_tally_t tally;

void flopmeter_core_count(
    const flopmeter_precision_t precision, const flopmeter_source_t source, const flopmeter_shape_t *const shape)
{
    pthread_mutex_lock(&lock);
    tally.flop_count[precision] += shape->flop_count;
    tally.calls[precision] += 1;
    tally.strays += (FLOPMETER_SOURCE_ONEDNN != source || 0 != shape->estimate || 0 != shape->bound) ? 1 : 0;
    pthread_mutex_unlock(&lock);
}

void flopmeter_core_gap(const flopmeter_gap_reason_t reason, const flopmeter_source_t source)
{
    pthread_mutex_lock(&lock);
    tally.gaps[reason] += 1;
    tally.strays += FLOPMETER_SOURCE_ONEDNN != source ? 1 : 0;
    pthread_mutex_unlock(&lock);
}

void flopmeter_core_flag_cpu_incomplete(void)
{
}

stub_tally_t stub_take(void)
{
    pthread_mutex_lock(&lock);
    const stub_tally_t taken = tally;

    memset(&tally, 0, sizeof(tally));
    pthread_mutex_unlock(&lock);
    return taken;
}

/* Preloaded into a program (test_onednn_preload): one line per precision when it ends. */
__attribute__((destructor)) static void report(void)
{
    const char *const path = getenv("FLOPMETER_TEST_TALLY");
    FILE *const file = NULL == path ? NULL : fopen(path, "w");

    if (NULL == file)
    {
        return;
    }
    for (int i = 0; i < STUB_PRECISION_COUNT; i++)
    {
        if (0 != tally.calls[i])
        {
            fprintf(file, "precision %d calls %" PRIu64 " flopCount %" PRIu64 "\n", i, tally.calls[i],
                (uint64_t)tally.flop_count[i]);
        }
    }
    for (int i = 0; i < STUB_REASON_COUNT; i++)
    {
        if (0 != tally.gaps[i])
        {
            fprintf(file, "gap %d\n", i);
        }
    }
    fclose(file);
}
