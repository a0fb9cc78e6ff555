/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Notes for the graph: whole, in order, each led to its file; and nothing that is in their place makes a call wait,
 * fail the program or change what it sees.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "check.h"
#include "flopmeter/flopmeter.h"
#include "meter_dir.h"

#define HEADER (40)
#define NOTES_MAX (8192)
#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

typedef struct seen_stct
{
    uint64_t epoch_ns;
    uint64_t link;
    uint32_t call;
    uint32_t kind;
    uint32_t pid;
    char name[4096];
}
seen_t;

static uint8_t bytes[20 << 20];
static seen_t seen[NOTES_MAX];

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static const char *in_meter(const meter_t *meter, const char *name)
{
    static char path[400];

    snprintf(path, sizeof(path), "%s/%s", meter->path, name);
    return path;
}

/* Everything noted, checked byte by byte. */
static int read_notes(const meter_t *meter)
{
    const int fd = open(in_meter(meter, "artifacts"), O_RDONLY);
    if (fd < 0)
    {
        return 0;
    }
    const ssize_t length = read(fd, bytes, sizeof(bytes));
    close(fd);
    int count = 0;
    for (ssize_t at = 0; at < length; at += get32(bytes + at + 4))
    {
        const uint8_t *const note = bytes + at;
        seen_t *const one = &seen[count++];
        const uint32_t name_length = get32(note + 36);
        CHECK(count < NOTES_MAX && length - at >= HEADER && 0 == memcmp(note, "FLAR", 4), "note at %zd", at);
        CHECK(0 == get32(note + 4) % 8 && get32(note + 4) - HEADER - name_length < 8 &&
            (ssize_t)get32(note + 4) <= length - at, "length of the note at %zd", at);
        one->epoch_ns = get64(note + 8);
        one->link = get64(note + 16);
        one->call = get32(note + 24);
        one->kind = get32(note + 28);
        one->pid = get32(note + 32);
        memcpy(one->name, note + HEADER, name_length);
        one->name[name_length] = '\0';
        for (uint32_t i = HEADER + name_length; i < get32(note + 4); i++)
        {
            CHECK(0 == note[i], "padding of the note at %zd", at);
        }
        if (0 != one->link)
        {
            char name[40];
            char target[4096] = "";
            snprintf(name, sizeof(name), "artifact-%016llx", (unsigned long long)one->link);
            const ssize_t found = readlink(in_meter(meter, name), target, sizeof(target) - 1);
            CHECK(found == (ssize_t)name_length && 0 == memcmp(target, one->name, name_length), "link %s", name);
        }
    }
    return count;
}

static void notes(meter_t *meter)
{
    struct timespec now;

    (void)meter;
    clock_gettime(CLOCK_REALTIME, &now);
    CHECK(0 == chdir("/tmp"), "chdir");
    errno = 77;
    CHECK(FLOPMETER_OK == flopmeter_artifact_read("/data/corpus"), "read");
    CHECK(FLOPMETER_OK == flopmeter_artifact_read("here \xff\n\""), "read");
    CHECK(FLOPMETER_OK == flopmeter_artifact_read(DIGEST), "read a digest");
    CHECK(FLOPMETER_OK == flopmeter_artifact_read("./" DIGEST), "read a file of such a name");
    CHECK(FLOPMETER_OK == flopmeter_artifact_written("m", FLOPMETER_MODEL), "written");
    CHECK(FLOPMETER_OK == flopmeter_artifact_written("o", FLOPMETER_OUTPUT), "written");
    CHECK(FLOPMETER_OK == flopmeter_artifact_written("d", FLOPMETER_DATASET), "written");
    CHECK(FLOPMETER_INVALID == flopmeter_artifact_written("d", (flopmeter_artifact_t)0), "kind 0");
    CHECK(FLOPMETER_INVALID == flopmeter_artifact_written("d", (flopmeter_artifact_t)4), "kind 4");
    CHECK(FLOPMETER_INVALID == flopmeter_artifact_read(NULL), "NULL");
    CHECK(FLOPMETER_INVALID == flopmeter_artifact_read(""), "empty");
    CHECK('\0' != flopmeter_errmsg()[0], "says why");
    CHECK(77 == errno, "errno %d", errno);

    static char name[4200];
    memset(name, 'x', sizeof(name) - 1);
    CHECK(FLOPMETER_INVALID == flopmeter_artifact_read(name), "too long");
    name[0] = '/';
    name[4096] = '\0';
    CHECK(FLOPMETER_INVALID == flopmeter_artifact_read(name), "4096 bytes");
    name[4095] = '\0';
    CHECK(FLOPMETER_OK == flopmeter_artifact_read(name), "4095 bytes");
    const pid_t pid = fork();
    if (0 == pid)
    {
        _exit(FLOPMETER_OK == flopmeter_artifact_read("/child") ? 0 : 1);
    }
    int status = -1;
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "child");
}

