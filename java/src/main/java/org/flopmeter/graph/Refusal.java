/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

/** Why a graph is refused, or a question about it can't be answered: codes of the command contract. */
public enum Refusal
{
    /** An id holds '@', which separates a computation from its segment. */
    BAD_ID,
    DUPLICATE_ID,
    BAD_KIND,
    /** FLOP belong to computations: on an artifact they would count twice, with its generator. */
    WEIGHT_ON_ARTIFACT,
    /** Not a count or three of them in order, or "unbounded" elsewhere than at the upper end. */
    BAD_INTERVAL,
    NEGATIVE_FLOP,
    /** 2^128 or more: refused, never wrapped. */
    OVERFLOW,
    /** An end before its start, or a cause that starts after its effect ended. */
    TIME_ORDER,
    MISSING_NODE,
    SELF_EDGE,
    DUPLICATE_EDGE,
    BAD_CUT,
    UNARGUED_CUT,
    CUT_NOT_HUMAN,
    CYCLE,
    /** No time passed between two outputs, or in a window. */
    RATE_INTERVAL,
    MISSING_TIME,
    BAD_OP
}
