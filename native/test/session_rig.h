/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A session of the meter in the program over a driver made of scripts, and a clock that moves only when told: what was
 * booked, what was told, and the laws that hold whatever goes wrong.
 */

#ifndef FLOPMETER_TEST_SESSION_RIG_H
#define FLOPMETER_TEST_SESSION_RIG_H

#include "check.h"
#include "cuda_session.h"
#include "fake_cuda.h"

#define MS (1000000ULL)
#define SECOND (1000 * MS)

/* FLOP per ns: near the peak of bf16 of the fake card, 100 SM at 1 GHz, so that a bound that is too low shows. */
#define BUSY (400000)

/* Leaves of the fake chip. */
#define HGMMA (0)
#define HMMA (1)
#define FP16 (3)
#define FP8 (4)
#define FP64 (5)
#define INT8 (6)

extern fake_cuda_t *fake;
extern flopmeter_cuda_session_t session;
extern flopmeter_cuda_settings_t settings;
extern flopmeter_u128_t lower;
extern flopmeter_u128_t estimated;
extern flopmeter_u128_t bounded;
extern flopmeter_u128_t lower_by[FLOPMETER_CUDA_PRECISIONS];
extern uint64_t gaps;                /* bits */
extern uint64_t done_before;         /* FLOP before the first context */

/** Counts and gaps go to what stands above. */
extern const flopmeter_cuda_world_t rig_world;

uint64_t bit(flopmeter_gap_reason_t reason);

/** FLOP that were done, and FLOP that the ranges told of. */
uint64_t truth(void);
uint64_t told(void);

/** A fresh card and nothing booked. */
void reset(const char *chip);

flopmeter_counter_state_t open_session(void);

/** Step until `ns` later; waits are waited as asked for. */
void pass(uint64_t ns);

/** What holds in any case. */
void check_laws(const char *what);

/** Close, check the laws, and compare the gaps. */
void finish(const char *what, uint64_t gaps_expected);

#endif /* FLOPMETER_TEST_SESSION_RIG_H */
