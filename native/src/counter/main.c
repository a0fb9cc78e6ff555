/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * flopmeter-counter: vendors' counter libraries in a process of their own, so that their crashes and hangs are a gap
 * and no more.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "counter_names.h"
#include "cupti_probe.h"
#include "dcgm_source.h"
#include "gpm.h"
#include "host.h"
#include "pm_source.h"
#include "provider.h"
#include "watch.h"

#define EXIT_USAGE (2)
#define INTERVAL_MS_DEFAULT (1000)
#define INTERVAL_MS_MAX (3600000)
#define RETRY_MS_DEFAULT (60000)
#define DEVICES_MAX (64)

#if defined(FLOPMETER_COUNTER_TESTING)
/** A library of the tests in place of the driver's. */
const flopmeter_nvml_host_t *flopmeter_counter_test_host(void);
const flopmeter_dcgm_host_t *flopmeter_counter_test_dcgm_host(void);
/** A machine of the tests may be slow: only those of this look at it. */
uint64_t flopmeter_counter_test_unseen_ns(void);
/** Events of the kernel's own in place of a PMU's. */
const flopmeter_perf_setup_t *flopmeter_counter_test_perf(void);
#endif

static const char *const usage =
    "usage: flopmeter-counter probe\n"
    "       flopmeter-counter watch [--interval-ms N] [--begin-ns N] [--parent PID]\n"
    "                               [--cgroup PATH] [--job ID --job-mapping-dir DIR]\n"
    "       flopmeter-counter gap\n"
    "       flopmeter-counter inventory\n"
    "       flopmeter-counter host [--since-ns N] [--pause-dir DIR]\n"
    "       flopmeter-counter devices [--interval-ms N] [--retry-ms N] [--parent PID] [--job-mapping-dir DIR]\n"
    "                                 [--place DIR]...\n";

static const char *state_name(flopmeter_counter_state_t state)
{
    static const char *const names[] = {
        [FLOPMETER_COUNTER_AVAILABLE] = "available", [FLOPMETER_COUNTER_ABSENT] = "absent",
        [FLOPMETER_COUNTER_NO_PERMISSION] = "noPermission", [FLOPMETER_COUNTER_TAKEN] = "taken",
        [FLOPMETER_COUNTER_WRONG_DRIVER] = "wrongDriver", [FLOPMETER_COUNTER_FAILED] = "failed",
        [FLOPMETER_COUNTER_PAUSED] = "paused",
    };
    return names[state];
}

/*
 * A name that a driver gave may hold anything.
 */
static void print_string(const char *text)
{
    putchar('"');
    for (; '\0' != *text; text++)
    {
        const unsigned char byte = (unsigned char)*text;
        if (byte < ' ' || byte > '~')
        {
            putchar('?');
        }
        else
        {
            printf('"' == byte || '\\' == byte ? "\\%c" : "%c", byte);
        }
    }
    putchar('"');
}

static void print_source(const char *name, const char *device, const flopmeter_counter_probe_t *probe)
{
    printf("{\"name\": \"%s\", \"device\": ", name);
    print_string(device);
    printf(", \"state\": \"%s\", \"detail\": ", state_name(probe->state));
    print_string(probe->detail);
    printf(", \"remedy\": ");
    print_string(probe->remedy);
    printf("}");
}

/*
 * All that were asked: where the first says no, a person sees why, and what the next one says.
 */
static void print_probes(const char *device, bool is_first)
{
    const flopmeter_counter_target_t target = { .pid = -1, .cpu = -1, .device = device };
    flopmeter_counter_probe_t probe = { .state = FLOPMETER_COUNTER_FAILED };

    for (size_t i = 0; i < FLOPMETER_PROVIDERS_MAX && FLOPMETER_COUNTER_AVAILABLE != probe.state; i++)
    {
        flopmeter_provider_at(i)->source->probe(&target, &probe);
        printf(is_first && 0 == i ? "" : ", ");
        print_source(flopmeter_provider_at(i)->source->name, device, &probe);
    }
}

