/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which metrics are collected together: sets that fit into one pass (more passes would mean to run the program's
 * kernels again), and the order in which they take turns.
 */

#ifndef FLOPMETER_CUDA_SELECT_H
#define FLOPMETER_CUDA_SELECT_H

#include "cuda_metric.h"

#define FLOPMETER_CUDA_SET_METRICS_MAX (12)
#define FLOPMETER_CUDA_SET_NAMES_MAX (FLOPMETER_CUDA_SET_METRICS_MAX * 4)     /* with those that tell what is sparse */
#define FLOPMETER_CUDA_SETS_MAX (32)
#define FLOPMETER_CUDA_TURNS_MAX (16)

/** Metrics that don't overlap and need one pass; behind them in every list those that tell what of them is sparse. */
typedef struct flopmeter_cuda_set_stct
{
    size_t count;
    uint8_t metrics[FLOPMETER_CUDA_SET_METRICS_MAX];
    uint64_t atoms;
    uint64_t dense;                             /* of the table's */
}
flopmeter_cuda_set_t;

typedef struct flopmeter_cuda_sets_stct
{
    size_t count;
    flopmeter_cuda_set_t sets[FLOPMETER_CUDA_SETS_MAX];
}
flopmeter_cuda_sets_t;

/** Passes that `set` needs, 0 when that can't be told. */
typedef size_t (*flopmeter_cuda_passes_t)(
    void *context, const flopmeter_cuda_table_t *table, const flopmeter_cuda_set_t *set);

/** Find sets of one pass, greedily from several orders. */
void flopmeter_cuda_sets_find(
    flopmeter_cuda_sets_t *sets, const flopmeter_cuda_table_t *table, flopmeter_cuda_passes_t passes, void *context);

/** Which set comes next. Plain data, zero at first. */
typedef struct flopmeter_cuda_turns_stct
{
    uint64_t used;                              /* atoms for which the turns below were made */
    size_t count;
    uint8_t turns[FLOPMETER_CUDA_TURNS_MAX];
    size_t next;
    size_t survey_count;                        /* sets that read every root whole, and every atom, that one pass can */
    uint8_t survey[FLOPMETER_CUDA_TURNS_MAX];
    size_t survey_next;
    size_t ranges;                              /* so far */
    bool is_survey;                             /* the last turn was one of the survey */
}
flopmeter_cuda_turns_t;

/** Each so many ranges one is spent on what was not in use, to see whether that has changed. */
#define FLOPMETER_CUDA_SURVEY_EACH (8)

/** Make the survey. False when there is nothing to collect. */
bool flopmeter_cuda_turns_begin(
    flopmeter_cuda_turns_t *turns, const flopmeter_cuda_table_t *table, const flopmeter_cuda_sets_t *sets);

/**
 * The set whose turn it is when the atoms in `used` were seen in use: first the whole survey, then the fewest sets that
 * cover these (one, where one does) in turn.
 */
const flopmeter_cuda_set_t *flopmeter_cuda_turns_next(
    flopmeter_cuda_turns_t *turns, const flopmeter_cuda_sets_t *sets, uint64_t used);

/** How many ranges make one round. */
size_t flopmeter_cuda_turns_round(
    flopmeter_cuda_turns_t *turns, const flopmeter_cuda_sets_t *sets, uint64_t used);

#endif /* FLOPMETER_CUDA_SELECT_H */
