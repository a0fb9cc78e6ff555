/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.util.ArrayList;
import java.util.List;

import org.flopmeter.wire.RunningSum;
import org.flopmeter.wire.SlotKey;
import org.flopmeter.wire.SlotSums;

/** What is committed about one lane. */
final class LaneAccount
{
    final long nonce;
    final List<SlotKey> keys = new ArrayList<>();
    /** The keys as a record has them, for the next snapshot: with 1024 slots they were most of its time. */
    final RecordWriter keyBytes = RecordWriter.ofPart();
    final SlotSums sums = new SlotSums();

    /** All that came through the ring: kept beside the slots, so that they can be checked against each other. */
    final RunningSum running = new RunningSum();
    final RunningSum boundary = new RunningSum();
    final RunningSum folded = new RunningSum();
    long position;
    int openCount;
    long sequenceNext = 1;
    long lost;
    boolean isQuarantined;

    LaneAccount(final long nonce)
    {
        this.nonce = nonce;
    }
}
