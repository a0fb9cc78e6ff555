/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "options.h"

#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "flopmeter/flopmeter.h"

#define NVTX_DOMAINS_MAX (16)
#define NVTX_NAME_LENGTH_MAX (100)

static const char *const usage =
    "usage: flopmeter run [--run ID] [--node ID] [--out FILE] [--dir DIR] [--cpu-budget PERCENT]\n"
    "                     [--reads FILE]... [--writes [dataset:|model:|output:]FILE]... [--purpose PURPOSE]\n"
    "                     [--executed[=windows|continuous][,FORMAT...] | --executed=pm | --kernels]\n"
    "                     [--nvtx[=DOMAIN,...]] [--gpu-precision FORMAT[,FORMAT...]]\n"
    "                     [--live] [--quiet] [--] COMMAND [ARG...]\n";

/*
 * The value of an option that wants one: the text behind '=', else the next argument. NULL when there is none.
 */
static const char *value_of(const char *argument, int argc, char **argv, int *index)
{
    const char *const equals = strchr(argument, '=');
    if (NULL != equals)
    {
        return equals + 1;
    }
    if (*index + 1 >= argc)
    {
        return NULL;
    }
    *index += 1;
    return argv[*index];
}

static bool is_option(const char *argument, const char *name)
{
    const size_t length = strlen(name);
    return 0 == strncmp(argument, name, length) && ('\0' == argument[length] || '=' == argument[length]);
}

static int bad(const char *format, const char *place, const char *detail)
{
    flopmeter_text_warn(format, place, detail);
    return FLOPMETER_OPTIONS_BAD;
}

static bool is_percentage(const char *text)
{
    char *end = NULL;
    const double percent = strtod(text, &end);

    return isdigit((unsigned char)text[0]) && '\0' == *end && NULL == strpbrk(text, "xXeEpP") &&
        percent > 0 && percent <= 100;
}

/*
 * How GPUs' executed operations are counted, then formats in use: bf16, fp8 ... The library looks at these closer.
 * "pm" is of the whole card, and knows no formats.
 */
