/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.util.ArrayList;
import java.util.List;
import org.flopmeter.aggregate.Finding;
import org.flopmeter.aggregate.Gap;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.aggregate.Totals;

/**
 * What the meter had in hand at one moment: the input of every document, line and table.
 *
 * @param ownKeys of {@code keys} what no meter nested in this one counted.
 */
public record Reading(
    List<KeyTotal> keys,
    List<KeyTotal> ownKeys,
    long samplesProduced,
    long samplesConsumed,
    long samplesFolded,
    long samplesLost,
    List<Finding> findings,
    List<Gap> gaps,
    List<String> conservationDetails,
    boolean cpuIncomplete)
{
    /** With nothing nested. */
    Reading(
        final List<KeyTotal> keys,
        final long samplesProduced,
        final long samplesConsumed,
        final long samplesFolded,
        final long samplesLost,
        final List<Finding> findings,
        final List<Gap> gaps,
        final List<String> conservationDetails,
        final boolean cpuIncomplete)
    {
        this(keys, keys, samplesProduced, samplesConsumed, samplesFolded, samplesLost, findings, gaps,
            conservationDetails, cpuIncomplete);
    }

    public static Reading of(final Totals totals)
    {
        return new Reading(
            totals.keys(),
            totals.ownKeys(),
            totals.samplesProduced(),
            totals.samplesConsumed(),
            totals.samplesFolded(),
            totals.samplesLost(),
            totals.findings(),
            totals.gaps(),
            totals.conservationDetails(),
            totals.cpuIncomplete());
    }

    /** Where law 2 does not hold, in words; empty when produced = consumed + folded + lost and every tally agrees. */
    public List<String> violations()
    {
        final List<String> violations = new ArrayList<>(conservationDetails);
        if (violations.isEmpty() && samplesProduced != samplesConsumed + samplesFolded + samplesLost)
        {
            violations.add("samples produced " + samplesProduced + " are not consumed " + samplesConsumed +
                " + folded " + samplesFolded + " + lost " + samplesLost);
        }
        return violations;
    }
}
