/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The note of kernel activity that the meter reads: what is in it, to the last byte, and who may write it.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cuda_note.h"
#include "kernels_rig.h"

static void names(uint32_t context, char *run, char *node)
{
    strcpy(run, 0 == context ? "" : "r");
    strcpy(node, 0 == context ? "" : "n:1");
}

static void read_note(const char *path, char *text, size_t length)
{
    const int fd = open(path, O_RDONLY);
    const ssize_t count = fd < 0 ? 0 : read(fd, text, length - 1);

    text[count > 0 ? count : 0] = '\0';
    close(fd);
}

static void test_note(void)
{
    static const char expected[] = " \"state\": \"AVAILABLE\", \"closed\": true, \"running\": false,\n"
        " \"beginMonotonicNs\": 1000000000, \"endMonotonicNs\": 1000000105, \"unseenNs\": 0, \"recordsDropped\": 0,\n"
        " \"devices\": [\n  {\"device\": \"GPU-abababab-abab-abab-abab-ababababab0a\", \"chip\": \"GH100\", "
        "\"peakFlopPerSec\": \"13196800000000000\", \"lower\": \"36893488147419103230\", "
        "\"point\": \"36893488147419103232\", \"upper\": \"36893488147419103239\",\n   "
        "\"kernels\": 2, \"coveredNs\": 100, \"mixedNs\": 0, "
        "\"uncoveredNs\": 5, \"nodes\": [\n   {\"run\": \"\", \"node\": \"\", \"kernels\": 1, \"coveredNs\": 0, "
        "\"mixedNs\": 0, \"uncoveredNs\": 5},\n   {\"run\": \"r\", \"node\": \"n:1\", \"kernels\": 1, "
        "\"coveredNs\": 100, \"mixedNs\": 0, \"uncoveredNs\": 0}]}]}\n";
    char folder[] = "/tmp/flopmeter-kernels-XXXXXX";
    char path[128];
    char text[4096];

    const flopmeter_shape_t stated = { UINT64_MAX, 1, 3 };
    const flopmeter_shape_t last = { UINT64_MAX, 1, 4 };

    start();
    flopmeter_cuda_kernels_context(3);
    flopmeter_cuda_kernels_states(0, &stated);
    flopmeter_cuda_kernels_states(-1, &stated);
    flopmeter_cuda_kernels_states(FLOPMETER_CUDA_DEVICES_MAX, &stated);
    flopmeter_cuda_kernels_states(0, &last);
    call(0, 100, 1, FLOPMETER_CUDA_CALL_COUNTED);
    flopmeter_cuda_kernels_context(0);
    fake_cuda_kernel(0, 5, 0);
    end("note", 0);
    CHECK(NULL != mkdtemp(folder), "mkdtemp");
    snprintf(path, sizeof(path), "%s/kernels-00000000000000ab.json", folder);
    for (int i = 0; i < 2; i++)
    {
        CHECK(flopmeter_cuda_note_write(state(), names, folder, 0xAB), "write");
        read_note(path, text, sizeof(text));
        const char *const rest = strchr(text, ',');
        CHECK(NULL != rest && NULL != strstr(rest, expected), "the note is\n%s", text);
    }
    CHECK(0 == unlink(path) && 0 == rmdir(folder), "something else is left in the folder");
    CHECK(!flopmeter_cuda_note_write(state(), names, folder, 0xAB), "written where there is no folder");
}

/* The program does not wait for the meter's thread: calls are counted before it has opened anything. */
static void should_keep_what_was_counted_before_it_opened(void)
{
    const flopmeter_shape_t stated = { 7, 0, 0 };

    reset("GH100");
    activity = fake_activity();
    flopmeter_cuda_kernels_reset();
    flopmeter_cuda_kernels_states(0, &stated);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == flopmeter_cuda_kernels_open(&settings, &rig_world, fake->now_ns), "open");
    flopmeter_cuda_kernels_states(0, &stated);
    end("early", 0);
    CHECK(14 == (uint64_t)state()->cards[0].stated.flop_count, "%llu of 14 FLOP are left",
        (unsigned long long)state()->cards[0].stated.flop_count);
    /* Another process begins with nothing. */
    flopmeter_cuda_kernels_reset();
    CHECK(0 == (uint64_t)state()->cards[0].stated.flop_count, "what the parent counted is counted twice");
}

int main(void)
{
    test_note();
    should_keep_what_was_counted_before_it_opened();
    return 0;
}
