/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_note.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "flopmeter_decimal.h"

#define ROOM (512 * 1024)       /* a share with the longest names takes less than 400 bytes */

typedef struct text_stct
{
    char bytes[ROOM];
    size_t length;
    bool is_full;
}
text_t;

__attribute__((format(printf, 2, 3))) static void append(text_t *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(text->bytes + text->length, ROOM - text->length, format, arguments);
    va_end(arguments);
    text->is_full = text->is_full || length < 0 || (size_t)length >= ROOM - text->length;
    text->length += text->is_full ? 0 : (size_t)length;
}

static void append_u128(text_t *text, flopmeter_u128_t value)
{
    char digits[FLOPMETER_DECIMAL_LENGTH];

    append(text, "%s", flopmeter_decimal(digits, value));
}

static void append_times(text_t *text, const flopmeter_cuda_times_t *times)
{
    append(text, "\"kernels\": %llu, \"coveredNs\": %llu, \"mixedNs\": %llu, \"uncoveredNs\": %llu",
        (unsigned long long)times->kernels, (unsigned long long)times->covered_ns,
        (unsigned long long)times->mixed_ns, (unsigned long long)times->uncovered_ns);
}

static void append_shares(
    text_t *text, const flopmeter_cuda_kernels_state_t *state, uint32_t device, flopmeter_cuda_names_fn *names)
{
    const char *separator = "";

    for (size_t i = 0; i < FLOPMETER_CUDA_SHARES; i++)
    {
        const flopmeter_cuda_share_t *const share = &state->shares[i];
        char run[FLOPMETER_ID_LENGTH_MAX + 1];
        char node[FLOPMETER_ID_LENGTH_MAX + 1];
        if (share->is_used && device == share->device)
        {
            names(share->context, run, node);
            append(text, "%s\n   {\"run\": \"%s\", \"node\": \"%s\", ", separator, run, node);
            append_times(text, &share->times);
            append(text, "}");
            separator = ",";
        }
    }
}

static void fill(text_t *text, const flopmeter_cuda_kernels_state_t *state, flopmeter_cuda_names_fn *names)
{
    static const char *const states[] = {
        [FLOPMETER_COUNTER_AVAILABLE] = "AVAILABLE", [FLOPMETER_COUNTER_ABSENT] = "ABSENT",
        [FLOPMETER_COUNTER_NO_PERMISSION] = "NO_PERMISSION", [FLOPMETER_COUNTER_TAKEN] = "TAKEN",
        [FLOPMETER_COUNTER_WRONG_DRIVER] = "WRONG_DRIVER", [FLOPMETER_COUNTER_FAILED] = "FAILED",
        [FLOPMETER_COUNTER_PAUSED] = "PAUSED"
    };
    const char *separator = "";

    append(text, "{\"schema\": \"flopmeter/kernels/v1\", \"pid\": %d, \"state\": \"%s\", \"closed\": %s, "
        "\"running\": %s,\n", (int)getpid(), states[state->state], state->is_closed ? "true" : "false",
        state->is_running ? "true" : "false");
    append(text, " \"beginMonotonicNs\": %llu, \"endMonotonicNs\": %llu, \"unseenNs\": %llu, "
        "\"recordsDropped\": %llu,\n \"devices\": [", (unsigned long long)state->begin_ns,
        (unsigned long long)state->end_ns, (unsigned long long)state->unseen_ns,
        (unsigned long long)state->records_dropped);
    for (int i = 0; i < state->cards_count; i++)
    {
        const flopmeter_cuda_card_t *const card = &state->cards[i];
        append(text, "%s\n  {\"device\": \"%s\", \"chip\": \"%s\", \"peakFlopPerSec\": \"", separator, card->name,
            card->chip);
        append_u128(text, card->peak_flop_per_sec);
        append(text, "\", \"lower\": \"");
        append_u128(text, card->stated.flop_count);
        append(text, "\", \"point\": \"");
        append_u128(text, card->stated.flop_count + card->stated.estimate);
        append(text, "\", \"upper\": \"");
        append_u128(text, card->stated.flop_count + card->stated.estimate + card->stated.bound);
        append(text, "\",\n   ");
        append_times(text, &card->times);
        append(text, ", \"nodes\": [");
        append_shares(text, state, (uint32_t)i, names);
        append(text, "]}");
        separator = ",";
    }
    append(text, "]}\n");
}

static bool write_all(int fd, const text_t *text)
{
    size_t done = 0;

    while (done < text->length)
    {
        const ssize_t length = write(fd, text->bytes + done, text->length - done);
        if (length <= 0)
        {
            return false;
        }
        done += (size_t)length;
    }
    return true;
}

bool flopmeter_cuda_note_write(const flopmeter_cuda_kernels_state_t *state, flopmeter_cuda_names_fn *names,
    const char *folder, uint64_t nonce)
{
    /* One thread writes notes, and its stack may be small. */
    static text_t text;
    char path[PATH_MAX];
    char fresh[PATH_MAX];

    text.length = 0;
    text.is_full = false;
    fill(&text, state, names);
    const int length = snprintf(path, sizeof(path), "%s/kernels-%016llx.json", folder, (unsigned long long)nonce);
    const int length_fresh =
        snprintf(fresh, sizeof(fresh), "%s/.kernels-%016llx", folder, (unsigned long long)nonce);
    if (text.is_full || length < 0 || length >= PATH_MAX || length_fresh < 0 || length_fresh >= PATH_MAX)
    {
        return false;
    }
    const int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
    {
        return false;
    }
    const bool is_written = write_all(fd, &text);
    close(fd);
    if (is_written && 0 == rename(fresh, path))
    {
        return true;
    }
    unlink(fresh);
    return false;
}
