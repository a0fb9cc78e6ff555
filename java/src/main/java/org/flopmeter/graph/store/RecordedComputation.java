/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.math.BigInteger;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.Peaked;
import org.flopmeter.graph.store.GraphRecord.Weighed;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/** What the records say of one computation, whatever their order and number. */
public final class RecordedComputation
{
    /** What belongs to no precision: work that could not be seen. */
    public static final String UNKNOWN_PRECISION = "unknown";

    /** Nothing is known of it, so there is no end to it. */
    static final FlopInterval ANYTHING = FlopInterval.unbounded(FlopCount.ZERO, FlopCount.ZERO);

    private static final BigInteger NS_PER_S = BigInteger.valueOf(1_000_000_000L);

    private final long nowNs;
    private final Begun begun;
    private final long sequence;
    /** That it is a stretch of; null when it is whole. */
    private final RecordedComputation whole;
    private final SortedMap<String, Weighed> weights = new TreeMap<>();
    private long endedSequence = -1;
    private Ended ended;
    private Peaked peaked;
    private String outer = "";

    RecordedComputation(final Begun begun, final long sequence, final long nowNs)
    {
        this.nowNs = nowNs;
        this.begun = begun;
        this.sequence = sequence;
        whole = null;
    }

    private RecordedComputation(final RecordedComputation whole, final Begun begun, final long sequence)
    {
        this.whole = whole;
        this.begun = begun;
        this.sequence = sequence;
        nowNs = whole.nowNs;
    }

    /**
     * A stretch of this one that its program marked. It ends with the whole: what goes on may belong to any.
     *
     * @param number from 1.
     * @param name   that its work is counted under; "" for none.
     */
    RecordedComputation segment(final int number, final String name, final long beginNs, final long at)
    {
        return new RecordedComputation(this, new Begun(
            beginNs, id() + '#' + number, run(), name.isEmpty() ? node() : name, command(), begun.outer()), at);
    }

    /** The computation that it is a stretch of, or itself. */
    RecordedComputation whole()
    {
        return null == whole ? this : whole;
    }

    /** Id of the computation that it is a stretch of, or its own. */
    public String wholeId()
    {
        return whole().id();
    }

    public String id()
    {
        return begun.id();
    }

    public String run()
    {
        return begun.run();
    }

    public String node()
    {
        return begun.node();
    }

    public String command()
    {
        return begun.command();
    }

    public long beginNs()
    {
        return begun.beginNs();
    }

    /** Id of the computation that it is a part of, "" for none. */
    public String outer()
    {
        return outer;
    }

    public boolean isEnded()
    {
        return null == whole ? null != ended : whole.isEnded();
    }

    /** When it ended; an error while it goes on. */
    public long endNs()
    {
        return Math.max(null == whole ? ended.endNs() : whole.endNs(), begun.beginNs());
    }

    /** Ran within another recorded run, which weighs what this one did. */
    public boolean isPart()
    {
        return !outer.isEmpty();
    }

    /** Ids of runs that it ran in, from the inside out, recorded or not. */
    List<String> around()
    {
        return begun.outer().isEmpty() ? List.of() : List.of(begun.outer().split(" "));
    }

    /** Per precision. While it goes on, or where its meter died, what was reported last and peak x time since. */
    public SortedMap<String, FlopInterval> flop()
    {
        if (isPart())
        {
            return Collections.emptySortedMap();
        }
        final SortedMap<String, FlopInterval> flop = new TreeMap<>();
        weights.forEach((precision, weighed) -> flop.put(precision, weighed.flop()));
        if (null == whole && !isEnded())
        {
            flop.merge(UNKNOWN_PRECISION, sinceReport(), FlopInterval::add);
        }
        return Collections.unmodifiableSortedMap(flop);
    }

    void becomePart(final String outerId)
    {
        outer = outerId;
    }

    long sequence()
    {
        return sequence;
    }

    private FlopInterval sinceReport()
    {
        if (null == peaked)
        {
            return ANYTHING;
        }
        final long reportNs = weights.values().stream().mapToLong(Weighed::asOfNs).max().orElse(begun.beginNs());
        final BigInteger since = peaked.flopPerSec().toBigInteger()
            .multiply(BigInteger.valueOf(Math.max(0, nowNs - reportNs))).add(NS_PER_S).subtract(BigInteger.ONE)
            .divide(NS_PER_S);
        return since.bitLength() > 128 ?
            ANYTHING : FlopInterval.of(FlopCount.ZERO, FlopCount.ZERO, FlopCount.of(since));
    }

    void add(final Peaked record)
    {
        if (null == peaked || record.flopPerSec().compareTo(peaked.flopPerSec()) > 0)
        {
            peaked = record;
        }
    }

    /** Number of the record that ended it; beyond all while it goes on. */
    long endedSequence()
    {
        return null != whole ? whole.endedSequence() : null == ended ? Long.MAX_VALUE : endedSequence;
    }

    void add(final Ended record, final long at)
    {
        if (null == ended || record.endNs() > ended.endNs())
        {
            ended = record;
        }
        endedSequence = endedSequence < 0 ? at : endedSequence;
    }

    /** The latest holds; of two of the same time the larger at each end. So resending changes nothing. */
    void add(final Weighed record)
    {
        weights.merge(record.precision(), record, RecordedComputation::latest);
    }

    private static Weighed latest(final Weighed one, final Weighed other)
    {
        if (one.asOfNs() != other.asOfNs())
        {
            return one.asOfNs() > other.asOfNs() ? one : other;
        }
        final FlopCount lower = one.flop().lower().max(other.flop().lower());
        final FlopCount point = one.flop().point().max(other.flop().point());
        final FlopInterval flop = one.flop().isBounded() && other.flop().isBounded() ?
            FlopInterval.of(lower, point, one.flop().upper().max(other.flop().upper())) :
            FlopInterval.unbounded(lower, point);
        return new Weighed(one.computation(), one.asOfNs(), one.precision(), flop);
    }
}