static int run_probe(void)
{
    static char names[DEVICES_MAX][FLOPMETER_GPM_NAME_LENGTH];
    flopmeter_counter_probe_t probe;
    flopmeter_counter_probe_t range;
    const int count = flopmeter_gpm_device_list(flopmeter_gpm_host(), names, DEVICES_MAX, &probe);

    printf("{\"schema\": \"flopmeter/counter-probe/v1\", \"sources\": [");
    if (count < 0)
    {
        print_source(flopmeter_gpm_source.name, "", &probe);
    }
    for (int i = 0; i < count; i++)
    {
        print_probes(names[i], 0 == i);
    }
    flopmeter_cupti_probe(&flopmeter_cupti_here, &range, &probe);
    printf(0 == count ? "" : ", ");
    print_source(FLOPMETER_CUPTI_RANGE, "", &range);
    printf(", ");
    print_source(FLOPMETER_CUPTI_ACTIVITY, "", &probe);
    printf("]}\n");
    return 0 == fflush(stdout) ? 0 : 1;
}

/*
 * Formats in which the GPU has a peak. A string each: a reader of JSON may lose digits of a number.
 */
static void print_peaks(const flopmeter_gpm_device_t *device)
{
    const char *separator = "";

    for (int i = FLOPMETER_FP64; i < FLOPMETER_PRECISION_UNKNOWN; i++)
    {
        flopmeter_gpu_range_t peak;
        if (flopmeter_gpm_device_peak(device, (flopmeter_precision_t)i, &peak))
        {
            printf("%s{\"format\": \"%s\", \"lower\": \"%" PRIu64 "\", \"point\": \"%" PRIu64
                "\", \"upper\": \"%" PRIu64 "\"}", separator,
                flopmeter_counter_precision_name((flopmeter_precision_t)i), peak.lower, peak.point, peak.upper);
            separator = ", ";
        }
    }
}

static void print_device(const flopmeter_gpm_device_t *device)
{
    printf("{\"index\": %u, \"product\": ", device->index);
    print_string(device->name);
    printf(", \"chip\": ");
    print_string(NULL == device->chip ? "" : device->chip->name);
    printf(", \"status\": \"%s\", \"smCount\": %" PRIu64 ", \"clockHzMax\": \"%" PRIu64 "\", \"peaks\": [",
        NULL == device->chip ? "unknown" : device->chip->is_measured ? "measured" : "unverified",
        device->sm_count.point, device->clock_hz_max);
    print_peaks(device);
    printf("]}");
}

static int run_inventory(void)
{
    static flopmeter_gpm_device_t devices[DEVICES_MAX];
    flopmeter_counter_probe_t probe;

    memset(&probe, 0, sizeof(probe));
    const int count = flopmeter_gpm_device_survey(flopmeter_gpm_host(), devices, DEVICES_MAX, &probe);
    printf("{\"schema\": \"flopmeter/counter-inventory/v1\", \"state\": \"%s\", \"detail\": ",
        state_name(count < 0 ? probe.state : FLOPMETER_COUNTER_AVAILABLE));
    print_string(count < 0 ? probe.detail : "");
    printf(", \"devices\": [");
    for (int i = 0; i < count; i++)
    {
        printf(i > 0 ? ", " : "");
        print_device(&devices[i]);
    }
    printf("]}\n");
    return 0 == fflush(stdout) ? 0 : 1;
}

static int refuse(const char *what)
{
    fprintf(stderr, "flopmeter-counter: %s\n%s", what, usage);
    return EXIT_USAGE;
}

static bool parse_number(const char *text, uint64_t max, uint64_t *number)
{
    char *end = NULL;

    errno = 0;
    *number = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && '\0' == *end && 0 == errno && *number <= max;
}

/*
 * The first of two variables that is set and not empty, or NULL.
 */
static const char *first_of(const char *name, const char *other)
{
    const char *const value = secure_getenv(name);

    return NULL != value && '\0' != value[0] ? value : NULL != other ? first_of(other, NULL) : NULL;
}

