/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Loaded late and closed early: threads that recorded still end in order, and a second loading goes on.
 */

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>

#include "check.h"
#include "meter_dir.h"

typedef int (*intern_t)(const char *, const char *, int, int, int, uint32_t *);
typedef void (*record_t)(uint32_t, uint64_t);

static const char *library;
static pthread_barrier_t barrier;

/* A function pointer out of a data pointer: what dlsym() is for, and what ISO C has no cast for. */
static void find(void *handle, const char *name, void *function)
{
    void *const address = dlsym(handle, name);
    CHECK(NULL != address, "%s", name);
    memcpy(function, &address, sizeof(address));
}

static void record_with(void *handle)
{
    intern_t intern;
    record_t record;
    uint32_t key = 0;

    find(handle, "flopmeter_intern", &intern);
    find(handle, "flopmeter_record", &record);
    CHECK(0 == intern(NULL, "late", 2, 2, 1, &key), "intern");
    record(key, 5);
}

static void *thread_main(void *argument)
{
    void *const handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

    (void)argument;
    CHECK(NULL != handle, "%s", dlerror());
    record_with(handle);
    CHECK(0 == dlclose(handle), "dlclose");
    pthread_barrier_wait(&barrier);
    return NULL;
}

int main(int argc, char **argv)
{
    CHECK(2 == argc, "usage: test_dlopen libflopmeter.so");
    library = argv[1];
    meter_t *const meter = meter_create();
    pthread_t threads[4];

    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 4; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, thread_main, NULL), "thread");
    }
    for (int i = 0; i < 4; i++)
    {
        pthread_join(threads[i], NULL);
    }
    meter_expect(meter, 20, 4);
    for (int i = 0; i < meter->lane_count; i++)
    {
        CHECK(2 == lane_reader_u32(meter->lanes[i], 128), "the lane of an ended thread is not idle");
    }

    void *const handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    CHECK(NULL != handle, "%s", dlerror());
    record_with(handle);
    meter_expect(meter, 25, 5);
    meter_destroy(meter);
    return 0;
}
