/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "flopmeter_cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_LENGTH (512)
#define LINE_LENGTH (4096)
#define CPUS_MAX (4096)

static const flopmeter_cpu_event_t table[] = {
#include "cpu_events.inc"
};

/* One block of /proc/cpuinfo, as far as it was read. */
typedef struct block_stct
{
    char vendor[32];
    unsigned long family;
    unsigned long model;
    bool has_family;
    bool has_model;
}
block_t;

static FILE *open_file(const char *const root, const char *const name)
{
    char path[PATH_LENGTH];
    const int length = snprintf(path, sizeof(path), "%s/%s", NULL == root ? "" : root, name);

    return length > 0 && (size_t)length < sizeof(path) ? fopen(path, "re") : NULL;
}

bool flopmeter_cpu_read_text(const char *const root, const char *const name, char *const text, const size_t length)
{
    FILE *const file = open_file(root, name);

    if (NULL == file)
    {
        return false;
    }
    const size_t count = fread(text, 1, length - 1, file);
    fclose(file);
    text[count] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return count > 0;
}

static void take_field(block_t *const block, const char *const name, const char *const value)
{
    if (0 == strcmp(name, "vendor_id"))
    {
        snprintf(block->vendor, sizeof(block->vendor), "%.31s", value);
    }
    else if (0 == strcmp(name, "cpu family") || 0 == strcmp(name, "CPU implementer"))
    {
        block->family = strtoul(value, NULL, 0);
        block->has_family = true;
        if ('C' == name[0])
        {
            snprintf(block->vendor, sizeof(block->vendor), "arm");
        }
    }
    else if (0 == strcmp(name, "model") || 0 == strcmp(name, "CPU part"))
    {
        block->model = strtoul(value, NULL, 0);
        block->has_model = true;
    }
}

