/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * GPU instances (MIG) of a GPU whose library and handle are open. Internal to gpm_device.c.
 */

#ifndef FLOPMETER_GPM_PARTITION_H
#define FLOPMETER_GPM_PARTITION_H

#include "gpm_device.h"

/** Is the GPU partitioned? */
bool flopmeter_gpm_partition_is_any(const flopmeter_gpm_device_t *device);

/** Let `device` be instance `wanted` of its GPU, or NOT_FOUND. */
flopmeter_nvml_return_t flopmeter_gpm_partition_find(flopmeter_gpm_device_t *device, unsigned wanted);

/** As flopmeter_gpm_partition_find() by UUID. */
flopmeter_nvml_return_t flopmeter_gpm_partition_find_named(flopmeter_gpm_device_t *device, const char *uuid);

/**
 * SM of the instance that `device` is. Its activity is a mean over those of its compute instances, or over all that it
 * has: nobody says which. So the least is the sum over its compute instances, and the most is all; where the driver
 * doesn't say, what `sm_count` has of the whole GPU.
 */
void flopmeter_gpm_partition_count_sm(flopmeter_gpm_device_t *device);

/** Names of the instances, "N.G", each once. Return their number, at most `names_max`. */
size_t flopmeter_gpm_partition_list(
    const flopmeter_gpm_device_t *device, char (*names)[FLOPMETER_GPM_NAME_LENGTH], size_t names_max);

#endif /* FLOPMETER_GPM_PARTITION_H */
