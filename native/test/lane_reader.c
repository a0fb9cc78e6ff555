/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "check.h"
#include "lane_reader.h"

static uint32_t load32(const uint8_t *at)
{
    return __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_ACQUIRE);
}

static uint64_t load64(const uint8_t *at)
{
    return __atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_ACQUIRE);
}

static void add(total_t *total, u128_t flop, uint64_t samples)
{
    total->flop += flop;
    total->samples += samples;
}

/* The copy in force, read between two equal versions. */
static total_t load_double(const uint8_t *record, uint64_t *version)
{
    total_t total = { 0, 0 };

    do
    {
        *version = load64(record);
        const uint8_t *const copy = record + (0 == (*version & 1) ? 8 : 32);
        total.flop = ((u128_t)load64(copy + 8) << 64) | load64(copy);
        total.samples = load64(copy + 16);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    }
    while (load64(record) != *version);
    return total;
}

static void check_header(lane_reader_t *reader, const char *path)
{
    const uint8_t *const base = reader->base;
    const uint64_t slots = load64(base + 56);
    const uint64_t folds = load64(base + 64);
    const uint64_t ring = load64(base + 72);
    uint64_t nonce = 0;

    reader->nonce = load64(base + 16);
    reader->slot_capacity = load32(base + 48);
    reader->ring_capacity = load32(base + 52);
    CHECK(0 == memcmp(base, "FLOPLANE", 8), "magic of %s", path);
    CHECK(2 == load32(base + 8) && 4096 == load32(base + 12), "version and header length of %s", path);
    CHECK(1 == sscanf(strrchr(path, '/') + 1, "%16" SCNx64 ".lane", &nonce) && nonce == reader->nonce, "%s", path);
    CHECK(reader->slot_capacity >= 64 && reader->slot_capacity <= 65536 &&
        0 == (reader->slot_capacity & (reader->slot_capacity - 1)), "%u slots", reader->slot_capacity);
    CHECK(reader->ring_capacity >= 4096 && reader->ring_capacity <= (64U << 20) &&
        0 == (reader->ring_capacity & (reader->ring_capacity - 1)), "ring of %u", reader->ring_capacity);
    CHECK(4096 == slots && slots + reader->slot_capacity * 160UL == folds, "folds at %" PRIu64, folds);
    CHECK(ring >= folds + reader->slot_capacity * 64UL && 0 == ring % 4096, "ring at %" PRIu64, ring);
    reader->journal_capacity = load32(base + 104);
    CHECK(ring + reader->ring_capacity + 768 == load64(base + 96), "journal at %" PRIu64, load64(base + 96));
    CHECK(reader->journal_capacity == (reader->slot_capacity < 2048 ? 2 * reader->slot_capacity : 4096),
        "journal of %u samples", reader->journal_capacity);
    CHECK(reader->length == load64(base + 80) &&
        reader->length == load64(base + 96) + 64 + 16UL * reader->journal_capacity, "length");
    CHECK(0 != load32(base + 24) && 0 != load32(base + 28) && 0 != load64(base + 40), "pid, tid, time");
    reader->slots = reader->base + slots;
    reader->folds = reader->base + folds;
    reader->ring = reader->base + ring;
    reader->journal = reader->base + load64(base + 96);
}