static bool is_executed(const char *text)
{
    const size_t mode = strcspn(text, ",");
    const bool is_known = (7 == mode && 0 == strncmp(text, "windows", mode)) ||
        (10 == mode && 0 == strncmp(text, "continuous", mode));

    return 0 == strcmp(text, "pm") ||
        (is_known && strlen(text) == strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789,"));
}

static int set_executed(flopmeter_options_t *options, const char *argument)
{
    const char *const equals = strchr(argument, '=');

    options->executed = NULL != equals ? equals + 1 : "windows";
    return is_executed(options->executed) ? FLOPMETER_OPTIONS_OK :
        bad("run: --executed: expected windows or continuous, then formats as in \",bf16,fp8\", or pm, found \"%s\"%s",
            options->executed, "");
}

/*
 * Names of NVTX domains, which may hold anything but a comma; the library has room for so many (nvtx_range.h).
 */
static int set_nvtx(flopmeter_options_t *options, const char *argument)
{
    const char *const equals = strchr(argument, '=');
    size_t count = 0;

    options->nvtx = NULL != equals ? equals + 1 : "default";
    for (const char *name = options->nvtx; NULL != name; count++)
    {
        const size_t length = strcspn(name, ",");
        if (length < 1 || length > NVTX_NAME_LENGTH_MAX || count == NVTX_DOMAINS_MAX)
        {
            return bad("run: --nvtx: expected 1 to 16 domains of 1 to 100 bytes with a comma between them, as in "
                "\"default,NCCL\", found \"%s\"%s", options->nvtx, "");
        }
        name = '\0' == name[length] ? NULL : name + length + 1;
    }
    return FLOPMETER_OPTIONS_OK;
}

/*
 * Formats that the pipe HMMA lumps, each at most once so that the text stays short.
 */
static bool is_gpu_precision(const char *text)
{
    static const char *const formats[] = { "tf32", "fp16", "bf16", "fp8", "fp6", "fp4" };
    unsigned seen = 0;

    for (;;)
    {
        const size_t length = strcspn(text, ",");
        unsigned found = 0;
        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        {
            found |= strlen(formats[i]) == length && 0 == strncmp(text, formats[i], length) ? 1U << i : 0;
        }
        if (0 == found || 0 != (seen & found))
        {
            return false;
        }
        seen |= found;
        if ('\0' == text[length])
        {
            return true;
        }
        text += length + 1;
    }
}

/*
 * As java's org.flopmeter.graph.Purpose: what a total is split by.
 */
static bool is_purpose(const char *text)
{
    static const char *const purposes[] = {
        "preparation", "selection", "synthesis", "training", "trial", "failed", "evaluation", "serving"
    };

    for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
    {
        if (0 == strcmp(text, purposes[i]))
        {
            return true;
        }
    }
    return false;
}

/*
 * "model:FILE" says what FILE is; a file whose own name begins so is ./model:FILE.
 */
static int add_written(flopmeter_options_t *options, const char *value)
{
    static const char *const kinds[] = { "dataset", "model", "output" };
    const char *kind = kinds[0];
    const char *file = value;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
    {
        const size_t length = strlen(kinds[i]);
        if (0 == strncmp(value, kinds[i], length) && ':' == value[length])
        {
            kind = kinds[i];
            file = value + length + 1;
        }
    }
    if ('\0' == file[0])
    {
        return bad("run: --writes %s: expected a file behind the colon%s", value, "");
    }
    options->writes_kinds[options->writes_count] = kind;
    options->writes[options->writes_count++] = (char *)file;
    return FLOPMETER_OPTIONS_OK;
}

static int set_value(flopmeter_options_t *options, const char *name, const char *value)
{
    if (0 == strcmp(name, "--jvm"))
    {
        options->jvm[options->jvm_count++] = (char *)value;
        return FLOPMETER_OPTIONS_OK;
    }
    if ('\0' == value[0])
    {
        return bad("run: %s: expected a value that is not empty%s", name, "");
    }
    if (0 == strcmp(name, "--reads"))
    {
        options->reads[options->reads_count++] = (char *)value;
    }
    else if (0 == strcmp(name, "--writes"))
    {
        return add_written(options, value);
    }
    else if (0 == strcmp(name, "--purpose"))
    {
        if (!is_purpose(value))
        {
            return bad("run: %s: expected preparation, selection, synthesis, training, trial, failed, evaluation or "
                "serving, found \"%s\"", name, value);
        }
        options->purpose = value;
    }
    else if (0 == strcmp(name, "--gpu-precision"))
    {
        if (!is_gpu_precision(value))
        {
            return bad("run: %s: expected tf32, fp16, bf16, fp8, fp6 or fp4, or several with a comma between, found "
                "\"%s\"", name, value);
        }
        options->gpu_precision = value;
    }
    else if (0 == strcmp(name, "--preload"))
    {
        options->preload = value;
    }
    else if (0 == strcmp(name, "--dir"))
    {
        options->dir = value;
    }
    else if (0 == strcmp(name, "--out"))
    {
        options->out = value;
    }
    else if (0 == strcmp(name, "--cpu-budget"))
    {
        if (!is_percentage(value))
        {
            return bad("run: %s: expected a percentage above 0 and at most 100, found \"%s\"", name, value);
        }
        options->cpu_budget = value;
    }
    else
    {
        if (!flopmeter_options_is_id(value))
        {
            return bad("run: %s: expected 1 to 64 characters of A-Z a-z 0-9 . _ : -, found \"%s\"", name, value);
        }
        *(0 == strcmp(name, "--run") ? &options->run : &options->node) = value;
    }
    return FLOPMETER_OPTIONS_OK;
}

static int parse_one(flopmeter_options_t *options, int argc, char **argv, int *index)
{
    static const char *const with_value[] = {
        "--preload", "--jvm", "--dir", "--run", "--node", "--out", "--cpu-budget", "--reads", "--writes",
        "--purpose", "--gpu-precision"
    };
    const char *const argument = argv[*index];

    for (size_t i = 0; i < sizeof(with_value) / sizeof(with_value[0]); i++)
    {
        if (is_option(argument, with_value[i]))
        {
            const char *const value = value_of(argument, argc, argv, index);
            return NULL != value ? set_value(options, with_value[i], value) :
                bad("run: %s: expected a value behind it, found the end of the line%s", with_value[i], "");
        }
    }
    if (is_option(argument, "--executed"))
    {
        return set_executed(options, argument);
    }
    if (is_option(argument, "--nvtx"))
    {
        return set_nvtx(options, argument);
    }
    if (0 == strcmp(argument, "--kernels"))
    {
        options->kernels = true;
        return FLOPMETER_OPTIONS_OK;
    }
    if (0 == strcmp(argument, "--live"))
    {
        options->live = true;
        return FLOPMETER_OPTIONS_OK;
    }
    if (0 == strcmp(argument, "--quiet"))
    {
        options->quiet = true;
        return FLOPMETER_OPTIONS_OK;
    }
    if (0 == strcmp(argument, "--help") || 0 == strcmp(argument, "-h"))
    {
        return FLOPMETER_OPTIONS_HELP;
    }
    return bad(
        "run: unknown option \"%s\": "
        "expected --run, --node, --out, --dir, --reads, --writes, --purpose, --cpu-budget, --executed, --kernels, "
        "--nvtx, --gpu-precision, --live, --quiet or -- COMMAND%s",
        argument, "");
}

/*
 * A descriptor is written to, never opened again: opening /dev/stdout of a redirected run would truncate or overwrite
 * what the program itself has written there.
 */
static int descriptor_of(const char *path)
{
    static const char *const prefixes[] = { "/dev/fd/", "/proc/self/fd/" };

    if (0 == strcmp(path, "-") || 0 == strcmp(path, "/dev/stdout"))
    {
        return STDOUT_FILENO;
    }
    if (0 == strcmp(path, "/dev/stderr"))
    {
        return STDERR_FILENO;
    }
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
    {
        const size_t length = strlen(prefixes[i]);
        if (0 == strncmp(path, prefixes[i], length) && isdigit((unsigned char)path[length]))
        {
            char *end = NULL;
            const long number = strtol(path + length, &end, 10);
            return ('\0' == *end && number >= 0 && number < 1 << 20) ? (int)number : -1;
        }
    }
    return -1;
}

static int check_out(flopmeter_options_t *options)
{
    struct stat status;
    const char *const out = options->out;

    options->out_fd = descriptor_of(out);
    if (options->out_fd >= 0)
    {
        const int flags = fcntl(options->out_fd, F_GETFL);
        return (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY) ? FLOPMETER_OPTIONS_OK :
            bad("run: --out %s: expected a descriptor open for writing%s", out, "");
    }
    if (0 == stat(out, &status))
    {
        if (S_ISDIR(status.st_mode))
        {
            return bad("run: --out %s: expected a file, found a directory%s", out, "");
        }
        if (0 != faccessat(AT_FDCWD, out, W_OK, AT_EACCESS))
        {
            return bad("run: --out %s: expected a file that can be written: %s", out, strerror(errno));
        }
        if (!S_ISREG(status.st_mode))
        {
            return FLOPMETER_OPTIONS_OK;
        }
    }

    char *const resolved = flopmeter_text_resolve(out);
    if (NULL == resolved)
    {
        return bad("run: --out %s: expected a file in a directory that exists: %s", out, strerror(errno));
    }
    const int rc = faccessat(AT_FDCWD, dirname(resolved), W_OK | X_OK, AT_EACCESS);
    const int error = errno;
    free(resolved);
    return 0 == rc ? FLOPMETER_OPTIONS_OK :
        bad("run: --out %s: expected a directory that can be written: %s", out, strerror(error));
}

static void generate_run(flopmeter_options_t *options)
{
    struct tm parts;
    const time_t now = time(NULL);
    char stamp[32];

    gmtime_r(&now, &parts);
    strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &parts);
    snprintf(options->run_generated, sizeof(options->run_generated), "run-%s-%d", stamp, (int)getpid());
    options->run = options->run_generated;
}

