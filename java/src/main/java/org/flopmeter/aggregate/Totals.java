/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.util.List;

/** What is committed at one instant. Immutable. */
public final class Totals
{
    private final List<KeyTotal> keys;
    private final List<KeyTotal> ownKeys;
    private final List<Finding> findings;
    private final List<Gap> gaps;
    private final List<String> conservationDetails;
    private final long samplesProduced;
    private final long samplesConsumed;
    private final long samplesFolded;
    private final long samplesLost;
    private final boolean cpuIncomplete;

    Totals(final TotalsBuilder builder)
    {
        keys = builder.keys();
        ownKeys = builder.ownKeys(keys);
        findings = List.copyOf(builder.findings);
        gaps = List.copyOf(builder.gaps);
        samplesProduced = builder.samplesProduced;
        samplesConsumed = builder.samplesConsumed;
        samplesFolded = builder.samplesFolded;
        samplesLost = builder.samplesLost;
        cpuIncomplete = builder.cpuIncomplete;
        conservationDetails = List.copyOf(builder.conservationDetails);
    }

    /** One entry per key, ordered by run, node, precision, basis, source, part. */
    public List<KeyTotal> keys()
    {
        return keys;
    }

    /** The same without what meters nested in the outermost one counted. */
    public List<KeyTotal> ownKeys()
    {
        return ownKeys;
    }

    /** Samples by the producers' own tallies. While programs run it may be ahead of what was consumed. */
    public long samplesProduced()
    {
        return samplesProduced;
    }

    /** Samples that came through rings. */
    public long samplesConsumed()
    {
        return samplesConsumed;
    }

    /** Samples that were folded because a ring was full. */
    public long samplesFolded()
    {
        return samplesFolded;
    }

    /** Samples whose FLOP are in no total. */
    public long samplesLost()
    {
        return samplesLost;
    }

    public List<Finding> findings()
    {
        return findings;
    }

    public List<Gap> gaps()
    {
        return gaps;
    }

    /** Does law 2 hold: do the totals equal what the producers' own tallies say? */
    public boolean conserved()
    {
        return conservationDetails.isEmpty();
    }

    /** Where it does not hold, in words. */
    public List<String> conservationDetails()
    {
        return conservationDetails;
    }

    /** Some process ignores SIGCHLD, so that CPU times of its children may be missing. */
    public boolean cpuIncomplete()
    {
        return cpuIncomplete;
    }
}
