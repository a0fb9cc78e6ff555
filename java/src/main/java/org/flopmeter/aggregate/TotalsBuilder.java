/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.flopmeter.unit.FlopCount;
import org.flopmeter.wire.ControlDescriptor;
import org.flopmeter.wire.ControlReader;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.SlotKey;

/** Adds up accounts and control files of a meter and of the meters nested in it. */
final class TotalsBuilder
{
    private static final Comparator<KeyTotal> ORDER = Comparator
        .comparing(KeyTotal::run)
        .thenComparing(KeyTotal::node, Comparator.nullsFirst(Comparator.naturalOrder()))
        .thenComparing(KeyTotal::precision)
        .thenComparing(KeyTotal::basis)
        .thenComparing(KeyTotal::source)
        .thenComparing(KeyTotal::part);

    private static final class Sum
    {
        FlopCount flopCount = FlopCount.ZERO;
        long samples;
    }

    final List<Finding> findings = new ArrayList<>();
    final List<Gap> gaps = new ArrayList<>();
    final List<String> conservationDetails = new ArrayList<>();
    long samplesProduced;
    long samplesConsumed;
    long samplesFolded;
    long samplesLost;
    boolean cpuIncomplete;
    private final Map<SlotKey, Sum> sums = new LinkedHashMap<>();
    /** Of the outermost meter alone; null while there is no other. */
    private List<KeyTotal> ownKeys;

    /** Add a state. `place` names a nested meter in findings, "" for the outermost one, which comes first. */
    void add(final AccountState state, final String place)
    {
        if (!place.isEmpty() && null == ownKeys)
        {
            ownKeys = ordered();
        }
        FlopCount attributed = FlopCount.ZERO;
        FlopCount produced = state.retiredRunning;
        for (final Map.Entry<SlotKey, AccountState.RetiredTotal> entry : state.retired.entrySet())
        {
            final AccountState.RetiredTotal total = entry.getValue();
            add(entry.getKey(), total.flopCount, total.ringSamples, total.foldSamples);
            attributed = attributed.add(total.flopCount);
        }
        samplesProduced += state.retiredConsumed + state.retiredFolded;
        samplesLost += state.retiredLost;
        for (final LaneAccount lane : state.lanes.values())
        {
            attributed = attributed.add(addLane(lane));
            produced = produced
                .add(FlopCount.of(lane.running.high(), lane.running.low()))
                .add(FlopCount.of(lane.folded.high(), lane.folded.low()));
        }
        if (!attributed.equals(produced))
        {
            conservationDetails.add(
                place + "keys have " + attributed + " FLOP, lanes were read to have " + produced);
        }
        for (final Finding finding : state.findings)
        {
            addFinding(new Finding(finding.kind(), place + finding.lane(), finding.offset(), finding.reason()));
        }
        if (state.findingsBeyond > 0)
        {
            addFinding(new Finding("account", place, 0, "and " + state.findingsBeyond + " more findings"));
        }
    }

    void addFinding(final Finding finding)
    {
        findings.add(finding);
        if (LaneViolation.Kind.TALLY.jsonName().equals(finding.kind()))
        {
            conservationDetails.add(finding.lane() + ": " + finding.reason());
        }
    }

    /** Of a control file: what processes say there is not known, nor whether they hide CPU time. */
    void addUnread(final Finding finding)
    {
        cpuIncomplete = true;
        addFinding(finding);
    }

    static Finding unreadControl(final String place, final IOException ex)
    {
        return new Finding(LaneViolation.Kind.CONTROL.jsonName(), place + ControlDescriptor.NAME, 0,
            "can't be read, so gaps and lost samples that processes tell are not known: " + ex.getMessage());
    }

    void add(final ControlReader control, final String place)
    {
        cpuIncomplete |= control.isCpuIncomplete();
        final long lost = control.lostSamples();
        if (lost < 0 || lost > Long.MAX_VALUE / 4 - samplesLost)
        {
            addFinding(controlFinding(place, ControlDescriptor.LOST_SAMPLES_OFFSET,
                "lostSamples=" + Long.toUnsignedString(lost) + " can't be true"));
        }
        else
        {
            samplesLost += lost;
        }
        final int invalid = control.gaps((source, reason, pid, beginNs, endNs, samples, joined) ->
            gaps.add(new Gap(source, reason, pid, beginNs, endNs, samples, joined)));
        if (invalid > 0)
        {
            addFinding(controlFinding(place, ControlDescriptor.GAP_OFFSET, invalid + " gaps make no sense"));
        }
        final int beyond = control.gapCount() - ControlDescriptor.GAP_CAPACITY;
        if (control.gapCount() < 0 || beyond > 0)
        {
            addFinding(controlFinding(place, ControlDescriptor.GAP_COUNT_OFFSET,
                Integer.toUnsignedString(beyond) + " more gaps than there is room for"));
        }
    }

    /** The keys added up, in order. */
    List<KeyTotal> keys()
    {
        samplesProduced += samplesLost;
        if (samplesProduced != samplesConsumed + samplesFolded + samplesLost)
        {
            conservationDetails.add(
                "produced " + samplesProduced + " samples, consumed " + samplesConsumed + ", folded " + samplesFolded +
                ", lost " + samplesLost);
        }
        return ordered();
    }

    /** Of all {@link #keys()} what the outermost meter alone has. */
    List<KeyTotal> ownKeys(final List<KeyTotal> all)
    {
        return null == ownKeys ? all : ownKeys;
    }

    private List<KeyTotal> ordered()
    {
        final List<KeyTotal> keys = new ArrayList<>(sums.size());
        sums.forEach((key, sum) -> keys.add(new KeyTotal(
            key.run(), key.node(), key.precision(), key.basis(), key.source(), key.part(),
            sum.flopCount, sum.samples, key.overflow())));
        keys.sort(ORDER);
        return List.copyOf(keys);
    }

    private FlopCount addLane(final LaneAccount lane)
    {
        FlopCount attributed = FlopCount.ZERO;
        for (int slot = 0; slot < lane.keys.size(); slot++)
        {
            final FlopCount flopCount = FlopCount
                .of(lane.sums.ringHigh(slot), lane.sums.ringLow(slot))
                .add(FlopCount.of(lane.sums.foldHigh(slot), lane.sums.foldLow(slot)));
            attributed = attributed.add(flopCount);
            add(lane.keys.get(slot), flopCount, lane.sums.ringSamples(slot), lane.sums.foldSamples(slot));
        }
        samplesProduced += lane.running.samples() + lane.folded.samples();
        samplesLost += lane.lost;
        return attributed;
    }

    private void add(final SlotKey key, final FlopCount flopCount, final long ringSamples, final long foldSamples)
    {
        samplesConsumed += ringSamples;
        samplesFolded += foldSamples;
        if (0 != ringSamples + foldSamples)
        {
            final Sum sum = sums.computeIfAbsent(key, (k) -> new Sum());
            sum.flopCount = sum.flopCount.add(flopCount);
            sum.samples += ringSamples + foldSamples;
        }
    }

    private static Finding controlFinding(final String place, final long offset, final String reason)
    {
        return new Finding(
            LaneViolation.Kind.CONTROL.jsonName(), place + ControlDescriptor.NAME, offset, reason);
    }

    static Finding findingOf(final String laneName, final LaneViolation violation)
    {
        return new Finding(violation.kind().jsonName(), laneName, violation.offset(), violation.getMessage());
    }
}
