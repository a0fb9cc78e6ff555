/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "environment.h"

#include "text.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reasons of a gap and its source, 0002 section 2. */
#define GAP_COUNTER_ABSENT (9)
#define GAP_COUNTER_TAKEN (11)
#define GAP_SOURCE_CUDA (6)

/* Variables that are set beyond those that are dropped first. */
#define MORE_NAMES (6)

extern char **environ;

/* ld.so splits LD_PRELOAD at blanks and colons and expands '$' tokens; there is no way to quote them. */
static const char *const unsafe_in_preload = " :\t\n$";

static const char *const own_names[] = {
    "FLOPMETER_LANE_DIR", "FLOPMETER_SPILL_DIR", "FLOPMETER_RUN", "FLOPMETER_NODE", "LD_PRELOAD"
};

static bool is_name(const char *entry, const char *name)
{
    const size_t length = strlen(name);
    return 0 == strncmp(entry, name, length) && '=' == entry[length];
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat status_a;
    struct stat status_b;
    return 0 == strcmp(a, b) || (0 == stat(a, &status_a) && 0 == stat(b, &status_b) &&
        status_a.st_dev == status_b.st_dev && status_a.st_ino == status_b.st_ino);
}

/*
 * Our library, then the user's entries; a copy of ours that an outer run has put there is dropped.
 */
static char *preload_entry(const char *preload)
{
    const char *const inherited = getenv("LD_PRELOAD");
    flopmeter_text_t text = { NULL, 0, 0, false };
    char *const copy = strdup(NULL != inherited ? inherited : "");
    char *rest = NULL;

    flopmeter_text_append(&text, "LD_PRELOAD=%s", preload);
    if (NULL != copy)
    {
        for (char *entry = strtok_r(copy, " :", &rest); NULL != entry; entry = strtok_r(NULL, " :", &rest))
        {
            if (!is_same_file(entry, preload))
            {
                flopmeter_text_append(&text, ":%s", entry);
            }
        }
    }
    free(copy);
    return text.bytes;
}

static void set_variable(char **environment, size_t *count, char *entry, const char *name)
{
    if (NULL == entry)
    {
        return;
    }
    for (size_t i = 0; i < *count; i++)
    {
        if (is_name(environment[i], name))
        {
            environment[i] = entry;
            return;
        }
    }
    environment[(*count)++] = entry;
}

static char *assign(const char *name, const char *value)
{
    char *entry = NULL;
    return (NULL != value && asprintf(&entry, "%s=%s", name, value) >= 0) ? entry : NULL;
}

static char **copy_without(const char *const *names, size_t names_count, size_t *count)
{
    size_t total = 0;
    while (NULL != environ[total])
    {
        total++;
    }
    char **const environment = calloc(total + names_count + MORE_NAMES + 1, sizeof(char *));
    for (size_t i = 0; NULL != environment && i < total; i++)
    {
        bool drop = false;
        for (size_t j = 0; j < names_count; j++)
        {
            drop = drop || is_name(environ[i], names[j]);
        }
        if (!drop)
        {
            environment[(*count)++] = environ[i];
        }
    }
    return environment;
}

static bool is_loadable(const char *path)
{
    unsigned char wanted[20];
    unsigned char found[20];
    struct stat status;
    bool same = false;

    const int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && 0 == fstat(fd, &status) && S_ISREG(status.st_mode) &&
        (ssize_t)sizeof(found) == pread(fd, found, sizeof(found), 0))
    {
        same = 0 == memcmp(found, ELFMAG, SELFMAG) && ET_DYN == found[16];
        if (same && self >= 0 && (ssize_t)sizeof(wanted) == pread(self, wanted, sizeof(wanted), 0))
        {
            same = wanted[EI_CLASS] == found[EI_CLASS] && 0 == memcmp(wanted + 18, found + 18, 2);
        }
    }
    if (fd >= 0)
    {
        close(fd);
    }
    if (self >= 0)
    {
        close(self);
    }
    return same;
}

static uint64_t hash_of(const char *text)
{
    uint64_t hash = 0xCBF29CE484222325ULL;
    for (; '\0' != *text; text++)
    {
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3ULL;
    }
    return hash;
}

/*
 * A link with a name that LD_PRELOAD can express, to the folder: $ORIGIN of the library is where its own libraries are.
 * It is not in the meter directory and stays after the run: a daemon that COMMAND left behind still names it in
 * LD_PRELOAD, and ld.so would complain on its stderr about a missing file.
 */