lane_reader_t *lane_reader_open(const char *path)
{
    lane_reader_t *const reader = calloc(1, sizeof(*reader));
    const int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    struct stat stat;

    CHECK(fd >= 0 && 0 == fstat(fd, &stat), "%s can't be opened", path);
    CHECK(S_ISREG(stat.st_mode) && 0600 == (stat.st_mode & 07777) && 1 == stat.st_nlink, "%s: mode", path);
    CHECK(stat.st_size >= 4096 + 64 * 224 + 4096 + 768, "%s: length %lld", path, (long long)stat.st_size);
    CHECK(stat.st_blocks * 512LL >= stat.st_size, "%s is sparse: a full disk would be SIGBUS", path);
    reader->length = (size_t)stat.st_size;
    reader->base = mmap(NULL, reader->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(MAP_FAILED != (void *)reader->base, "mmap");
    close(fd);
    check_header(reader, path);
    reader->sequence_next = 1;
    reader->by_slot = calloc(reader->slot_capacity, sizeof(total_t));
    return reader;
}

void lane_reader_close(lane_reader_t *reader)
{
    munmap(reader->base, reader->length);
    free(reader->by_slot);
    free(reader);
}

static void consume(lane_reader_t *reader, const uint8_t *record, uint32_t count)
{
    for (; reader->open_count < count; reader->open_count++)
    {
        const uint8_t *const sample = record + 32 + 16UL * reader->open_count;
        const uint32_t slot = load32(sample);
        const uint64_t flop = load64(sample + 8);

        CHECK(slot < lane_reader_slot_count(reader), "sample of slot %u of %u", slot, lane_reader_slot_count(reader));
        add(&reader->by_slot[slot], flop, 1);
        add(&reader->open, flop, 1);
        reader->dt_ns_max = load32(sample + 4) > reader->dt_ns_max ? load32(sample + 4) : reader->dt_ns_max;
    }
}

/* One record at the position; false when there is nothing more to read now. */
static bool drain_record(lane_reader_t *reader)
{
    const uint32_t mask = reader->ring_capacity - 1;
    const uint64_t to_end = reader->ring_capacity - (reader->position & mask);
    const uint8_t *const record = reader->ring + (reader->position & mask);
    const int32_t length = (int32_t)load32(record);
    const int32_t type = (int32_t)load32(record + 4);
    const uint64_t span = (uint64_t)(length < 0 ? -(int64_t)length : length);

    if (0 == length)
    {
        return false;
    }
    CHECK(span <= to_end && 0 == span % 16, "record of %d at %" PRIu64 ", %" PRIu64 " to the end",
        length, reader->position, to_end);
    if (-1 == type)
    {
        CHECK(length == (int32_t)to_end && length < 48, "padding of %d, %" PRIu64 " to the end", length, to_end);
        reader->position += span;
        return true;
    }

    const uint32_t count = load32(record + 24);
    CHECK(1 == type && span >= 32 && span <= 2048, "record of %d type %d", length, type);
    CHECK(load64(record + 8) == reader->sequence_next, "sequence %" PRIu64 " instead of %" PRIu64,
        load64(record + 8), reader->sequence_next);
    CHECK(count >= reader->open_count && 32 + 16UL * count <= span, "count %u in %d", count, length);
    reader->base_ns_last = load64(record + 16);
    consume(reader, record, count);

    if (length > 0)
    {
        CHECK(32 + 16UL * count == span, "closed record of %d with %u samples", length, count);
        add(&reader->boundary, reader->open.flop, reader->open.samples);
        memset(&reader->open, 0, sizeof(reader->open));
        reader->open_count = 0;
        reader->position += span;
        reader->sequence_next += 1;
        reader->records += 1;
        return true;
    }
    return false;
}

void lane_reader_drain(lane_reader_t *reader, bool commit)
{
    /* Bounded: a writer as fast as this reader must not keep it here. */
    for (int i = 0; i < 4096 && drain_record(reader); i++)
    {
    }
    if (commit)
    {
        uint8_t *const head = reader->ring + reader->ring_capacity + 384;
        __atomic_store_n((uint64_t *)(void *)head, reader->position, __ATOMIC_RELEASE);
    }
}

/* The entry at `*at` and how many places it takes. */
static total_t load_journal_sample(const lane_reader_t *reader, uint32_t count, uint32_t at, uint32_t *slot)
{
    const uint8_t *const sample = reader->journal + 64 + 16UL * at;
    total_t total = { load64(sample + 8), 1 };

    *slot = load32(sample) & 0x7FFFFFFF;
    CHECK(*slot < lane_reader_slot_count(reader), "sample of slot %u in the journal", *slot);
    if (0 != load32(sample) >> 31)
    {
        CHECK(at + 1 < count && 0 == load32(sample + 16), "half of a wide sample at %u of %u", at, count);
        total.flop |= (u128_t)load64(sample + 24) << 64;
    }
    return total;
}

static uint32_t journal_count(const lane_reader_t *reader)
{
    const uint32_t count = load32(reader->journal + 56);

    CHECK(count <= reader->journal_capacity, "%u samples in the journal", count);
    return count;
}

/* Of the journal: of one slot, or of all slots when negative. `unfolded`: only what is not in a cell yet. */
static total_t journal_total(const lane_reader_t *reader, int64_t of, bool unfolded)
{
    const uint64_t epoch = load64(reader->journal);
    const uint32_t count = journal_count(reader);
    total_t total = { 0, 0 };

    for (uint32_t at = 0; at < count; at += 0 == load32(reader->journal + 64 + 16UL * at) >> 31 ? 1 : 2)
    {
        uint32_t slot;
        const total_t one = load_journal_sample(reader, count, at, &slot);
        const uint64_t folded_epoch = load64(reader->folds + 64UL * slot) >> 1;
        CHECK(folded_epoch <= epoch, "cell %u of journal %" PRIu64 " at journal %" PRIu64, slot, folded_epoch, epoch);
        if ((of < 0 || (uint32_t)of == slot) && (!unfolded || folded_epoch < epoch))
        {
            add(&total, one.flop, one.samples);
        }
    }
    return total;
}

total_t lane_reader_folded(const lane_reader_t *reader)
{
    total_t folded = journal_total(reader, -1, true);

    for (uint32_t slot = 0; slot < reader->slot_capacity; slot++)
    {
        uint64_t version;
        const total_t cell = load_double(reader->folds + 64UL * slot, &version);
        CHECK(version >> 1 <= load64(reader->journal), "cell %u: version %" PRIu64, slot, version);
        CHECK(0 == version || slot < lane_reader_slot_count(reader), "cell %u of an unknown slot", slot);
        add(&folded, cell.flop, cell.samples);
    }
    return folded;
}

void lane_reader_check(const lane_reader_t *reader, bool dead)
{
    uint64_t version;
    const total_t ring_tally = load_double(reader->base + 192, &version);
    const bool with_open = version == reader->sequence_next;
    const u128_t ring_flop = reader->boundary.flop + (with_open ? reader->open.flop : 0);
    const uint64_t ring_samples = reader->boundary.samples + (with_open ? reader->open.samples : 0);

    CHECK(version + 1 == reader->sequence_next || with_open, "ring tally %" PRIu64 " at sequence %" PRIu64,
        version, reader->sequence_next);
    CHECK(ring_tally.flop == ring_flop && ring_tally.samples == ring_samples,
        "ring tally: %" PRIu64 " samples, read %" PRIu64, ring_tally.samples, ring_samples);

    total_t fold_tally = load_double(reader->base + 256, &version);
    const total_t folded = lane_reader_folded(reader);
    const uint64_t epoch = load64(reader->journal);
    CHECK(version + 1 == epoch || (dead && version == epoch),
        "fold tally %" PRIu64 " at journal %" PRIu64, version, epoch);
    if (version != epoch)
    {
        const total_t journal = journal_total(reader, -1, false);
        add(&fold_tally, journal.flop, journal.samples);
    }
    CHECK(folded.flop == fold_tally.flop && folded.samples == fold_tally.samples,
        "fold tally: %" PRIu64 " samples, cells %" PRIu64, fold_tally.samples, folded.samples);
}

uint32_t lane_reader_u32(const lane_reader_t *reader, size_t offset)
{
    return load32(reader->base + offset);
}

uint32_t lane_reader_slot_count(const lane_reader_t *reader)
{
    const uint32_t count = load32(reader->base + 132);
    CHECK(count <= reader->slot_capacity, "%u slots", count);
    return count;
}

const uint8_t *lane_reader_slot(const lane_reader_t *reader, uint32_t slot)
{
    CHECK(slot < lane_reader_slot_count(reader), "slot %u", slot);
    return reader->slots + 160UL * slot;
}

total_t lane_reader_slot_total(const lane_reader_t *reader, uint32_t slot)
{
    uint64_t version;
    total_t total = load_double(reader->folds + 64UL * slot, &version);
    const total_t journal = journal_total(reader, slot, true);

    add(&total, journal.flop, journal.samples);
    add(&total, reader->by_slot[slot].flop, reader->by_slot[slot].samples);
    return total;
}

void lane_reader_totals(const lane_reader_t *reader, total_t *by_slot)
{
    const uint64_t epoch = load64(reader->journal);
    const uint32_t count = journal_count(reader);
    const uint32_t slot_count = lane_reader_slot_count(reader);

    for (uint32_t slot = 0; slot < slot_count; slot++)
    {
        uint64_t version;
        by_slot[slot] = load_double(reader->folds + 64UL * slot, &version);
        add(&by_slot[slot], reader->by_slot[slot].flop, reader->by_slot[slot].samples);
    }
    for (uint32_t at = 0; at < count; at += 0 == load32(reader->journal + 64 + 16UL * at) >> 31 ? 1 : 2)
    {
        uint32_t slot;
        const total_t one = load_journal_sample(reader, count, at, &slot);
        if (load64(reader->folds + 64UL * slot) >> 1 < epoch)
        {
            add(&by_slot[slot], one.flop, one.samples);
        }
    }
}