static const char *vendor_of(const char *const text)
{
    static const char *const names[][2] = {
        { "GenuineIntel", "intel" }, { "AuthenticAMD", "amd" }, { "HygonGenuine", "" }, { "arm", "arm" },
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    {
        if (0 == strcmp(names[i][0], text))
        {
            return names[i][1];
        }
    }
    return "";
}

static void close_block(flopmeter_cpu_chip_t *const chip, block_t *const block, bool *const found)
{
    if (block->has_family && block->has_model)
    {
        const char *const vendor = vendor_of(block->vendor);
        if (!*found)
        {
            chip->vendor = vendor;
            chip->family = (uint32_t)block->family;
            chip->model = (uint32_t)block->model;
            snprintf(chip->text, sizeof(chip->text), "%s %lu/%lu", '\0' != *vendor ? vendor : block->vendor,
                block->family, block->model);
            *found = true;
        }
        chip->is_mixed = chip->is_mixed || chip->family != block->family || chip->model != block->model;
    }
    memset(block, 0, sizeof(*block));
}

static bool identify_by_cpuinfo(const char *const root, flopmeter_cpu_chip_t *const chip)
{
    FILE *const file = open_file(root, "proc/cpuinfo");
    char line[LINE_LENGTH];
    block_t block = { "", 0, 0, false, false };
    bool found = false;

    if (NULL == file)
    {
        return false;
    }
    while (NULL != fgets(line, sizeof(line), file))
    {
        char *const colon = strchr(line, ':');
        if (NULL == colon)
        {
            if ('\n' == line[0])
            {
                close_block(chip, &block, &found);
            }
            continue;
        }
        char *const value = colon + 1 + strspn(colon + 1, " \t");
        value[strcspn(value, "\n")] = '\0';
        *colon = '\0';
        for (size_t end = strlen(line); end > 0 && NULL != strchr(" \t", line[end - 1]); end--)
        {
            line[end - 1] = '\0';
        }
        take_field(&block, line, value);
    }
    close_block(chip, &block, &found);
    fclose(file);
    return found;
}

#if defined(__x86_64__)
/*
 * This machine is asked by an instruction: some kernels wait for all cores' clocks when /proc/cpuinfo is opened, and
 * COMMAND waits for us.
 */
static bool identify_by_cpuid(const char *const root, flopmeter_cpu_chip_t *const chip)
{
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    block_t block = { "", 0, 0, true, true };
    bool found = false;

    if ((NULL != root && '\0' != *root && 0 != strcmp(root, "/")) || 0 == __get_cpuid(0, &a, &b, &c, &d))
    {
        return false;
    }
    memcpy(block.vendor, &b, sizeof(b));
    memcpy(block.vendor + 4, &d, sizeof(d));
    memcpy(block.vendor + 8, &c, sizeof(c));
    if (0 == __get_cpuid(1, &a, &b, &c, &d))
    {
        return false;
    }
    block.family = a >> 8 & 0xF;
    block.model = a >> 4 & 0xF;
    if (6 == block.family || 0xF == block.family)
    {
        block.model |= a >> 12 & 0xF0;
    }
    block.family += 0xF == block.family ? a >> 20 & 0xFF : 0;
    close_block(chip, &block, &found);
    return found;
}
#else
static bool identify_by_cpuid(const char *const root, flopmeter_cpu_chip_t *const chip)
{
    (void)root;
    (void)chip;
    return false;
}
#endif

/*
 * MIDR_EL1: implementer in bits 31-24, part in bits 15-4.
 */
static bool identify_by_midr(const char *const root, flopmeter_cpu_chip_t *const chip)
{
    char text[32];

    if (!flopmeter_cpu_read_text(
        root, "sys/devices/system/cpu/cpu0/regs/identification/midr_el1", text, sizeof(text)))
    {
        return false;
    }
    const unsigned long long midr = strtoull(text, NULL, 16);
    chip->vendor = "arm";
    chip->family = (uint32_t)(midr >> 24 & 0xFF);
    chip->model = (uint32_t)(midr >> 4 & 0xFFF);
    snprintf(chip->text, sizeof(chip->text), "arm %u/%u", chip->family, chip->model);
    return 0 != midr;
}

/*
 * Type of a PMU, 0 where there is none.
 */
static uint32_t pmu_type(const char *const root, const char *const pmu)
{
    char name[64];
    char text[16];
    char *end = NULL;

    snprintf(name, sizeof(name), "sys/bus/event_source/devices/%s/type", pmu);
    if (!flopmeter_cpu_read_text(root, name, text, sizeof(text)))
    {
        return 0;
    }
    const unsigned long type = strtoul(text, &end, 10);
    return end != text && '\0' == *end && type <= UINT32_MAX ? (uint32_t)type : 0;
}

/*
 * A hybrid's cores have one family and model, and two PMUs. Arrow Lake-H has a third, cpu_lowpower: work there would be
 * in no bound, so it is a chip that can't be told.
 */
static void look_for_kinds(const char *const root, flopmeter_cpu_chip_t *const chip)
{
    char text[16];
    const bool has_atom =
        flopmeter_cpu_read_text(root, "sys/bus/event_source/devices/cpu_atom/type", text, sizeof(text));

    chip->core_type = pmu_type(root, "cpu_core");
    chip->atom_type = pmu_type(root, "cpu_atom");
    chip->is_hybrid = !chip->is_mixed && 0 == strcmp("intel", chip->vendor) && 0 != chip->core_type &&
        0 != chip->atom_type && chip->core_type != chip->atom_type;
    chip->is_mixed = chip->is_mixed || (has_atom && !chip->is_hybrid) || 0 != pmu_type(root, "cpu_lowpower");
    chip->is_hybrid = chip->is_hybrid && !chip->is_mixed;
}

/*
 * Names of the kernel's PMUs of CPUs: x86's one, its hybrids' two, and Arm's by architecture (armv8_pmuv3_0,
 * armv8_neoverse_n1). arm_... is something beside the cores.
 */
static bool is_cpu_pmu(const char *const name)
{
    return 0 == strcmp(name, "cpu") || 0 == strcmp(name, "cpu_core") || 0 == strcmp(name, "cpu_atom") ||
        0 == strncmp(name, "armv", strlen("armv"));
}

/*
 * Every kernel with perf_events lists its software events: an empty list is one that somebody hid.
 */
flopmeter_cpu_listed_t flopmeter_cpu_pmu_listed(const char *const root)
{
    char path[PATH_LENGTH];
    flopmeter_cpu_listed_t listed = FLOPMETER_CPU_LISTED_UNKNOWN;
    const int length =
        snprintf(path, sizeof(path), "%s/sys/bus/event_source/devices", NULL == root ? "" : root);
    DIR *const folder = length > 0 && (size_t)length < sizeof(path) ? opendir(path) : NULL;

    for (struct dirent *entry = NULL == folder ? NULL : readdir(folder);
        NULL != entry && FLOPMETER_CPU_LISTED_YES != listed; entry = readdir(folder))
    {
        if ('.' != entry->d_name[0])
        {
            listed = is_cpu_pmu(entry->d_name) ? FLOPMETER_CPU_LISTED_YES : FLOPMETER_CPU_LISTED_NO;
        }
    }
    if (NULL != folder)
    {
        closedir(folder);
    }
    return listed;
}

bool flopmeter_cpu_identify(const char *const root, flopmeter_cpu_chip_t *const chip)
{
    memset(chip, 0, sizeof(*chip));
    chip->vendor = "";
    if (!identify_by_cpuid(root, chip) && !identify_by_cpuinfo(root, chip) && !identify_by_midr(root, chip))
    {
        snprintf(chip->text, sizeof(chip->text), "unknown CPU");
        return false;
    }
    look_for_kinds(root, chip);
    return true;
}

size_t flopmeter_cpu_select(
    const flopmeter_cpu_chip_t *const chip, const flopmeter_cpu_event_t **const events, const size_t limit)
{
    size_t count = 0;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) && count < limit; i++)
    {
        const bool is_vendor = chip->is_hybrid ?
            0 == strcmp(table[i].vendor, "intel-core") || 0 == strcmp(table[i].vendor, "intel-atom") :
            0 == strcmp(table[i].vendor, chip->vendor);
        if (is_vendor && table[i].family == chip->family &&
            table[i].model_first <= chip->model && chip->model <= table[i].model_last)
        {
            events[count++] = &table[i];
        }
    }
    return count;
}

