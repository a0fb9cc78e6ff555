/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.wire.GapReason;

/**
 * What a host's devices did that no run counts itself, by whose it is: the directory of their counter has nothing else
 * in it, so that each key is the declared layer of a device and no witness of another one.
 *
 * @param totals by run and node. The upper end of a job holds what may have been its own while others were there.
 * @param shared of these ends, what stands under the host, too, and in the sum only there; by job and node.
 * @param all    the sum, with each cycle once.
 */
public record DeviceReading(
    Map<String, Map<String, FlopInterval>> totals, Map<String, Map<String, FlopCount>> shared, FlopInterval all)
{
    /** In place of {@link #DEVICE} in a node: docs/design/0019-sidecar.md section 7. */
    private static final String SHARED = "shared:";
    private static final String DEVICE = "device:";

    /** Gaps that are within the upper end: what was not read for a time, and what may be somebody else's. */
    private static final Set<GapReason> WITHIN =
        EnumSet.of(GapReason.COUNTER_PAUSED, GapReason.SHARED, GapReason.KEYS);

    /** @param isBounded what the counter says. */
    public static DeviceReading of(final Reading reading, final boolean isBounded)
    {
        final boolean isWhole = isBounded && 0 == reading.samplesLost() && reading.findings().isEmpty() &&
            reading.violations().isEmpty() && reading.gaps().stream().allMatch(gap -> WITHIN.contains(gap.reason()));
        final Map<String, Map<String, Sums>> sums = new TreeMap<>();
        final Map<String, Map<String, FlopCount>> shared = new TreeMap<>();
        final Sums all = new Sums();
        for (final KeyTotal key : reading.keys())
        {
            final String run = key.run().isEmpty() ? RunFacts.HOST : key.run();
            final String node = RunResult.nodeOf(key);
            // A count under such a node can be no meter's: it is a total of its own, as every other one.
            final boolean isShare = node.startsWith(SHARED) && Part.BOUND == key.part();
            final String device = isShare ? DEVICE + node.substring(SHARED.length()) : node;
            sums.computeIfAbsent(run, ignored -> new TreeMap<>())
                .computeIfAbsent(device, ignored -> new Sums()).add(key.part(), key.flopCount());
            if (isShare)
            {
                shared.computeIfAbsent(run, ignored -> new TreeMap<>())
                    .merge(device, key.flopCount(), FlopCount::add);
            }
            else
            {
                all.add(key.part(), key.flopCount());
            }
        }
        final Map<String, Map<String, FlopInterval>> totals = new TreeMap<>();
        sums.forEach((run, nodes) -> nodes.forEach((node, sum) ->
            totals.computeIfAbsent(run, ignored -> new TreeMap<>()).put(node, interval(sum, isWhole))));
        return new DeviceReading(
            Collections.unmodifiableMap(totals), Collections.unmodifiableMap(shared), interval(all, isWhole));
    }

    private static FlopInterval interval(final Sums sum, final boolean isWhole)
    {
        return sum.interval(isWhole ? sum.stated() : null);
    }
}