/*
 * Are ranges to be opened in the program? As the library in it reads it.
 */
static bool has_ranges(void)
{
    static flopmeter_cuda_settings_t settings;

    flopmeter_cuda_settings_load(&settings);
    return settings.is_on;
}

static int watch_for(flopmeter_watch_options_t *options, uint64_t interval_ms, uint64_t parent)
{
    sigset_t signals;

    options->interval_ns = interval_ms * UINT64_C(1000000);
    options->parent = (pid_t)parent;
    options->unseen_ns = FLOPMETER_WATCH_UNSEEN_NS;
#if defined(FLOPMETER_COUNTER_TESTING)
    options->unseen_ns = flopmeter_counter_test_unseen_ns();
#endif

    /* Blocked before the first look at the parent, so that no end goes unnoticed. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    return flopmeter_watch(options, &signals);
}

static int run_watch(int argc, char **argv)
{
    flopmeter_watch_options_t options;
    uint64_t interval_ms = INTERVAL_MS_DEFAULT;
    uint64_t parent = (uint64_t)getppid();

    memset(&options, 0, sizeof(options));
    options.identity.proc_root = "/proc";
    options.identity.job = first_of("FLOPMETER_JOB", "SLURM_JOB_ID");
    options.identity.mapping_dir = first_of("FLOPMETER_JOB_MAPPING_DIR", NULL);
    options.identity.cgroup = first_of("FLOPMETER_CGROUP", NULL);
    options.meter_dir = secure_getenv("FLOPMETER_LANE_DIR");
    options.has_fallback = FLOPMETER_PM_NEVER == flopmeter_pm_wish() && has_ranges();
    options.cupti = flopmeter_cuda_settings_cupti(flopmeter_cuda_settings_here);
    for (int i = 2; i < argc; i += 2)
    {
        const char *const value = i + 1 < argc ? argv[i + 1] : "";
        if (0 == strcmp(argv[i], "--interval-ms") && parse_number(value, INTERVAL_MS_MAX, &interval_ms) &&
            interval_ms > 0)
        {
            continue;
        }
        if (0 == strcmp(argv[i], "--begin-ns") && parse_number(value, INT64_MAX, &options.begin_ns))
        {
            continue;
        }
        if (0 == strcmp(argv[i], "--parent") && parse_number(value, INT32_MAX, &parent) && parent > 0)
        {
            continue;
        }
        const char **const text = 0 == strcmp(argv[i], "--cgroup") ? &options.identity.cgroup :
            0 == strcmp(argv[i], "--job") ? &options.identity.job :
            0 == strcmp(argv[i], "--job-mapping-dir") ? &options.identity.mapping_dir : NULL;
        if (NULL == text || '\0' == value[0])
        {
            return refuse(argv[i]);
        }
        *text = value;
    }
    options.identity.root = (pid_t)parent;
    return watch_for(&options, interval_ms, parent);
}

/*
 * All devices, for everybody on this host: who has which is found out, and counted here is what no run counts itself.
 */
static int run_devices(int argc, char **argv)
{
    flopmeter_tenant_host_t host = { .proc_root = "/proc" };
    flopmeter_watch_options_t options;
    uint64_t interval_ms = INTERVAL_MS_DEFAULT;
    uint64_t retry_ms = RETRY_MS_DEFAULT;
    uint64_t parent = (uint64_t)getppid();

    memset(&options, 0, sizeof(options));
    host.mapping_dir = first_of("FLOPMETER_JOB_MAPPING_DIR", NULL);
    options.meter_dir = secure_getenv("FLOPMETER_LANE_DIR");
    options.host = &host;
    for (int i = 2; i < argc; i += 2)
    {
        const char *const value = i + 1 < argc ? argv[i + 1] : "";
        const bool is_interval = 0 == strcmp(argv[i], "--interval-ms");
        if ((is_interval || 0 == strcmp(argv[i], "--retry-ms")) &&
            parse_number(value, INTERVAL_MS_MAX, is_interval ? &interval_ms : &retry_ms) && interval_ms > 0)
        {
            continue;
        }
        if (0 == strcmp(argv[i], "--parent") && parse_number(value, INT32_MAX, &parent) && parent > 0)
        {
            continue;
        }
        if (0 == strcmp(argv[i], "--job-mapping-dir") && '/' == value[0])
        {
            host.mapping_dir = value;
        }
        else if (0 == strcmp(argv[i], "--place") && '/' == value[0] &&
            host.places_count < FLOPMETER_TENANT_PLACES_MAX)
        {
            host.places[host.places_count++] = value;
        }
        else
        {
            return refuse(argv[i]);
        }
    }
    options.retry_ns = retry_ms * UINT64_C(1000000);
    return watch_for(&options, interval_ms, parent);
}

/*
 * The counter is gone, and whoever started it says so: no driver is touched.
 */
static int run_gap(void)
{
    flopmeter_core_gap(FLOPMETER_GAP_COUNTER, FLOPMETER_SOURCE_CUDA);
    return 0;
}

/*
 * Whoever asks holds both pipes: when it dies, so do they. A reader that went away is an error of the write.
 */
static int run_host(int argc, char **argv)
{
    uint64_t since_ns = 0;

    for (int i = 2; i < argc; i += 2)
    {
        const char *const value = i + 1 < argc ? argv[i + 1] : "";
        if (0 == strcmp(argv[i], "--pause-dir") && '/' == value[0])
        {
            flopmeter_host_obey(value);
        }
        else if (0 != strcmp(argv[i], "--since-ns") || !parse_number(value, INT64_MAX, &since_ns))
        {
            return refuse(argv[i]);
        }
    }
    signal(SIGPIPE, SIG_IGN);
#if defined(FLOPMETER_COUNTER_TESTING)
    return flopmeter_host(flopmeter_counter_test_perf(), since_ns, stdin, stdout);
#else
    static const flopmeter_perf_setup_t here = { &flopmeter_perf_sys, "", NULL, 0 };
    return flopmeter_host(&here, since_ns, stdin, stdout);
#endif
}

#if defined(FLOPMETER_COUNTER_TESTING)
/*
 * In place of the drivers' libraries.
 */
static void use_test_hosts(void)
{
    static flopmeter_dcgm_host_t host;

    flopmeter_gpm_use_host(flopmeter_counter_test_host());
    host = *flopmeter_counter_test_dcgm_host();
    host.address = flopmeter_dcgm_address();
    flopmeter_dcgm_use_host(&host);
}
#endif

/*
 * May the profiling hardware be taken? What was asked of the run says so.
 */
static void choose_sampling(void)
{
    const char *const executed = first_of("FLOPMETER_EXECUTED", NULL);

    flopmeter_pm_use(NULL != executed && 0 == strcmp("pm", executed) ? FLOPMETER_PM_FIRST : FLOPMETER_PM_NEVER,
        flopmeter_cuda_settings_cupti(flopmeter_cuda_settings_here));
}

int main(int argc, char **argv)
{
#if defined(FLOPMETER_COUNTER_TESTING)
    use_test_hosts();
#endif
    choose_sampling();
    if (2 == argc && 0 == strcmp(argv[1], "probe"))
    {
        return run_probe();
    }
    if (2 <= argc && 0 == strcmp(argv[1], "watch"))
    {
        return run_watch(argc, argv);
    }
    if (2 <= argc && 0 == strcmp(argv[1], "devices"))
    {
        return run_devices(argc, argv);
    }
    if (2 == argc && 0 == strcmp(argv[1], "gap"))
    {
        return run_gap();
    }
    if (2 == argc && 0 == strcmp(argv[1], "inventory"))
    {
        return run_inventory();
    }
    if (2 <= argc && 0 == strcmp(argv[1], "host"))
    {
        return run_host(argc, argv);
    }
    return refuse(argc > 1 ? argv[1] : "a command is missing");
}
