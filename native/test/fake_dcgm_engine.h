/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The engine of fake_dcgm.c: samples of the GPU, kept and compared as DCGM does it.
 */

#ifndef FLOPMETER_TEST_FAKE_DCGM_ENGINE_H
#define FLOPMETER_TEST_FAKE_DCGM_ENGINE_H

#include "fake_dcgm.h"

#define FAKE_DCGM_INSTANCE_FIRST_ID (40)
#define SAMPLES_MAX (64)
#define VALUES_MAX (512)

/* What the engine keeps of the driver at one time: sums since the beginning, of one SM. */
typedef struct sample_stct
{
    uint64_t time_ns;
    double elapsed;
    double active[FLOPMETER_GPU_PIPES];
}
sample_t;

typedef struct watch_stct
{
    bool is_open;
    bool is_watched;
    int entity_group;
    unsigned entity;
    uint64_t interval_ns;
    uint64_t due_ns;
    size_t ids_count;
    unsigned short ids[16];
    size_t samples_count;
    sample_t samples[SAMPLES_MAX];
    size_t values_count;
    int64_t made_us[VALUES_MAX * 8];
    flopmeter_dcgm_value_t values[VALUES_MAX * 8];
}
watch_t;

fake_dcgm_t *fake_dcgm_state(void);

uint64_t fake_dcgm_now_ns(void);
int64_t fake_dcgm_wall_us(uint64_t time_ns);

/** Do whatever the engine did until now. */
void fake_dcgm_go_on(watch_t *watch);

#endif /* FLOPMETER_TEST_FAKE_DCGM_ENGINE_H */
