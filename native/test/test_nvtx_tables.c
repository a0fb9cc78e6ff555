/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tables that lack what is wanted, as the library may find them in a program with other headers than it knows. Usage:
 * test_nvtx_tables LIBRARY.
 */

#include <dlfcn.h>
#include <errno.h>
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

int main(int argc, char **argv)
{
    CHECK(2 == argc, "usage: test_nvtx_tables LIBRARY");
    library = argv[1];

    meter_t *const meter = meter_create();
    meter_run_ok(meter, odd_tables);
    meter_destroy(meter);
    return 0;
}
