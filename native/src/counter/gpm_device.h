/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One NVIDIA GPU, or one GPU instance of a partitioned one (MIG), as NVML shows it. Internal to the sources
 * "gpm" and "dcgm".
 */

#ifndef FLOPMETER_GPM_DEVICE_H
#define FLOPMETER_GPM_DEVICE_H

#include "gpu_meter.h"
#include "nvml.h"

#define FLOPMETER_GPM_UUID_LENGTH (96)
/** Room for "N" or "N.G". */
#define FLOPMETER_GPM_NAME_LENGTH (16)

typedef struct flopmeter_gpm_device_stct
{
    const flopmeter_nvml_host_t *host;
    flopmeter_nvml_t nvml;              /* library NULL = not open at present */
    flopmeter_nvml_device_t handle;     /* of the whole GPU */
    flopmeter_nvml_device_t mig;        /* of the partition, NULL = the whole GPU */
    unsigned index;
    unsigned gpu_instance;              /* with `mig` only */
    char uuid[FLOPMETER_GPM_UUID_LENGTH];      /* of the partition or the GPU, "" when the driver doesn't say */
    char gpu_uuid[FLOPMETER_GPM_UUID_LENGTH];  /* of the GPU */
    char name[FLOPMETER_NVML_TEXT_LENGTH];
    char driver[FLOPMETER_NVML_TEXT_LENGTH];
    const flopmeter_gpu_chip_t *chip;
    flopmeter_gpu_range_t sm_count;     /* lower 0 where the driver doesn't say */
    uint64_t sm_count_most;             /* it may have had so many in a time of which nothing is known */
    uint64_t clock_hz_min;              /* 0 = unknown */
    uint64_t clock_hz_max;              /* 0 = unknown: there is no upper end */
}
flopmeter_gpm_device_t;

/**
 * Open by "N" (index), "N.G" (index and GPU instance), "GPU-..." or "MIG-..." (UUID); NULL = "0". A partitioned GPU
 * can't be opened as a whole: GPM has figures of its instances only.
 * Return 0, or -1 with `probe`; then nothing stays open.
 */
int flopmeter_gpm_device_open(
    flopmeter_gpm_device_t *device,
    const flopmeter_nvml_host_t *host,
    const char *name,
    flopmeter_counter_probe_t *probe);

/** As flopmeter_gpm_device_open() of a GPU whose figures somebody else has: GPM is not asked for. */
int flopmeter_gpm_device_open_any(
    flopmeter_gpm_device_t *device,
    const flopmeter_nvml_host_t *host,
    const char *name,
    flopmeter_counter_probe_t *probe);

/** Close the library. What is known of the device stays in the structure. Idempotent. */
void flopmeter_gpm_device_close(flopmeter_gpm_device_t *device);

/**
 * An instance may have been made anew under its number, with another size: look at it once more. `sm_count_most` never
 * falls. Nothing changes while the library is closed or the instance is away; a whole GPU keeps its size.
 */
void flopmeter_gpm_device_renew(flopmeter_gpm_device_t *device);

/** The GPU is lost: close the library. What will have been made of an instance when it comes back nobody knows. */
void flopmeter_gpm_device_lose(flopmeter_gpm_device_t *device);

/** Put `found`, which is open, in the place of `device`, which was lost. */
void flopmeter_gpm_device_replace(flopmeter_gpm_device_t *device, const flopmeter_gpm_device_t *found);

/**
 * Is the instance `name` ("N.G") now another one than `device` is, by UUID or by number of SM? False of a whole GPU, of
 * one that can't be looked at, and where the driver doesn't say.
 */
bool flopmeter_gpm_device_is_other(const flopmeter_gpm_device_t *device, const char *name);

/** Sample of the GPU or its instance. */
flopmeter_nvml_return_t flopmeter_gpm_device_sample(
    const flopmeter_gpm_device_t *device, flopmeter_nvml_sample_t sample);

/** SM clock as the driver states it, in Hz; 0 when it doesn't. Nominal: under tensor load the true one is lower. */
uint64_t flopmeter_gpm_device_clock_hz(const flopmeter_gpm_device_t *device);

/** The highest SM clock, in Hz; where the driver doesn't state it, one that no silicon reaches. */
uint64_t flopmeter_gpm_device_clock_hz_most(const flopmeter_gpm_device_t *device);

/**
 * Names of everything that can be opened here: "N", or "N.G" for each instance of a partitioned GPU. Return their
 * number, at most `names_max`, or -1 with `probe` when there is no NVML.
 */
int flopmeter_gpm_device_list(
    const flopmeter_nvml_host_t *host,
    char (*names)[FLOPMETER_GPM_NAME_LENGTH],
    size_t names_max,
    flopmeter_counter_probe_t *probe);

/**
 * Every whole GPU, whether its figures can be read or not and however it is partitioned: name, chip (NULL = not in the
 * tables), sizes and clocks. Nothing stays open. Return their number, at most `devices_max`, or -1 with `probe`.
 */
int flopmeter_gpm_device_survey(
    const flopmeter_nvml_host_t *host,
    flopmeter_gpm_device_t *devices,
    size_t devices_max,
    flopmeter_counter_probe_t *probe);

/**
 * Most FLOP per second of the GPU in a format, dense: the fastest pipe's rate x SM x highest clock. The upper end is by
 * the clock that the driver states, the point by the true one under such load (gpu_chips.csv). The lower end is 0: a
 * product may be slower than its chip. False when the chip, the clock or the rate is not known, and of int1.
 */
bool flopmeter_gpm_device_peak(
    const flopmeter_gpm_device_t *device, flopmeter_precision_t precision, flopmeter_gpu_range_t *flop_per_sec);

#endif /* FLOPMETER_GPM_DEVICE_H */
