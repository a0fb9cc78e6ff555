/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer on what the meter's native side believes of names, of files and of /proc/PID/stat, where a process writes
 * its own name. The source is included: its parsers are static.
 */

#include <stdbool.h>
#include <stdlib.h>

#ifndef FLOPMETER_FUZZ_SOURCE
#define FLOPMETER_FUZZ_SOURCE "flopmeter_control.c"
#endif
#include FLOPMETER_FUZZ_SOURCE

#define NAME_LENGTH_MAX (40)
#define COMM_LENGTH_MAX (63)
#define TEXT_LENGTH_MAX (1023)

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static char directory[] = "/tmp/flopmeter-fuzz-XXXXXX";

static void expect(const char *what, bool holds)
{
    if (!holds)
    {
        fprintf(stderr, "fuzz_control: %s\n", what);
        abort();
    }
}

static void remove_directory(void)
{
    static const char *const names[] = { "good", "linked", "linked-too", "open", "empty", "link", "fifo" };
    char path[80];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

static void make_file(const char *name, mode_t mode, off_t length)
{
    const int directory_fd = open_directory(directory);
    const int fd = openat(directory_fd, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

    expect("no file can be made", fd >= 0 && 0 == fchmod(fd, mode) && 0 == ftruncate(fd, length));
    close(fd);
    close(directory_fd);
}

static void make_directory(void)
{
    static bool is_made;
    int directory_fd;

    if (is_made)
    {
        return;
    }
    is_made = true;
    expect("no directory can be made", NULL != mkdtemp(directory));
    atexit(remove_directory);
    make_file("good", 0600, 8192);
    make_file("linked", 0600, 8192);
    make_file("open", 0640, 8192);
    make_file("empty", 0600, 0);
    directory_fd = open_directory(directory);
    expect("no link can be made", 0 == linkat(directory_fd, "linked", directory_fd, "linked-too", 0) &&
        0 == symlinkat("good", directory_fd, "link") && 0 == mkfifoat(directory_fd, "fifo", 0600));
    close(directory_fd);
}

/* Text of any bytes, NUL-terminated, on the heap so that a byte too far is seen. */
static char *text_of(const uint8_t *input, size_t length, size_t length_max)
{
    const size_t text_length = length < length_max ? length : length_max;
    char *const text = malloc(text_length + 1);

    memcpy(text, input, text_length);
    text[text_length] = '\0';
    return text;
}

/* Any text must do no harm. */
static void fuzz_stat(const uint8_t *input, size_t length)
{
    process_stat_t stat;
    char *const text = text_of(input, length, TEXT_LENGTH_MAX);
    const int result = parse_stat(text, &stat);

    expect("a stat without a parenthesis", NULL != strrchr(text, ')') || 0 != result);
    free(text);
}

/* A stat as the kernel writes it, around a name and numbers that the process chose: it must be read exactly. */
static void fuzz_mended_stat(const uint8_t *input, size_t length)
{
    const uint64_t threads = length > 2 ? (uint64_t)input[0] << input[1] % 57 : 1;
    uint64_t start_ticks = 0;
    char *const comm = text_of(input + length / 2, length - length / 2, COMM_LENGTH_MAX);
    process_stat_t stat;
    char text[1024];

    if (length >= 16)
    {
        memcpy(&start_ticks, input + 8, sizeof(start_ticks));
    }
    snprintf(text, sizeof(text),
        "4711 (%s) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 -16 %" PRIu64 " 0 %" PRIu64 " 23 24\n",
        comm, threads, start_ticks);
    free(comm);
    expect("a good stat is refused", 0 == parse_stat(text, &stat));
    expect("state", 'S' == stat.state);
    expect("threads", threads == stat.threads);
    expect("start ticks", start_ticks == stat.start_ticks);
}

/* All that a file can be, right in each respect that no bit of the wish says otherwise. */
static void fuzz_file(const uint8_t *input, size_t length)
{
    uint64_t words[5] = { 0, 0, 0, 0, 0 };
    struct stat file;
    struct stat place;

    memcpy(words, input, length < sizeof(words) ? length : sizeof(words));
    const uint64_t wish = words[0];
    const uint64_t expected = 0 != (wish & 1) ? 0 : words[4] % (LENGTH_MAX + 2);
    memset(&file, 0, sizeof(file));
    memset(&place, 0, sizeof(place));
    place.st_uid = 0 != (wish & 2) ? (uid_t)words[1] : geteuid();
    file.st_uid = 0 != (wish & 4) ? (uid_t)(words[1] >> 32) : place.st_uid;
    file.st_mode = 0 != (wish & 8) ? (mode_t)words[2] : S_IFREG | ((mode_t)words[2] & 0700);
    file.st_nlink = 0 != (wish & 16) ? (nlink_t)(words[2] >> 32) : 1;
    file.st_size = 0 != (wish & 32) ? (off_t)words[3] : (off_t)(0 == expected ? 1 + words[3] % LENGTH_MAX : expected);

    const bool is_good = (file.st_mode & S_IFMT) == S_IFREG && file.st_uid == geteuid() && place.st_uid == geteuid() &&
        1 == file.st_nlink && 0 == (file.st_mode & 077) && file.st_size >= 1 && file.st_size <= 1 << 30 &&
        (0 == expected || (off_t)expected == file.st_size);
    const int result = check_file(&file, &place, expected);
    expect("a bad file is taken", is_good || FLOPMETER_CONTROL_REFUSED == result);
    expect("a good file is refused", !is_good || FLOPMETER_CONTROL_OK == result);
}

static void fuzz_name(const uint8_t *input, size_t length)
{
    static const char *const names[] = { "good", "linked", "open", "empty", "link", "fifo", "none", ".", "..", "" };
    const size_t choice = length > 0 ? input[0] % 16 : 0;
    char *const bytes = text_of(input, length, NAME_LENGTH_MAX);
    const char *const name = choice < 10 ? names[choice] : bytes;
    const uint64_t expected = length > 1 && 0 != (input[1] & 1) ? 8192 : 0;
    flopmeter_control_map_t map;

    make_directory();
    const int result = flopmeter_control_map(directory, name, expected, &map);
    expect("what is mapped", (FLOPMETER_CONTROL_OK == result) == (0 == strcmp("good", name)));
    if (FLOPMETER_CONTROL_OK == result)
    {
        expect("length of the map", 8192 == map.length && 8192 == flopmeter_control_file_length(map.fd));
        flopmeter_control_unmap(map.address, map.length, map.fd);
    }
    expect("a name that is no name", FLOPMETER_CONTROL_OK != flopmeter_control_map("/nowhere", name, 0, &map));
    (void)flopmeter_control_is_locked(directory, name);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    if (0 == length)
    {
        return 0;
    }
    switch (input[0] % 16)
    {
        case 0:
            fuzz_name(input + 1, length - 1);
            break;
        default:
            switch (input[0] % 3)
            {
                case 0:
                    fuzz_stat(input + 1, length - 1);
                    break;
                case 1:
                    fuzz_mended_stat(input + 1, length - 1);
                    break;
                default:
                    fuzz_file(input + 1, length - 1);
                    break;
            }
    }
    return 0;
}
