/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cell has a version that is odd while its thread writes: a reader that met another one, or an odd one, reads again.
 * Words are stored and loaded so that whoever sees one of an addition sees its version. Cells of threads that ended go
 * to others, with what is in them.
 */

#include "cuda_stated.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define FIELDS (3)              /* of a shape */
#define READS (56)              /* of a cell, before what was read last must do */

typedef struct cell_stct
{
    _Atomic(uint32_t) is_taken;
    _Atomic(uint32_t) version;
    _Atomic(uint64_t) words[FLOPMETER_CUDA_STATED_DEVICES][FIELDS][2];      /* low, high */
}
__attribute__((aligned(64))) cell_t;

typedef flopmeter_u128_t fields_t[FIELDS];

static cell_t cells[FLOPMETER_CUDA_STATED_CELLS];
static atomic_int cells_used;                                               /* up to here */
static fields_t last[FLOPMETER_CUDA_STATED_CELLS][FLOPMETER_CUDA_STATED_DEVICES];
static fields_t shared[FLOPMETER_CUDA_STATED_DEVICES];
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static bool has_key;
static _Atomic(uint32_t) generation;

static __thread struct
{
    cell_t *cell;
    uint32_t generation;        /* that the cell is of */
    bool is_without;            /* there was no cell for it */
    bool is_adding;             /* a signal's handler finds it so */
}
mine;

static void give_back(void *cell)
{
    if (cell == mine.cell && mine.generation == atomic_load(&generation))
    {
        atomic_store_explicit(&mine.cell->is_taken, 0, memory_order_release);
    }
    mine.cell = NULL;
}

void flopmeter_cuda_stated_reset(void)
{
    has_key = has_key || 0 == pthread_key_create(&key, give_back);
    pthread_mutex_init(&shared_lock, NULL);
    atomic_fetch_add(&generation, 1);
    for (int i = 0; i < atomic_load(&cells_used); i++)
    {
        memset(&cells[i], 0, sizeof(cells[i]));
    }
    atomic_store(&cells_used, 0);
    memset(last, 0, sizeof(last));
    memset(shared, 0, sizeof(shared));
}

/* A thread that can't be seen to end must not have a cell: it would keep it. */
static void take_cell(void)
{
    mine.cell = NULL;
    mine.generation = atomic_load(&generation);
    mine.is_without = true;
    for (int i = 0; has_key && mine.is_without && i < FLOPMETER_CUDA_STATED_CELLS; i++)
    {
        uint32_t expected = 0;
        if (!atomic_compare_exchange_strong_explicit(
            &cells[i].is_taken, &expected, 1, memory_order_acq_rel, memory_order_relaxed))
        {
            continue;
        }
        if (0 != pthread_setspecific(key, &cells[i]))
        {
            atomic_store_explicit(&cells[i].is_taken, 0, memory_order_release);
            break;
        }
        int used = atomic_load(&cells_used);
        while (used <= i && !atomic_compare_exchange_weak(&cells_used, &used, i + 1))
        {
            /* Another thread has raised it. */
        }
        mine.cell = &cells[i];
        mine.is_without = false;
    }
}

static void add_field(_Atomic(uint64_t) *words, flopmeter_u128_t addend)
{
    const flopmeter_u128_t sum = addend +
        ((flopmeter_u128_t)atomic_load_explicit(&words[1], memory_order_relaxed) << 64 |
            atomic_load_explicit(&words[0], memory_order_relaxed));

    atomic_store_explicit(&words[0], (uint64_t)sum, memory_order_release);
    atomic_store_explicit(&words[1], (uint64_t)(sum >> 64), memory_order_release);
}

static void add_shared(int device, const fields_t addends)
{
    pthread_mutex_lock(&shared_lock);
    for (int i = 0; i < FIELDS; i++)
    {
        shared[device][i] += addends[i];
    }
    pthread_mutex_unlock(&shared_lock);
}

void flopmeter_cuda_stated_add(int device, const flopmeter_shape_t *stated)
{
    const fields_t addends = { stated->flop_count, stated->estimate, stated->bound };

    if (device < 0 || device >= FLOPMETER_CUDA_STATED_DEVICES)
    {
        return;
    }
    if ((NULL == mine.cell && !mine.is_without) ||
        mine.generation != atomic_load_explicit(&generation, memory_order_relaxed))
    {
        take_cell();
    }
    cell_t *const cell = mine.cell;
    if (NULL == cell || mine.is_adding)
    {
        add_shared(device, addends);
        return;
    }
    mine.is_adding = true;
    atomic_signal_fence(memory_order_seq_cst);
    const uint32_t version = atomic_load_explicit(&cell->version, memory_order_relaxed);
    atomic_store_explicit(&cell->version, version + 1, memory_order_relaxed);
    for (int i = 0; i < FIELDS; i++)
    {
        if (0 != addends[i])
        {
            add_field(cell->words[device][i], addends[i]);
        }
    }
    atomic_store_explicit(&cell->version, version + 2, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
    mine.is_adding = false;
}

/* False: somebody wrote meanwhile. */
static bool try_read(const cell_t *cell, fields_t *fields, int count)
{
    const uint32_t version = atomic_load_explicit(&cell->version, memory_order_acquire);

    for (int device = 0; device < count; device++)
    {
        for (int i = 0; i < FIELDS; i++)
        {
            const uint64_t low = atomic_load_explicit(&cell->words[device][i][0], memory_order_acquire);
            const uint64_t high = atomic_load_explicit(&cell->words[device][i][1], memory_order_acquire);
            fields[device][i] = (flopmeter_u128_t)high << 64 | low;
        }
    }
    return 0 == (version & 1) && version == atomic_load_explicit(&cell->version, memory_order_relaxed);
}

/* A thread that was stopped in the middle of an addition must not hold the meter up. */
static void read_cell(int number, int count)
{
    fields_t fields[FLOPMETER_CUDA_STATED_DEVICES];
    bool is_read = false;

    for (int i = 0; !is_read && i < READS; i++)
    {
        is_read = try_read(&cells[number], fields, count);
        if (!is_read && i > 50)
        {
            sched_yield();
        }
    }
    if (is_read)
    {
        memcpy(last[number], fields, sizeof(fields[0]) * (size_t)count);
    }
}

void flopmeter_cuda_stated_read(flopmeter_shape_t *sums, int count)
{
    const int devices = count < FLOPMETER_CUDA_STATED_DEVICES ? count : FLOPMETER_CUDA_STATED_DEVICES;
    const int used = atomic_load(&cells_used);

    memset(sums, 0, sizeof(*sums) * (size_t)count);
    pthread_mutex_lock(&shared_lock);
    for (int device = 0; device < devices; device++)
    {
        sums[device] = (flopmeter_shape_t) { shared[device][0], shared[device][1], shared[device][2] };
    }
    pthread_mutex_unlock(&shared_lock);
    for (int number = 0; number < used; number++)
    {
        read_cell(number, devices);
        for (int device = 0; device < devices; device++)
        {
            sums[device].flop_count += last[number][device][0];
            sums[device].estimate += last[number][device][1];
            sums[device].bound += last[number][device][2];
        }
    }
}

int flopmeter_cuda_stated_cells(void)
{
    return atomic_load(&cells_used);
}
