/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_pause.h"

#include "flopmeter_core.h"
#include "pause.h"

static struct
{
    flopmeter_pause_t pause;
    bool is_paused;
    bool is_lost;            /* it could not come back */
    uint32_t gap;
}
way;

void flopmeter_cuda_pause_open(const char *folder, const char *name)
{
    flopmeter_pause_open(&way.pause, folder, name);
    way.is_paused = way.is_lost = false;
}

void flopmeter_cuda_pause_obey(uint64_t now_ns, flopmeter_cuda_pause_fn *give_way, void *context)
{
    const bool is_wished = flopmeter_pause_look(&way.pause, now_ns);

    if (is_wished && !way.is_paused)
    {
        way.gap = flopmeter_core_gap_begin(FLOPMETER_GAP_COUNTER_PAUSED, FLOPMETER_SOURCE_CUDA);
    }
    const bool is_done = !(is_wished || way.is_paused) || give_way(context, is_wished);
    if (!is_wished && way.is_paused)
    {
        way.is_lost = !is_done;
        flopmeter_core_gap_end(way.gap);
    }
    way.is_paused = is_wished;
    if (is_wished)
    {
        (void)flopmeter_pause_answer(
            &way.pause, is_done, is_done ? "" : "CUPTI does not give the hardware back");
        return;
    }
    (void)flopmeter_pause_answer(
        &way.pause, way.is_lost, way.is_lost ? "another profiler in the program has CUPTI" : "");
}

void flopmeter_cuda_pause_close(void)
{
    if (way.is_paused)
    {
        flopmeter_core_gap_end(way.gap);
    }
    way.is_paused = false;
    flopmeter_pause_close(&way.pause);
}
