/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.Peaked;
import org.flopmeter.graph.store.GraphRecord.Weighed;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.junit.jupiter.api.Test;

/** What is said of one computation comes in any order and more than once. */
class RecordedComputationTest
{
    private static final long BEGIN_NS = 1_000_000_000L;
    private static final FlopInterval ANYTHING = FlopInterval.unbounded(FlopCount.ZERO, FlopCount.ZERO);

    private static RecordedComputation begun(final long nowNs)
    {
        return new RecordedComputation(new Begun(BEGIN_NS, "id", "run", "node", "./it", "inner outer"), 5, nowNs);
    }

    private static FlopInterval interval(final long lower, final long point, final long upper)
    {
        return FlopInterval.of(FlopCount.of(lower), FlopCount.of(point), FlopCount.of(upper));
    }

    private static FlopInterval upTo(final FlopCount upper)
    {
        return FlopInterval.of(FlopCount.ZERO, FlopCount.ZERO, upper);
    }

    @Test
    void shouldSayWhatItsBeginningSaid()
    {
        final RecordedComputation computation = begun(BEGIN_NS);
        assertEquals(List.of("id", "run", "node", "./it", ""), List.of(computation.id(), computation.run(),
            computation.node(), computation.command(), computation.outer()));
        assertEquals(List.of("inner", "outer"), computation.around());
        assertEquals(List.of(), new RecordedComputation(new Begun(1, "a", "", "", "", ""), 1, 1).around());
        assertEquals(BEGIN_NS, computation.beginNs());
        assertEquals(5, computation.sequence());
        assertEquals("id", computation.wholeId());
    }

    @Test
    void shouldHoldTheLatestWeightAndOfEqualsTheLargerEnds()
    {
        final Weighed early = Records.weighed(1, 10, interval(90, 91, 92));
        final Weighed one = Records.weighed(1, 20, interval(1, 5, 6));
        final Weighed other = Records.weighed(1, 20, interval(3, 4, 9));
        final Weighed open = Records.weighed(1, 20, FlopInterval.unbounded(FlopCount.of(2), FlopCount.of(2)));
        for (final List<Weighed> order : List.of(
            List.of(early, one, other), List.of(other, one, early), List.of(one, early, other, one)))
        {
            assertEquals(Map.of("fp32", interval(3, 5, 9)), ended(order).flop());
        }
        for (final List<Weighed> order : List.of(List.of(open, one, other), List.of(one, open, other)))
        {
            assertEquals(Map.of("fp32", FlopInterval.unbounded(FlopCount.of(3), FlopCount.of(5))), ended(order).flop());
        }
    }

    private static RecordedComputation ended(final List<Weighed> weights)
    {
        final RecordedComputation computation = begun(BEGIN_NS);
        weights.forEach(computation::add);
        computation.add(new Ended(5, BEGIN_NS, 0), 9);
        return computation;
    }

    /** When it ended is what was said last; that it had, what was recorded first. */
    @Test
    void shouldEndAtTheLatestOfItsEnds()
    {
        final RecordedComputation computation = begun(BEGIN_NS);
        assertFalse(computation.isEnded());
        assertEquals(Long.MAX_VALUE, computation.endedSequence());
        computation.add(new Ended(5, BEGIN_NS - 7, 0), 11);
        assertTrue(computation.isEnded());
        assertEquals(BEGIN_NS, computation.endNs(), "not before it began");
        computation.add(new Ended(5, BEGIN_NS + 30, 0), 12);
        computation.add(new Ended(5, BEGIN_NS + 20, 0), 13);
        assertEquals(BEGIN_NS + 30, computation.endNs());
        assertEquals(11, computation.endedSequence());
    }

    /** The larger peak x time since the last report, rounded up; a number that is none is no bound. */
    @Test
    void shouldGrowByItsPeakSinceItsLastReport()
    {
        final RecordedComputation computation = begun(BEGIN_NS + 1_000_000_001L);
        assertEquals(Map.of("unknown", ANYTHING), computation.flop());
        computation.add(new Peaked(5, FlopCount.of(7)));
        assertEquals(Map.of("unknown", upTo(FlopCount.of(8))), computation.flop());
        computation.add(new Peaked(5, FlopCount.of(100)));
        computation.add(new Peaked(5, FlopCount.of(9)));
        assertEquals(Map.of("unknown", upTo(FlopCount.of(101))), computation.flop());

        computation.add(new Weighed(5, BEGIN_NS + 500_000_001L, "fp8", interval(1, 1, 1)));
        computation.add(new Weighed(5, BEGIN_NS + 1, "unknown", interval(2, 3, 4)));
        assertEquals(Map.of("fp8", interval(1, 1, 1), "unknown", interval(2, 3, 54)), computation.flop());
        computation.add(new Weighed(5, BEGIN_NS + 9_000_000_000L, "fp8", interval(2, 2, 2)));
        assertEquals(Map.of("fp8", interval(2, 2, 2), "unknown", interval(2, 3, 4)), computation.flop(),
            "a clock was set back: no time since");

        final RecordedComputation second = begun(BEGIN_NS + 1_000_000_000L);
        second.add(new Peaked(5, FlopCount.MAX));
        assertEquals(Map.of("unknown", upTo(FlopCount.MAX)), second.flop());
        final RecordedComputation longer = begun(BEGIN_NS + 1_000_000_001L);
        longer.add(new Peaked(5, FlopCount.MAX));
        assertEquals(Map.of("unknown", ANYTHING), longer.flop());
    }

    @Test
    void shouldWeighNothingAsAPart()
    {
        final RecordedComputation computation = begun(BEGIN_NS);
        computation.add(Records.weighed(5, 10, interval(1, 1, 1)));
        assertFalse(computation.isPart());
        computation.becomePart("outer");
        assertTrue(computation.isPart());
        assertEquals("outer", computation.outer());
        assertEquals(Map.of(), computation.flop());
    }

    /** It ends with the whole, and what the whole does since its last report is not its own. */
    @Test
    void shouldEndASegmentWithTheWhole()
    {
        final RecordedComputation whole = begun(BEGIN_NS + 1_000_000_000L);
        whole.add(new Peaked(5, FlopCount.of(7)));
        final RecordedComputation segment = whole.segment(2, "part two", BEGIN_NS + 3, 8);
        assertEquals(List.of("id#2", "part two", "run", "./it", "id"), List.of(segment.id(), segment.node(),
            segment.run(), segment.command(), segment.wholeId()));
        assertEquals("node", whole.segment(3, "", 0, 9).node());
        assertEquals(List.of("inner", "outer"), segment.around());
        assertEquals(8, segment.sequence());
        assertEquals(BEGIN_NS + 3, segment.beginNs());
        assertFalse(segment.isEnded());
        assertEquals(Map.of(), segment.flop());
        segment.add(Records.weighed(8, 10, interval(1, 1, 1)));
        assertEquals(Map.of("fp32", interval(1, 1, 1)), segment.flop());

        whole.add(new Ended(5, BEGIN_NS + 2, 0), 20);
        assertTrue(segment.isEnded());
        assertEquals(20, segment.endedSequence());
        assertEquals(BEGIN_NS + 3, segment.endNs(), "not before it began");
        assertEquals(BEGIN_NS + 2, whole.endNs());
    }
}