static void check_notes(const meter_t *meter)
{
    static const char *const names[] = {
        "/data/corpus", "/tmp/here \xff\n\"", DIGEST, "/tmp/./" DIGEST, "/tmp/m", "/tmp/o", "/tmp/d", NULL, "/child" };

    CHECK(9 == read_notes(meter), "%d notes", read_notes(meter));
    for (int i = 0; i < 9; i++)
    {
        const bool written = i >= 4 && i < 7;
        CHECK(NULL == names[i] || 0 == strcmp(names[i], seen[i].name), "%s", seen[i].name);
        CHECK((written ? 2U : 1U) == seen[i].call && (2 == i) == (0 == seen[i].link), "%d", i);
        CHECK(seen[i].epoch_ns > UINT64_C(1700000000000000000), "time %d", i);
        CHECK((8 == i) == (seen[i].pid != seen[0].pid), "pid %d", i);
    }
    CHECK(2 == seen[4].kind && 3 == seen[5].kind && 1 == seen[6].kind && 0 == seen[0].kind, "kinds");
    CHECK(4095 == strlen(seen[7].name), "long name");
    struct stat status;
    CHECK(0 == stat(in_meter(meter, "artifacts"), &status) && 0600 == (status.st_mode & 07777), "mode");
}

static void *note_many(void *argument)
{
    char name[40];

    for (int i = 0; i < 200; i++)
    {
        snprintf(name, sizeof(name), "/%s/%d", (const char *)argument, i);
        CHECK(FLOPMETER_OK == flopmeter_artifact_read(name), "%s", name);
    }
    return NULL;
}

static void in_threads(meter_t *meter)
{
    static char names[4][2] = { "a", "b", "c", "d" };
    pthread_t threads[4];

    (void)meter;
    for (int i = 0; i < 4; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, note_many, names[i]), "thread");
    }
    for (int i = 0; i < 4; i++)
    {
        pthread_join(threads[i], NULL);
    }
}

static void is_lost(meter_t *meter)
{
    (void)meter;
    errno = 5;
    CHECK(FLOPMETER_LOST == flopmeter_artifact_read("/x"), "not lost");
    CHECK(FLOPMETER_LOST == flopmeter_artifact_written("/x", FLOPMETER_MODEL), "not lost");
    CHECK(5 == errno && '\0' != flopmeter_errmsg()[0], "errno %d", errno);
}

/* The kernel would send SIGXFSZ for a write past the limit, and the program would die of it. */
static void is_lost_past_a_limit(meter_t *meter)
{
    const struct rlimit limit = { 20, 20 };

    CHECK(FLOPMETER_OK == flopmeter_attach(), "attach");
    CHECK(0 == setrlimit(RLIMIT_FSIZE, &limit), "setrlimit");
    is_lost(meter);
}

static void without_a_meter(meter_t *meter)
{
    (void)meter;
    flopmeter_detach();
    CHECK(FLOPMETER_OFF == flopmeter_artifact_read("/x"), "noted");
    CHECK(FLOPMETER_OFF == flopmeter_artifact_written("/x", FLOPMETER_MODEL), "noted");
    CHECK(FLOPMETER_OFF == flopmeter_segment_begin("one"), "begun");
    CHECK(FLOPMETER_OFF == flopmeter_segment_end(), "ended");
    CHECK(FLOPMETER_INVALID == flopmeter_context_pop(), "a context was left");
}

/* Work of a segment is its node's, and the notes say when it began and ended. */
static void in_segments(meter_t *meter)
{
    flopmeter_key_t key = 0;

    (void)meter;
    errno = 77;
    CHECK(FLOPMETER_INVALID == flopmeter_segment_end(), "ended what was not begun");
    CHECK(FLOPMETER_INVALID == flopmeter_segment_begin(NULL), "NULL");
    CHECK(FLOPMETER_INVALID == flopmeter_segment_begin(""), "empty");
    CHECK(FLOPMETER_INVALID == flopmeter_segment_begin("a/b"), "a slash");
    CHECK(FLOPMETER_INVALID == flopmeter_segment_begin(
        "123456789-123456789-123456789-123456789-123456789-1234567"), "57 bytes");
    CHECK(FLOPMETER_OK == flopmeter_segment_begin(
        "123456789-123456789-123456789-123456789-123456789-123456"), "%s", flopmeter_errmsg());
    CHECK(FLOPMETER_INVALID == flopmeter_segment_begin("inner"), "nested");
    CHECK(FLOPMETER_OK == flopmeter_intern_here(
        FLOPMETER_FP32, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key), "%s", flopmeter_errmsg());
    flopmeter_record(key, 5);
    CHECK(FLOPMETER_OK == flopmeter_segment_end(), "%s", flopmeter_errmsg());
    CHECK(FLOPMETER_INVALID == flopmeter_segment_end(), "ended twice");
    CHECK(FLOPMETER_INVALID == flopmeter_context_pop(), "a context was left");
    CHECK(FLOPMETER_OK == flopmeter_segment_begin("two"), "%s", flopmeter_errmsg());
    CHECK(FLOPMETER_OK == flopmeter_artifact_read("/data"), "%s", flopmeter_errmsg());
    CHECK(77 == errno, "errno %d", errno);
}