bool flopmeter_options_is_id(const char *id)
{
    size_t length = 0;
    for (; '\0' != id[length]; length++)
    {
        const char c = id[length];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || NULL != strchr("._:-", c)))
        {
            return false;
        }
    }
    return length >= 1 && length <= FLOPMETER_ID_LENGTH_MAX;
}

const char *flopmeter_options_usage(void)
{
    return usage;
}

int flopmeter_options_parse(flopmeter_options_t *options, int argc, char **argv)
{
    int index = 1;

    memset(options, 0, sizeof(*options));
    options->out_fd = -1;
    options->jvm = calloc((size_t)argc + 1, sizeof(char *));
    options->reads = calloc((size_t)argc + 1, sizeof(char *));
    options->writes = calloc((size_t)argc + 1, sizeof(char *));
    options->writes_kinds = calloc((size_t)argc + 1, sizeof(char *));
    if (NULL == options->jvm || NULL == options->reads || NULL == options->writes || NULL == options->writes_kinds)
    {
        return bad("run: %s%s", "out of memory", "");
    }
    for (; index < argc && '-' == argv[index][0]; index++)
    {
        if (0 == strcmp(argv[index], "--"))
        {
            index++;
            break;
        }
        const int rc = parse_one(options, argc, argv, &index);
        if (FLOPMETER_OPTIONS_OK != rc)
        {
            return rc;
        }
    }
    if (index >= argc)
    {
        return bad("run: expected a COMMAND %s%s", "behind the options", "");
    }
    if (options->kernels && NULL != options->executed)
    {
        return bad("run: --kernels: expected it without --executed%s: a GPU is profiled by one of them at a time%s",
            "", "");
    }
    if (NULL != options->out && FLOPMETER_OPTIONS_OK != check_out(options))
    {
        return FLOPMETER_OPTIONS_BAD;
    }
    if (NULL == options->run)
    {
        generate_run(options);
    }
    options->command = argv + index;
    return FLOPMETER_OPTIONS_OK;
}