static char *link_to(const char *library)
{
    static const char *const roots[] = { "/dev/shm", "/tmp" };
    const char *const name = strrchr(library, '/') + 1;
    char *const folder = strndup(library, (size_t)(name - library));
    char *path = NULL;

    for (size_t i = 0; NULL != folder && NULL == path && i < sizeof(roots) / sizeof(roots[0]); i++)
    {
        char link[128];
        snprintf(link, sizeof(link), "%s/flopmeter-%u", roots[i], (unsigned)geteuid());
        if ((0 != mkdir(link, 0700) && EEXIST != errno) || !flopmeter_directory_is_private(link))
        {
            continue;
        }
        const size_t length = strlen(link);
        snprintf(link + length, sizeof(link) - length, "/preload-%016llx", (unsigned long long)hash_of(folder));
        if ((0 != symlink(folder, link) && EEXIST != errno) || asprintf(&path, "%s/%s", link, name) < 0)
        {
            path = NULL;
        }
        else if (!is_same_file(path, library) || NULL != strpbrk(path, unsafe_in_preload))
        {
            free(path);
            path = NULL;
        }
    }
    free(folder);
    return path;
}

/*
 * A JVM in a locale that is not UTF-8 can't open a file whose name is not ASCII: its own jar, a meter directory.
 */
static bool is_utf8_locale(void)
{
    const locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    const bool is_utf8 = (locale_t)0 != locale && 0 == strcmp("UTF-8", nl_langinfo_l(CODESET, locale));
    if ((locale_t)0 != locale)
    {
        freelocale(locale);
    }
    return is_utf8;
}

/*
 * A library of ours that others than ld.so are to load, beside the one for ld.so: `variable` tells them which. NULL
 * with the reason of the gap. A library that somebody else has named there stays: there is room for one.
 */
static char *injection(
    const flopmeter_options_t *options, const char *variable, const char *name, uint32_t *gap_reason)
{
    const char *const inherited = getenv(variable);
    char *const preload = NULL == options->preload ? NULL : realpath(options->preload, NULL);
    char *path = NULL;

    if (NULL != preload)
    {
        const int folder = (int)(strrchr(preload, '/') + 1 - preload);
        path = asprintf(&path, "%.*s%s", folder, preload, name) >= 0 ? path : NULL;
        free(preload);
    }
    if (NULL == path || !is_loadable(path))
    {
        *gap_reason = GAP_COUNTER_ABSENT;
        free(path);
        return NULL;
    }
    if (NULL != inherited && '\0' != inherited[0] && !is_same_file(inherited, path))
    {
        *gap_reason = GAP_COUNTER_TAKEN;
        free(path);
        return NULL;
    }
    return path;
}

static void set_executed(
    const flopmeter_directory_t *directory, const flopmeter_options_t *options, char **environment, size_t *count)
{
    uint32_t gap_reason = 0;

    if (NULL != options->executed && 0 == strcmp("pm", options->executed))
    {
        /* flopmeter-counter reads the card from outside: nothing goes into the program. An outer run has its own. */
        if (!directory->nested)
        {
            set_variable(environment, count, assign("FLOPMETER_EXECUTED", "pm"), "FLOPMETER_EXECUTED");
        }
        else if (!options->quiet)
        {
            flopmeter_text_warn("run: --executed=pm: expected it at the outer run, which reads the cards for this one");
        }
        return;
    }
    char *const path = injection(options, "CUDA_INJECTION64_PATH", "libflopmeter_cuda.so", &gap_reason);

    if (NULL != path)
    {
        set_variable(environment, count, assign("CUDA_INJECTION64_PATH", path), "CUDA_INJECTION64_PATH");
        set_variable(environment, count,
            assign("FLOPMETER_EXECUTED", options->kernels ? "off" : options->executed), "FLOPMETER_EXECUTED");
        set_variable(environment, count, assign("FLOPMETER_KERNELS", options->kernels ? "on" : "off"),
            "FLOPMETER_KERNELS");
        free(path);
        return;
    }
    flopmeter_directory_tell_gap(directory, gap_reason, GAP_SOURCE_CUDA);
    if (!options->quiet)
    {
        flopmeter_text_warn("run: %s: %s of GPUs are not %s: %s%s", options->kernels ? "--kernels" : "--executed",
            options->kernels ? "kernels" : "operations", options->kernels ? "watched" : "counted",
            GAP_COUNTER_TAKEN == gap_reason ? "CUDA_INJECTION64_PATH already names another library: " :
            "libflopmeter_cuda.so is not beside the preload library",
            GAP_COUNTER_TAKEN == gap_reason ? getenv("CUDA_INJECTION64_PATH") : "");
    }
}