static void check_segments(const meter_t *meter)
{
    static const uint32_t calls[] = { 3, 4, 3, 1 };
    static const char *const names[] = {
        "segment:123456789-123456789-123456789-123456789-123456789-123456",
        "segment:123456789-123456789-123456789-123456789-123456789-123456", "segment:two", "/data" };

    CHECK(4 == read_notes(meter), "%d notes", read_notes(meter));
    for (int i = 0; i < 4; i++)
    {
        CHECK(calls[i] == seen[i].call, "note %d: call %u", i, seen[i].call);
        CHECK(0 == seen[i].kind, "note %d: kind %u", i, seen[i].kind);
        CHECK(0 == strcmp(names[i], seen[i].name), "note %d: %s", i, seen[i].name);
        CHECK((0 != seen[i].link) == (1 == seen[i].call), "note %d: a link, or none", i);
    }
}

static void segment_is_lost(meter_t *meter)
{
    (void)meter;
    CHECK(FLOPMETER_LOST == flopmeter_segment_begin("one"), "begun");
    CHECK(FLOPMETER_INVALID == flopmeter_context_pop(), "a context was left");
    CHECK(FLOPMETER_INVALID == flopmeter_segment_end(), "ended what was not begun");
}

static void put_fifo(const meter_t *meter)
{
    CHECK(0 == mkfifo(in_meter(meter, "artifacts"), 0600), "mkfifo");
}

static void put_link(const meter_t *meter)
{
    CHECK(0 == symlink("/dev/null", in_meter(meter, "artifacts")), "symlink");
}

static void put_directory(const meter_t *meter)
{
    CHECK(0 == mkdir(in_meter(meter, "artifacts"), 0700), "mkdir");
}

static void put_full(const meter_t *meter)
{
    const int fd = open(in_meter(meter, "artifacts"), O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(fd >= 0 && 0 == ftruncate(fd, 16 << 20), "ftruncate");
    close(fd);
}

static void put_open_to_others(const meter_t *meter)
{
    const int fd = open(in_meter(meter, "artifacts"), O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(fd >= 0 && 0 == fchmod(fd, 0666), "fchmod");
    close(fd);
}

int main(void)
{
    void (*const puts[])(const meter_t *) = { put_fifo, put_link, put_directory, put_full, put_open_to_others };

    meter_t *meter = meter_create();
    meter_run_ok(meter, notes);
    check_notes(meter);
    meter_destroy(meter);

    meter = meter_create();
    meter_run_ok(meter, in_threads);
    CHECK(800 == read_notes(meter), "%d notes", read_notes(meter));
    int next[4] = { 0, 0, 0, 0 };
    for (int i = 0; i < 800; i++)
    {
        const int thread = seen[i].name[1] - 'a';
        CHECK(thread >= 0 && thread < 4 && next[thread] == atoi(seen[i].name + 3), "%s", seen[i].name);
        next[thread]++;
    }
    meter_destroy(meter);

    meter = meter_create();
    meter_run_ok(meter, in_segments);
    check_segments(meter);
    meter_destroy(meter);
    meter = meter_create();
    put_fifo(meter);
    meter_run_ok(meter, segment_is_lost);
    meter_destroy(meter);

    for (size_t i = 0; i < sizeof(puts) / sizeof(puts[0]); i++)
    {
        meter = meter_create();
        puts[i](meter);
        meter_run_ok(meter, is_lost);
        CHECK(1 == meter_gaps(meter, 2), "%u gaps", meter_gaps(meter, 2));
        rmdir(in_meter(meter, "artifacts"));
        meter_destroy(meter);
    }
    meter = meter_create();
    meter_run_ok(meter, is_lost_past_a_limit);
    meter_destroy(meter);
    meter = meter_create();
    meter_run_ok(meter, without_a_meter);
    CHECK(0 == read_notes(meter), "noted");
    meter_destroy(meter);
    return 0;
}
