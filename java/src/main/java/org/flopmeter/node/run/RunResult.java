/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/**
 * The result of a run as people and documents see it: flopmeter/run-result/v1. Maps are in order of presentation.
 *
 * @param countedByNode what calls of the run itself, and of no run nested in it, counted, by node and precision: no
 *     work that nobody saw, unlike {@code byNode}.
 * @param beyond        what counters saw executed beyond the calls, for who needs it as keys; in {@code byNode} it is
 *     nobody's.
 * @param compared      devices of which more than one source spoke.
 * @param coverage      null = nobody asked for it.
 */
public record RunResult(
    RunFacts facts,
    FlopInterval flop,
    Map<String, FlopInterval> byPrecision,
    Map<String, FlopInterval> byNode,
    Map<String, Map<String, FlopInterval>> countedByNode,
    List<Beyond> beyond,
    Map<String, SourceTotal> bySource,
    Map<String, FlopCount> byBasis,
    List<ResultWitness> witnesses,
    Samples samples,
    List<ResultGap> gaps,
    UpperBasis upperBasis,
    boolean conserved,
    List<ResultFinding> findings,
    Overhead overhead,
    ResultCoverage coverage,
    List<Compared> compared)
{
    static final String SCHEMA = "flopmeter/run-result/v1";
    public static final String UNATTRIBUTED = "unattributed";
    /** The one finding that contradicts nothing. */
    static final String WORK_BEYOND_SHAPES = "WORK_BEYOND_SHAPES";

    /** Under which node people find it. */
    public static String nodeOf(final KeyTotal key)
    {
        return null == key.node() || key.node().isEmpty() ? UNATTRIBUTED : key.node();
    }

    /**
     * What a source counted.
     *
     * @param calls    outermost calls with FLOP > 0.
     * @param executed null unless the source is a counter that the calls are checked against.
     */
    record SourceTotal(long calls, FlopCount flopCount, Executed executed)
    {
        SourceTotal(final long calls, final FlopCount flopCount)
        {
            this(calls, flopCount, null);
        }
    }

    /**
     * Part of the lower end that no call counted.
     *
     * @param source PERF for a CPU, CUDA for a GPU.
     */
    public record Beyond(Source source, Basis basis, Precision precision, FlopCount flopCount)
    {
    }

    /** @param added what of it is in the total, beyond what calls counted. */
    record Executed(FlopInterval flop, FlopCount added)
    {
        boolean isInTotal()
        {
            return added.equals(flop.lower());
        }
    }

    /**
     * A counter that saw what others counted, or might have.
     *
     * @param flop    null = it could not be read.
     * @param isWhole it watched all the time.
     * @param byPrecision what it tells apart; empty = it could not be read.
     * @param ifAll   null = nothing is known of precisions that it lumps.
     * @param onPmu   null = it can't tell, or it is none that takes turns.
     */
    record ResultWitness(
        String name,
        String source,
        String basis,
        String state,
        String detail,
        boolean isWhole,
        FlopInterval flop,
        Map<Precision, FlopInterval> byPrecision,
        IfAll ifAll,
        OnPmu onPmu)
    {
    }

    /** Of the time in which events were meant to count, that in which each of them did at least. */
    record OnPmu(long coveredNs, long runningNs)
    {
        /** Did they take turns? */
        boolean isShared()
        {
            return runningNs < coveredNs;
        }
    }

    /**
     * What a counter saw if all work on tensor cores was in these precisions.
     *
     * @param isDeclared a person said so; false: no other one was counted.
     */
    record IfAll(List<String> precisions, boolean isDeclared, FlopInterval flop)
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
    public record ResultGap(String source, long beginNs, long endNs, String reason, String detail, BigInteger upper)
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
     * @param flopCountMax   what the CPU can have executed at most by its clock; null = unbounded.
     * @param cpuTimeSource  "rusage", "task clock", "cgroup" or "wall time x online CPUs".
     * @param executedMax    what the CPU's counters say it executed at most; null = no counter watched all of it.
     * @param acceleratorMax what accelerators can have executed at most; null = unbounded.
     * @param decidedBy      "clock", "perf" or "none".
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
        String why,
        BigInteger executedMax,
        BigInteger acceleratorMax,
        String decidedBy)
    {
    }

    /** CPU time of the meter's own processes. What producers spend in the program's threads is part of cpuNs. */
    record Overhead(long meterCpuNs, long supervisorCpuNs, int meterRestarts, MeterLoop loop)
    {
    }
}
