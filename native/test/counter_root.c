/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "counter_root.h"

#include "check.h"

#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

static char root[64];

static int remove_entry(const char *const path, const struct stat *const status, const int type, struct FTW *const walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void counter_root_remove(void)
{
    if ('\0' != root[0])
    {
        nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        root[0] = '\0';
    }
}

const char *counter_root_make(void)
{
    counter_root_remove();
    check_cleanup = counter_root_remove;
    strcpy(root, "/tmp/flopmeter-counter-XXXXXX");
    CHECK(NULL != mkdtemp(root), "%s: %s", root, strerror(errno));
    return root;
}

void counter_root_write(const char *const name, const char *const text)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); NULL != slash; slash = strchr(slash + 1, '/'))
    {
        *slash = '\0';
        CHECK(0 == mkdir(path, 0755) || EEXIST == errno, "%s: %s", path, strerror(errno));
        *slash = '/';
    }
    FILE *const file = fopen(path, "we");
    CHECK(NULL != file && EOF != fputs(text, file) && 0 == fclose(file), "%s: %s", path, strerror(errno));
}

void counter_root_write_cpuinfo(const char *const vendor, const uint32_t family, const uint32_t model, const int cpus)
{
    char text[4096];
    size_t length = 0;

    for (int i = 0; i < cpus; i++)
    {
        const int made = 0 == strcmp(vendor, "arm") ?
            snprintf(text + length, sizeof(text) - length,
                "processor\t: %d\nBogoMIPS\t: 2100.00\nCPU implementer\t: 0x%02x\nCPU architecture: 8\n"
                "CPU variant\t: 0x1\nCPU part\t: 0x%03x\nCPU revision\t: 1\n\n", i, family, model) :
            snprintf(text + length, sizeof(text) - length,
                "processor\t: %d\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: A CPU\n"
                "stepping\t: 1\n\n", i, 0 == strcmp(vendor, "intel") ? "GenuineIntel" : "AuthenticAMD", family, model);
        length += (size_t)made;
    }
    counter_root_write("proc/cpuinfo", text);
}
