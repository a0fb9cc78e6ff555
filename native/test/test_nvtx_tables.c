/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tables that lack what is wanted, as the library may find them in a program with other headers than it knows. Usage:
 * test_nvtx_tables LIBRARY.
 */

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "meter_dir.h"

static const char *library;

static const void *no_table(uint32_t table)
{
    (void)table;
    return NULL;
}

static int refuse_module(uint32_t module, void *table, unsigned *entries)
{
    (void)module;
    (void)table;
    (void)entries;
    return 0;
}

static void (*short_entry)(void);

static int short_module(uint32_t module, void *table, unsigned *entries)
{
    static void (**places[10])(void);

    (void)module;
    places[9] = &short_entry;
    memcpy(table, &(void *) { places }, sizeof(void *));
    *entries = 10;
    return 1;
}

static int (*module_of_table)(uint32_t module, void *table, unsigned *entries);

static const void *some_table(uint32_t table)
{
    static struct
    {
        size_t size;
        int (*module)(uint32_t module, void *table, unsigned *entries);
    }
    callbacks;

    (void)table;
    callbacks.module = module_of_table;
    callbacks.size = NULL == module_of_table ? sizeof(size_t) : sizeof(callbacks);
    return &callbacks;
}

static void odd_tables(meter_t *meter)
{
    void *const handle = dlopen(library, RTLD_NOW);
    void *const symbol = NULL == handle ? NULL : dlsym(handle, "InitializeInjectionNvtx2");
    int (*initialize)(const void *(*)(uint32_t)) = NULL;

    (void)meter;
    memcpy(&initialize, &symbol, sizeof(symbol));
    CHECK(NULL != initialize, "%s", dlerror());
    errno = 77;
    CHECK(0 == initialize(NULL), "no function");
    CHECK(0 == initialize(no_table), "no table");
    CHECK(0 == initialize(some_table), "a table of another length");
    module_of_table = refuse_module;
    CHECK(0 == initialize(some_table), "no module");
    module_of_table = short_module;
    CHECK(1 == initialize(some_table) && NULL != short_entry, "a short module");
    CHECK(77 == errno, "errno is %d", errno);
}

/* An extension's module, as its headers lay it out. */
static void extensions(meter_t *meter)
{
    intptr_t slots[9] = { 0 };
    struct { size_t number; size_t slot_count; intptr_t *slots; } segment = { 0, 8, slots };
    struct
    {
        uint16_t version;
        uint16_t size;
        uint16_t module;
        uint16_t compat;
        size_t segment_count;
        void *segments;
        void *export_function;
        const void *info;
    }
    module = { 3, sizeof(module), 2, 0, 1, &segment, NULL, NULL };
    void *const handle = dlopen(library, RTLD_NOW);
    void *const symbol = NULL == handle ? NULL : dlsym(handle, "InitializeInjectionNvtxExtension");
    int (*initialize)(void *) = NULL;

    (void)meter;
    memcpy(&initialize, &symbol, sizeof(symbol));
    CHECK(NULL != initialize, "%s", dlerror());
    CHECK(0 == initialize(NULL), "no module");
    module.module = 3;
    CHECK(0 == initialize(&module), "another module");
    module.module = 2;
    module.size = 8;
    CHECK(0 == initialize(&module), "a module of another length");
    module.size = sizeof(module);
    module.segment_count = 0;
    CHECK(0 == initialize(&module), "no segment");
    module.segment_count = 1;
    segment.slot_count = 7;
    CHECK(0 == initialize(&module), "a short segment");
    for (size_t i = 0; i < 9; i++)
    {
        CHECK(0 == slots[i], "slot %zu of a module that was refused", i);
    }
    segment.slot_count = 8;
    CHECK(1 == initialize(&module) && 0 != slots[3] && 0 != slots[4] && 0 != slots[7], "the module");
    CHECK(0 == slots[0] && 0 == slots[2] && 0 == slots[5] && 0 == slots[8], "other slots");
}

int main(int argc, char **argv)
{
    CHECK(2 == argc, "usage: test_nvtx_tables LIBRARY");
    library = argv[1];

    meter_t *const meter = meter_create();
    meter_run_ok(meter, odd_tables);
    meter_run_ok(meter, extensions);
    meter_destroy(meter);
    return 0;
}
