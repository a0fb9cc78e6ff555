/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * test_calibrate_libraries LIBRARY SCRATCH: a process with more libraries than any fixed number foresees. Each is in
 * the list, once and in its place; where memory runs out, the document fails and is never a shorter list.
 */

#include "check.h"
#include "libraries.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define COPIES (200)
#define LIBRARY_BYTES_MAX (1 << 22)

static bool has_memory = true;

/* The linker's --wrap: every realloc of this program comes here. */
void *__real_realloc(void *memory, size_t length);
void *__wrap_realloc(void *memory, size_t length);

void *__wrap_realloc(void *memory, size_t length)
{
    return has_memory ? __real_realloc(memory, length) : NULL;
}

static void name_copy(char path[PATH_MAX], const char *scratch, int number)
{
    snprintf(path, PATH_MAX, "%s/copy_%03d.so", scratch, number);
}

static void write_copy(const char *path, const char *bytes, size_t length)
{
    FILE *const file = fopen(path, "we");
    CHECK(NULL != file && length == fwrite(bytes, 1, length, file) && 0 == fclose(file), "cannot write %s: %s", path,
        strerror(errno));
}

static size_t read_library(const char *path, char *bytes)
{
    FILE *const file = fopen(path, "re");
    CHECK(NULL != file, "cannot read %s: %s", path, strerror(errno));
    const size_t length = fread(bytes, 1, LIBRARY_BYTES_MAX, file);
    CHECK(0 < length && length < LIBRARY_BYTES_MAX, "%s: %zu bytes", path, length);
    fclose(file);
    return length;
}

static void load_copies(const char *library, const char *scratch)
{
    char *const bytes = malloc(LIBRARY_BYTES_MAX);
    CHECK(NULL != bytes, "no memory");
    const size_t length = read_library(library, bytes);
    CHECK(0 == mkdir(scratch, 0700) || EEXIST == errno, "cannot make %s: %s", scratch, strerror(errno));
    for (int i = 0; i < COPIES; i++)
    {
        char path[PATH_MAX];
        name_copy(path, scratch, i);
        write_copy(path, bytes, length);
        CHECK(NULL != dlopen(path, RTLD_NOW | RTLD_LOCAL), "%s", dlerror());
    }
    free(bytes);
}

static void remove_copies(const char *scratch)
{
    for (int i = 0; i < COPIES; i++)
    {
        char path[PATH_MAX];
        name_copy(path, scratch, i);
        unlink(path);
    }
    rmdir(scratch);
}

/* Each copy stands behind the one before it, and nowhere else. */
static void check_list(const char *list)
{
    const char *at = list;
    for (int i = 0; i < COPIES; i++)
    {
        char name[32];
        snprintf(name, sizeof(name), "/copy_%03d.so\"", i);
        const char *const found = strstr(list, name);
        CHECK(NULL != found, "%s is in the list", name);
        CHECK(at < found, "%s is in its place", name);
        CHECK(NULL == strstr(found + 1, name), "%s is there once", name);
        at = found;
    }
}

static void check_full_list(void)
{
    flopmeter_libraries_t libraries = { .paths = NULL };
    flopmeter_text_t document = { NULL, 0, 0, false };
    flopmeter_libraries_note(&libraries);
    flopmeter_libraries_note(&libraries);
    CHECK(COPIES <= libraries.count, "%zu libraries", libraries.count);
    flopmeter_libraries_append(&libraries, &document);
    CHECK(!document.failed, "the list fails");
    check_list(document.bytes);
    flopmeter_text_free(&document);
    flopmeter_libraries_free(&libraries);
    CHECK(0 == libraries.count && NULL == libraries.paths, "something is left");
}

static void check_no_memory(void)
{
    flopmeter_libraries_t libraries = { .paths = NULL };
    flopmeter_text_t document = { NULL, 0, 0, false };
    has_memory = false;
    flopmeter_libraries_note(&libraries);
    has_memory = true;
    flopmeter_libraries_append(&libraries, &document);
    CHECK(document.failed, "a list with missing libraries passes for a whole one");
    flopmeter_text_free(&document);
    flopmeter_libraries_free(&libraries);
}

int main(int argc, char **argv)
{
    CHECK(3 == argc, "usage: test_calibrate_libraries LIBRARY SCRATCH");
    load_copies(argv[1], argv[2]);
    check_full_list();
    check_no_memory();
    remove_copies(argv[2]);
    printf("%d libraries listed\n", COPIES);
    return 0;
}
