/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads a complete spec, as the Java side writes it after it has checked every limit (docs/design/0007-replay.md).
 */

#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LENGTH_MAX (512)
#define WORDS_MAX (16)
#define ACCELERATOR_WORDS (6)
#define JOB_WORDS (12)

static bool number(const char *word, uint64_t *value)
{
    char *end = NULL;

    errno = 0;
    *value = strtoull(word, &end, 10);
    return word[0] >= '0' && word[0] <= '9' && '\0' == *end && 0 == errno;
}

static int split(char *line, char *words[WORDS_MAX])
{
    int count = 0;
    char *rest = NULL;

    line[strcspn(line, "#\n")] = '\0';
    for (char *word = strtok_r(line, " \t\r", &rest); NULL != word && count < WORDS_MAX;
        word = strtok_r(NULL, " \t\r", &rest))
    {
        words[count++] = word;
    }
    return count;
}

static bool read_accelerator(trace_t *trace, char *const *words, int count)
{
    return ACCELERATOR_WORDS == count && number(words[2], &trace->bf16_flop_per_ns) &&
        number(words[3], &trace->fp8_flop_per_ns) && number(words[4], &trace->memory_bytes_per_ns) &&
        number(words[5], &trace->link_bytes_per_ns) && 0 != trace->bf16_flop_per_ns && 0 != trace->fp8_flop_per_ns &&
        0 != trace->memory_bytes_per_ns && 0 != trace->link_bytes_per_ns;
}

/* job RUN HOSTS-PERMILLE train|serve bf16|fp8 LAYERS HIDDEN FFN VOCABULARY TOKENS CONTEXT PERIOD */
static bool read_job(trace_t *trace, char *const *words, int count)
{
    if (JOB_WORDS != count || TRACE_JOBS_MAX == trace->job_count || strlen(words[1]) > TRACE_NAME_LENGTH_MAX)
    {
        return false;
    }
    trace_job_t *const job = &trace->jobs[trace->job_count++];
    memcpy(job->run, words[1], strlen(words[1]) + 1);
    job->is_training = 0 == strcmp(words[3], "train");
    job->precision = 0 == strcmp(words[4], "fp8") ? FLOPMETER_FP8 : FLOPMETER_BF16;
    return number(words[2], &job->hosts_permille) && (job->is_training || 0 == strcmp(words[3], "serve")) &&
        (FLOPMETER_FP8 == job->precision || 0 == strcmp(words[4], "bf16")) && number(words[5], &job->layers) &&
        number(words[6], &job->hidden) && number(words[7], &job->ffn) && number(words[8], &job->vocabulary) &&
        number(words[9], &job->tokens) && number(words[10], &job->context) && number(words[11], &job->period) &&
        0 != job->layers && 0 != job->period;
}

static bool read_line(trace_t *trace, char *const *words, int count)
{
    uint64_t ignored;

    if (0 == strcmp(words[0], "accelerator"))
    {
        return read_accelerator(trace, words, count);
    }
    if (0 == strcmp(words[0], "job"))
    {
        return read_job(trace, words, count);
    }
    if (2 != count)
    {
        return false;
    }
    if (0 == strcmp(words[0], "seed"))
    {
        return number(words[1], &trace->seed);
    }
    if (0 == strcmp(words[0], "hosts"))
    {
        return number(words[1], &trace->hosts);
    }
    if (0 == strcmp(words[0], "slice-ns"))
    {
        return number(words[1], &trace->slice_ns);
    }
    if (0 == strcmp(words[0], "version"))
    {
        return number(words[1], &ignored) && 1 == ignored;
    }
    /* It may need more than 64 bits; the hosts follow from it. */
    return 0 == strcmp(words[0], "flop-per-sec");
}

bool trace_load(trace_t *trace, const char *path)
{
    char line[LINE_LENGTH_MAX];
    char *words[WORDS_MAX];
    bool valid = true;
    int number_of_line = 0;

    memset(trace, 0, sizeof(*trace));
    FILE *const file = fopen(path, "re");
    if (NULL == file)
    {
        fprintf(stderr, "flopmeter_replay: %s: %s\n", path, strerror(errno));
        return false;
    }
    while (valid && NULL != fgets(line, sizeof(line), file))
    {
        number_of_line++;
        const int count = split(line, words);
        valid = 0 == count || read_line(trace, words, count);
    }
    fclose(file);
    if (!valid)
    {
        fprintf(stderr, "flopmeter_replay: %s:%d: not a statement of a complete spec\n", path, number_of_line);
        return false;
    }
    if (0 == trace->hosts || 0 == trace->slice_ns || 0 == trace->bf16_flop_per_ns || 0 == trace->job_count)
    {
        fprintf(stderr, "flopmeter_replay: %s: expected hosts, slice-ns, accelerator and a job\n", path);
        return false;
    }
    return true;
}
