/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "check.h"
#include "meter_dir.h"

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void put64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof(value));
}

static uint64_t get64(const uint8_t *at)
{
    return __atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_ACQUIRE);
}

static void create_control(meter_t *meter)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/control", meter->path);
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    CHECK(fd >= 0 && 0 == ftruncate(fd, 8192), "%s", path);
    meter->control = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(MAP_FAILED != (void *)meter->control, "mmap");
    close(fd);
    memcpy(meter->control, "FLOPCTRL", 8);
    put32(meter->control + 8, 1);
    put32(meter->control + 12, 8192);
    put64(meter->control + 16, 0x1234567890ABCDEF);
    put32(meter->control + 24, (uint32_t)getpid());
    put32(meter->control + 28, 1);
    put64(meter->control + 64, test_now_ns());
}

static void remove_dir(const char *path)
{
    DIR *const dir = opendir(path);

    if (NULL != dir)
    {
        for (struct dirent *entry = readdir(dir); NULL != entry; entry = readdir(dir))
        {
            if ('.' != entry->d_name[0] || strlen(entry->d_name) > 2)
            {
                unlinkat(dirfd(dir), entry->d_name, 0);
            }
        }
        closedir(dir);
        rmdir(path);
    }
}

static meter_t *current;
static pid_t creator;

static void clean_up(void)
{
    if (NULL != current && getpid() == creator)
    {
        remove_dir(current->path);
        remove_dir(current->spill);
    }
}

meter_t *meter_create_in(const char *parent)
{
    meter_t *const meter = calloc(1, sizeof(*meter));

    current = meter;
    creator = getpid();
    check_cleanup = clean_up;

    snprintf(meter->path, sizeof(meter->path), "%s/flopmeter-test-XXXXXX", parent);
    CHECK(NULL != mkdtemp(meter->path), "%s", meter->path);
    snprintf(meter->spill, sizeof(meter->spill), "%s", "/tmp/flopmeter-test-spill-XXXXXX");
    CHECK(NULL != mkdtemp(meter->spill), "%s", meter->spill);
    create_control(meter);
    setenv("FLOPMETER_LANE_DIR", meter->path, 1);
    setenv("FLOPMETER_SPILL_DIR", meter->spill, 1);
    setenv("FLOPMETER_RUN", "test", 1);
    unsetenv("FLOPMETER_NODE");
    return meter;
}

meter_t *meter_create(void)
{
    return meter_create_in(0 == access("/dev/shm", W_OK) ? "/dev/shm" : "/tmp");
}

void meter_destroy(meter_t *meter)
{
    for (int i = 0; i < meter->lane_count; i++)
    {
        lane_reader_close(meter->lanes[i]);
    }
    munmap(meter->control, 8192);
    current = NULL;
    remove_dir(meter->path);
    remove_dir(meter->spill);
    free(meter);
}

void meter_time(meter_t *meter, uint64_t time_ns)
{
    __atomic_store_n((uint64_t *)(void *)(meter->control + 64), time_ns, __ATOMIC_RELEASE);
}

static bool is_known(const meter_t *meter, const char *name)
{
    const uint64_t nonce = strtoull(name, NULL, 16);

    for (int i = 0; i < meter->lane_count; i++)
    {
        if (nonce == meter->lanes[i]->nonce)
        {
            return true;
        }
    }
    return false;
}

static void adopt(meter_t *meter, const char *dir_path)
{
    DIR *const dir = opendir(dir_path);

    for (struct dirent *entry = NULL == dir ? NULL : readdir(dir); NULL != entry; entry = readdir(dir))
    {
        const char *const dot = strchr(entry->d_name, '.');
        if (NULL != dot && 0 == strcmp(dot, ".lane") && !is_known(meter, entry->d_name))
        {
            char path[600];
            snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name);
            CHECK(meter->lane_count < METER_LANES_MAX, "too many lanes");
            meter->lanes[meter->lane_count++] = lane_reader_open(path);
        }
    }
    if (NULL != dir)
    {
        closedir(dir);
    }
}

void meter_drain(meter_t *meter, bool commit)
{
    adopt(meter, meter->path);
    adopt(meter, meter->spill);
    for (int i = 0; i < meter->lane_count; i++)
    {
        lane_reader_drain(meter->lanes[i], commit);
    }
}

void meter_check(meter_t *meter, bool dead)
{
    for (int i = 0; i < meter->lane_count; i++)
    {
        lane_reader_check(meter->lanes[i], dead);
    }
}

total_t meter_total(const meter_t *meter, const char *node, int part)
{
    total_t total = { 0, 0 };

    for (int i = 0; i < meter->lane_count; i++)
    {
        const uint32_t count = lane_reader_slot_count(meter->lanes[i]);
        for (uint32_t slot = 0; slot < count; slot++)
        {
            const uint8_t *const key = lane_reader_slot(meter->lanes[i], slot);
            const bool named = NULL == node || (strlen(node) == key[9] && 0 == memcmp(key + 80, node, key[9]));
            if (named && (part < 0 || part == key[6]))
            {
                const total_t one = lane_reader_slot_total(meter->lanes[i], slot);
                total.flop += one.flop;
                total.samples += one.samples;
            }
        }
    }
    return total;
}

total_t meter_folded(const meter_t *meter)
{
    total_t total = { 0, 0 };

    for (int i = 0; i < meter->lane_count; i++)
    {
        const total_t one = lane_reader_folded(meter->lanes[i]);
        total.flop += one.flop;
        total.samples += one.samples;
    }
    return total;
}

uint64_t meter_lost(const meter_t *meter)
{
    return get64(meter->control + 4104);
}

uint32_t meter_gaps(const meter_t *meter, uint32_t reason)
{
    uint32_t count = 0;

    for (size_t i = 0; i < 62; i++)
    {
        const uint8_t *const gap = meter->control + 4160 + 64 * i;
        uint32_t word[2];
        memcpy(word, gap, sizeof(word));
        count += 1 == word[0] && reason == word[1] ? 1 : 0;
    }
    return count;
}

void meter_expect(meter_t *meter, u128_t flop, uint64_t samples)
{
    meter_drain(meter, true);
    meter_check(meter, false);
    const total_t total = meter_total(meter, NULL, -1);
    CHECK(total.samples == samples, "%" PRIu64 " samples instead of %" PRIu64, total.samples, samples);
    CHECK(total.flop == flop, "FLOP differ: %" PRIu64 " instead of %" PRIu64 " (low words)",
        (uint64_t)total.flop, (uint64_t)flop);
}
