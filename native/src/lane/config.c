/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>
#include <string.h>

#include "flopmeter_process.h"

#define SLOTS_DEFAULT (1024)
#define RING_DEFAULT (256 * 1024)

/* With the smallest table of the wire format every slot is reserved for overflow, so what is asked for starts above. */
#define SLOTS_CONFIGURED_MIN (2 * FLOPMETER_SLOTS_MIN)

/* A run must have a name on the wire; the supervisor gives one, this is for lanes made without it. */
#define RUN_DEFAULT "default"

flopmeter_config_t flopmeter_config;

static void load_path(const char *name, char *path)
{
    const char *const value = secure_getenv(name);
    const size_t length = NULL == value ? 0 : strlen(value);

    path[0] = '\0';
    if (length > 0 && length < PATH_MAX && '/' == value[0])
    {
        memcpy(path, value, length + 1);
    }
}

static uint8_t load_id(const char *name, char *id)
{
    const char *const value = secure_getenv(name);
    uint8_t length = 0;

    if (NULL == value || !flopmeter_id_valid(value, &length))
    {
        return 0;
    }
    memcpy(id, value, length);
    return length;
}

static uint32_t load_capacity(const char *name, uint32_t fallback, uint32_t min, uint32_t max)
{
    const char *const value = secure_getenv(name);
    uint64_t capacity = 0;

    if (NULL == value || '\0' == value[0])
    {
        return fallback;
    }
    for (const char *digit = value; '\0' != *digit; digit++)
    {
        if (*digit < '0' || *digit > '9' || capacity > max)
        {
            return fallback;
        }
        capacity = capacity * 10 + (uint64_t)(*digit - '0');
    }
    return capacity >= min && capacity <= max && 0 == (capacity & (capacity - 1)) ? (uint32_t)capacity : fallback;
}

void flopmeter_config_load(void)
{
    flopmeter_config_t *const config = &flopmeter_config;

    load_path("FLOPMETER_LANE_DIR", config->lane_dir);
    load_path("FLOPMETER_SPILL_DIR", config->spill_dir);
    config->slot_capacity = load_capacity(
        "FLOPMETER_LANE_SLOTS", SLOTS_DEFAULT, SLOTS_CONFIGURED_MIN, FLOPMETER_SLOTS_MAX);
    config->ring_capacity = load_capacity("FLOPMETER_LANE_RING", RING_DEFAULT, FLOPMETER_RING_MIN, FLOPMETER_RING_MAX);
    config->context.node_length = load_id("FLOPMETER_NODE", config->context.node);
    config->context.run_length = load_id("FLOPMETER_RUN", config->context.run);
    if (0 == config->context.run_length)
    {
        config->context.run_length = sizeof(RUN_DEFAULT) - 1;
        memcpy(config->context.run, RUN_DEFAULT, sizeof(RUN_DEFAULT) - 1);
    }
}
