/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tracepoint that carries what a sample of ours carries: slot, precision, basis, source and FLOP. LTTng's header
 * includes this file several times, hence the unusual guard.
 */

#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER flopmeter_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "lttng_provider.h"

#if !defined(FLOPMETER_BENCH_LTTNG_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define FLOPMETER_BENCH_LTTNG_PROVIDER_H

#include <stdint.h>

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT(
    flopmeter_bench,
    sample,
    LTTNG_UST_TP_ARGS(
        uint32_t, slot, uint16_t, precision, uint8_t, basis, uint8_t, source, uint64_t, flop_count),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer(uint32_t, slot, slot)
        lttng_ust_field_integer(uint16_t, precision, precision)
        lttng_ust_field_integer(uint8_t, basis, basis)
        lttng_ust_field_integer(uint8_t, source, source)
        lttng_ust_field_integer(uint64_t, flop_count, flop_count)))

#endif

#include <lttng/tracepoint-event.h>
