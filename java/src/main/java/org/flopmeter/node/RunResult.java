/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/** The result of a run as people and documents see it: flopmeter/run-result/v1. Maps are in order of presentation. */
record RunResult(
    RunFacts facts,
    FlopInterval flop,
    Map<String, FlopInterval> byPrecision,
    Map<String, FlopInterval> byNode,
    Map<String, SourceTotal> bySource,
    Map<String, FlopCount> byBasis,
    Samples samples,
    List<ResultGap> gaps,
    UpperBasis upperBasis,
    boolean conserved,
    List<ResultFinding> findings,
    Overhead overhead)
{
    static final String SCHEMA = "flopmeter/run-result/v1";
    static final String UNATTRIBUTED = "unattributed";

    /** Outermost calls with FLOP > 0, and what was counted for them. */
    record SourceTotal(long calls, FlopCount flopCount)
    {
    }

    record Samples(long produced, long consumed, long folded, long lost)
    {
    }

    /**
     * Something that was not counted, or not wholly. Times are UNIX epoch.
     *
     * @param upper null = unbounded.
     */
    record ResultGap(String source, long beginNs, long endNs, String reason, String detail, BigInteger upper)
    {
        String upperText()
        {
            return null == upper ? FlopInterval.UNBOUNDED : upper.toString();
        }
    }

    record ResultFinding(String kind, String lane, long offset, String reason)
    {
    }

    /**
     * How the upper end came about.
     *
     * @param flopCountMax  what the CPU can have executed at most; null = unbounded.
     * @param cpuTimeSource "rusage" or "wall time x online CPUs".
     */
    record UpperBasis(
        int flopPerCycle,
        String isa,
        String cpuModel,
        long clockHz,
        String clockSource,
        BigInteger cpuNs,
        String cpuTimeSource,
        BigInteger flopCountMax,
        String why)
    {
    }

    /** CPU time of the meter's own processes. What producers spend in the program's threads is part of cpuNs. */
    record Overhead(long meterCpuNs, long supervisorCpuNs, int meterRestarts, MeterLoop loop)
    {
    }
}
