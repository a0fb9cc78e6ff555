/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "flopmeter_here.h"

#include <string.h>

#include "flopmeter_key.h"
#include "flopmeter_lane.h"
#include "flopmeter_process.h"

static flopmeter_here_fn *watching;

void flopmeter_here_watch(flopmeter_here_fn *changed)
{
    __atomic_store_n(&watching, changed, __ATOMIC_RELEASE);
}

uint32_t flopmeter_here(void)
{
    return flopmeter_thread_context();
}

void flopmeter_here_names(uint32_t context, char *run, char *node)
{
    run[0] = '\0';
    node[0] = '\0';
    if (FLOPMETER_CONTEXT_OVERFLOW != context)
    {
        const flopmeter_context_t *const own = &flopmeter_config.context;
        const flopmeter_context_t *const names = flopmeter_context_of(context);
        const flopmeter_context_t *const of_run = 0 == names->run_length ? own : names;
        const flopmeter_context_t *const of_node = 0 == names->node_length ? own : names;
        memcpy(run, of_run->run, of_run->run_length);
        memcpy(node, of_node->node, of_node->node_length);
        run[of_run->run_length] = '\0';
        node[of_node->node_length] = '\0';
    }
}

const char *flopmeter_here_folder(void)
{
    flopmeter_process_t *const process = flopmeter_process();

    return NULL != process && flopmeter_process_attach(process) ? flopmeter_config.lane_dir : NULL;
}

void flopmeter_here_changed(void)
{
    flopmeter_here_fn *const changed = __atomic_load_n(&watching, __ATOMIC_ACQUIRE);

    if (NULL != changed)
    {
        changed(flopmeter_thread_context());
    }
}