const flopmeter_cpu_event_t *flopmeter_cpu_table(size_t *const count)
{
    *count = sizeof(table) / sizeof(table[0]);
    return table;
}

size_t flopmeter_cpu_online(const char *const root, int *const cpus, const size_t limit)
{
    return flopmeter_cpu_list(root, "sys/devices/system/cpu/online", cpus, limit);
}

size_t flopmeter_cpu_list(const char *const root, const char *const name, int *const cpus, const size_t limit)
{
    char text[LINE_LENGTH];
    size_t count = 0;

    if (!flopmeter_cpu_read_text(root, name, text, sizeof(text)))
    {
        return 0;
    }
    for (char *at = text; '\0' != *at;)
    {
        char *end = at;
        const long first = strtol(at, &end, 10);
        long last = first;
        if (end != at && '-' == *end)
        {
            at = end + 1;
            last = strtol(at, &end, 10);
        }
        if (end == at || first < 0 || last < first || last >= CPUS_MAX)
        {
            return 0;
        }
        for (long cpu = first; cpu <= last; cpu++, count++)
        {
            if (count < limit)
            {
                cpus[count] = (int)cpu;
            }
        }
        at = ',' == *end ? end + 1 : end;
        if (at == end && '\0' != *end)
        {
            return 0;
        }
    }
    return count;
}

/*
 * Is a switch of the turbo there, and not known to be on? It may be turned while we count.
 */
static bool is_switched_off(const char *const root, const char *const name, const char *const on)
{
    char path[128];
    char text[16];

    snprintf(path, sizeof(path), "sys/devices/system/cpu/%s", name);
    FILE *const file = open_file(root, path);
    if (NULL == file)
    {
        return false;
    }
    fclose(file);
    return !flopmeter_cpu_read_text(root, path, text, sizeof(text)) || 0 != strcmp(text, on);
}

uint64_t flopmeter_cpu_hz_max(const char *const root)
{
    char name[128];
    char text[64];
    unsigned long long khz_max = 0;
    int cpus[CPUS_MAX];
    const size_t count = flopmeter_cpu_online(root, cpus, CPUS_MAX);

    if (is_switched_off(root, "intel_pstate/no_turbo", "0") || is_switched_off(root, "cpufreq/boost", "1"))
    {
        return FLOPMETER_CPU_HZ_DEFAULT;
    }
    for (size_t i = 0; i < count && i < CPUS_MAX; i++)
    {
        snprintf(name, sizeof(name), "cpu%d/cpufreq/boost", cpus[i]);
        if (is_switched_off(root, name, "1"))
        {
            return FLOPMETER_CPU_HZ_DEFAULT;
        }
        snprintf(name, sizeof(name), "sys/devices/system/cpu/cpu%d/cpufreq/scaling_driver", cpus[i]);
        const bool has_driver = flopmeter_cpu_read_text(root, name, text, sizeof(text));
        const bool is_hiding_boost = has_driver && 0 == strcmp(text, "acpi-cpufreq");
        snprintf(name, sizeof(name), "sys/devices/system/cpu/cpu%d/cpufreq/cpuinfo_max_freq", cpus[i]);
        if (is_hiding_boost || !flopmeter_cpu_read_text(root, name, text, sizeof(text)))
        {
            return FLOPMETER_CPU_HZ_DEFAULT;
        }
        const unsigned long long khz = strtoull(text, NULL, 10);
        khz_max = khz > khz_max ? khz : khz_max;
    }
    return 0 == khz_max || khz_max > 100000000ULL ? FLOPMETER_CPU_HZ_DEFAULT : khz_max * 1000;
}