/*
 * Without the ranges everything is counted all the same, for the node of the run: no gap.
 */
static void set_nvtx(const flopmeter_options_t *options, char **environment, size_t *count)
{
    uint32_t reason = 0;
    char *const path = injection(options, "NVTX_INJECTION64_PATH", "libflopmeter_nvtx.so", &reason);

    if (NULL != path)
    {
        set_variable(environment, count, assign("NVTX_INJECTION64_PATH", path), "NVTX_INJECTION64_PATH");
        set_variable(environment, count, assign("FLOPMETER_NVTX", options->nvtx), "FLOPMETER_NVTX");
        free(path);
    }
    else if (!options->quiet)
    {
        flopmeter_text_warn("run: --nvtx: ranges are not read: %s%s",
            GAP_COUNTER_TAKEN == reason ? "NVTX_INJECTION64_PATH already names another library: " :
            "libflopmeter_nvtx.so is not beside the preload library",
            GAP_COUNTER_TAKEN == reason ? getenv("NVTX_INJECTION64_PATH") : "");
    }
}

char **flopmeter_environment_of_command(
    const flopmeter_directory_t *directory, const flopmeter_options_t *options, const char *preload)
{
    size_t count = 0;
    /* Names that keep their place are replaced below; what the meter doesn't set must not come from outside. */
    char **const environment = copy_without(own_names, 4, &count);

    if (NULL == environment)
    {
        return NULL;
    }
    set_variable(environment, &count, assign(own_names[0], directory->path), own_names[0]);
    set_variable(environment, &count, assign(own_names[1], directory->spill), own_names[1]);
    set_variable(environment, &count, assign(own_names[2], options->run), own_names[2]);
    set_variable(
        environment, &count, assign(own_names[3], flopmeter_environment_node(directory, options)), own_names[3]);
    if (NULL != preload)
    {
        set_variable(environment, &count, preload_entry(preload), own_names[4]);
    }
    if (NULL != options->executed || options->kernels)
    {
        set_executed(directory, options, environment, &count);
    }
    if (NULL != options->nvtx)
    {
        set_nvtx(options, environment, &count);
    }
    environment[count] = NULL;
    return environment;
}

char **flopmeter_environment_of_meter(void)
{
    static const char *const names[] = {
        "LD_PRELOAD", "LD_AUDIT", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"
    };
    size_t count = 0;
    size_t kept = 0;
    char **const environment = copy_without(names, sizeof(names) / sizeof(names[0]), &count);

    for (size_t i = 0; NULL != environment && i < count; i++)
    {
        if (0 != strncmp(environment[i], "FLOPMETER_", strlen("FLOPMETER_")))
        {
            environment[kept++] = environment[i];
        }
    }
    if (NULL != environment && !is_utf8_locale())
    {
        /* The language stays as it was. */
        const char *const all = getenv("LC_ALL");
        if (NULL != all && '\0' != all[0])
        {
            set_variable(environment, &kept, assign("LC_MESSAGES", all), "LC_MESSAGES");
        }
        set_variable(environment, &kept, assign("LC_CTYPE", "C.UTF-8"), "LC_CTYPE");
        set_variable(environment, &kept, assign("LC_ALL", ""), "LC_ALL");
    }
    if (NULL != environment)
    {
        environment[kept] = NULL;
    }
    return environment;
}

char *flopmeter_environment_preload(const char *library, const char **reason)
{
    char *const path = realpath(library, NULL);

    if (NULL == path)
    {
        *reason = strerror(errno);
        return NULL;
    }
    if (!is_loadable(path))
    {
        *reason = "expected a readable shared library for this machine";
        free(path);
        return NULL;
    }
    if (NULL == strpbrk(path, unsafe_in_preload))
    {
        return path;
    }
    char *const link = link_to(path);
    if (NULL == link)
    {
        *reason = "its path holds a blank, ':' or '$', and no link to it can be made";
    }
    free(path);
    return link;
}

const char *flopmeter_environment_node(const flopmeter_directory_t *directory, const flopmeter_options_t *options)
{
    const char *const outer = getenv("FLOPMETER_NODE");
    if (NULL != options->node)
    {
        return options->node;
    }
    return (directory->nested && NULL != outer && flopmeter_options_is_id(outer)) ? outer : NULL;
}
