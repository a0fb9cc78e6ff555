/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.card;

/**
 * Another tool that did the same work in the same run.
 *
 * @param name   of the tool and its configuration, e.g. "disruptorSingle".
 * @param unit   "ns/sample".
 * @param median over rounds, in the unit.
 * @param ratio  of the peer's figure to ours; above 1 where we are faster. Which of ours: the note says.
 * @param exact  its totals were right for every key; null where it has none (a trace).
 * @param note   configuration, what the ratio is to, and what was wrong with its totals.
 */
public record Peer(String name, String unit, double median, double ratio, Boolean exact, String note)
{
}
