/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.flopmeter.unit.FlopCount;
import org.flopmeter.wire.SlotKey;

/** Everything that is committed: the fold of all account records. Changed by AccountCodec alone. */
final class AccountState
{
    /** More findings than this say nothing new, and a hostile process must not fill the account with them. */
    static final int FINDINGS_MAX = 1024;

    /**
     * Keys of retired lanes that are told apart. A process that makes up names without end must not fill the memory of
     * a meter that runs for weeks: beyond this the FLOP go to an overflow key, exact, without run and node.
     */
    static final int RETIRED_KEYS_MAX = 1 << 17;

    /** Total of one key over retired lanes. */
    static final class RetiredTotal
    {
        FlopCount flopCount = FlopCount.ZERO;
        long ringSamples;
        long foldSamples;
    }

    final Map<Long, LaneAccount> lanes = new LinkedHashMap<>();
    final Map<SlotKey, RetiredTotal> retired = new LinkedHashMap<>();
    final Set<Long> retiredNonces = new LinkedHashSet<>();
    final List<Finding> findings = new ArrayList<>();
    /** Those that found no room. After a restart one may be counted again: it is not known any more which they were. */
    long findingsBeyond;
    FlopCount retiredRunning = FlopCount.ZERO;
    long retiredConsumed;
    long retiredFolded;
    long retiredLost;

    void addFinding(final Finding finding)
    {
        if (!findings.contains(finding))
        {
            if (findings.size() < FINDINGS_MAX)
            {
                findings.add(finding);
            }
            else
            {
                findingsBeyond++;
            }
        }
    }

    /** Move a lane's sums to the retired totals. A total that would overflow throws before anything has changed. */
    void retire(final long nonce)
    {
        final LaneAccount lane = lanes.get(nonce);
        final Map<SlotKey, FlopCount> sums = sumsWith(lane);
        final FlopCount running = runningWith(lane);
        lanes.remove(nonce);
        sums.forEach((key, flopCount) -> retired.computeIfAbsent(key, (k) -> new RetiredTotal()).flopCount = flopCount);
        for (int slot = 0; slot < lane.keys.size(); slot++)
        {
            final SlotKey key = lane.keys.get(slot);
            final RetiredTotal total = retired.get(retired.containsKey(key) ? key : overflowOf(key));
            total.ringSamples += lane.sums.ringSamples(slot);
            total.foldSamples += lane.sums.foldSamples(slot);
        }
        retiredRunning = running;
        retiredConsumed += lane.running.samples();
        retiredFolded += lane.folded.samples();
        retiredLost += lane.lost;
        retiredNonces.add(nonce);
    }

    /** What the retired totals would be with this lane. */
    Map<SlotKey, FlopCount> sumsWith(final LaneAccount lane)
    {
        final Map<SlotKey, FlopCount> sums = new LinkedHashMap<>();
        int fresh = 0;
        for (int slot = 0; slot < lane.keys.size(); slot++)
        {
            final SlotKey named = lane.keys.get(slot);
            final boolean isKnown = retired.containsKey(named) || sums.containsKey(named);
            fresh += isKnown ? 0 : 1;
            final SlotKey key = isKnown || retired.size() + fresh <= RETIRED_KEYS_MAX ? named : overflowOf(named);
            final RetiredTotal total = retired.get(key);
            final FlopCount before = sums.getOrDefault(key, null == total ? FlopCount.ZERO : total.flopCount);
            sums.put(key, before
                .add(FlopCount.of(lane.sums.ringHigh(slot), lane.sums.ringLow(slot)))
                .add(FlopCount.of(lane.sums.foldHigh(slot), lane.sums.foldLow(slot))));
        }
        return sums;
    }

    private static SlotKey overflowOf(final SlotKey key)
    {
        return new SlotKey("", null, key.precision(), key.basis(), key.source(), key.part(), true);
    }

    FlopCount runningWith(final LaneAccount lane)
    {
        return retiredRunning
            .add(FlopCount.of(lane.running.high(), lane.running.low()))
            .add(FlopCount.of(lane.folded.high(), lane.folded.low()));
    }
}
