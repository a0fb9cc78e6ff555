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

/** What the meter had in hand at one moment: the input of every document, line and table. */
public record Reading(
    List<KeyTotal> keys,
    long samplesProduced,
    long samplesConsumed,
    long samplesFolded,
    long samplesLost,
    List<Finding> findings,
    List<Gap> gaps,
    List<String> conservationDetails,
    boolean cpuIncomplete)
{
    public static Reading of(final Totals totals)
    {
        return new Reading(
            totals.keys(),
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
