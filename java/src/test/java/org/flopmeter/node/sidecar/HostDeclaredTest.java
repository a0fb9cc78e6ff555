/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.List;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.sidecar.HostDeclared.Counted;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;

/** How much of what lanes declare belongs to the time that the counters watched: the least, the most, the certain. */
class HostDeclaredTest
{
    private final HostDeclared declared = new HostDeclared();

    @Test
    void shouldTakeOfAReadingWhatCpusDid()
    {
        final Counted counted = Counted.of(new Reading(List.of(
            key(Source.BLAS, Basis.EXACT_BY_SHAPE, Part.COUNT, 1),
            key(Source.LAPACK, Basis.EXACT_BY_SHAPE, Part.COUNT, 20),
            key(Source.ONEDNN, Basis.EXACT_BY_SHAPE, Part.COUNT, 300),
            key(Source.LAPACK, Basis.EXACT_BY_SHAPE, Part.ESTIMATE, 4000),
            key(Source.API, Basis.DECLARED, Part.COUNT, 50_000),
            key(Source.CUDA, Basis.EXACT_BY_SHAPE, Part.COUNT, 600_000),
            key(Source.PERF, Basis.EXACT_EXECUTED, Part.COUNT, 7_000_000)), List.of(), 0, 0, 0, 0, List.of(),
            List.of(), List.of(), false));

        assertEquals(BigInteger.valueOf(321), counted.calls());
        assertEquals(BigInteger.valueOf(50_321), counted.all());
    }

    @Test
    void shouldLeaveOutWhatWasDeclaredBeforeTheCountersWereOpened()
    {
        declared.observe("old", false, counted(1000, 1000));
        declared.start();
        declared.observe("old", false, counted(1010, 1015));
        declared.begin();
        assertRange(0, 15);

        declared.observe("old", false, counted(1110, 1200));
        assertRange(100, 200);
        declared.leave("old", 5);
        assertRange(100, 200);
        assertEquals(BigInteger.ZERO, declared.certain(100), "it began before");
    }

    /** A run that was adopted late, and began nobody knows when: all of it may be inside, or nothing. */
    @Test
    void shouldNotKnowOfARunThatIsAdoptedLate()
    {
        declared.start();
        declared.begin();
        declared.observe("late", false, counted(500, 500));
        assertRange(0, 500);
        declared.observe("late", false, counted(700, 900));
        assertRange(200, 900);
    }

    @Test
    void shouldBeCertainOnlyOfRunsThatEndedBeforeAReadingDid()
    {
        declared.start();
        declared.begin();
        declared.observe("new", true, counted(0, 0));
        declared.observe("new", true, counted(40, 45));
        assertRange(40, 45);
        assertEquals(BigInteger.ZERO, declared.certain(1000), "it goes on");

        declared.leave("new", 2000);
        assertEquals(BigInteger.ZERO, declared.certain(1999));
        assertEquals(BigInteger.valueOf(40), declared.certain(2000));
        assertRange(40, 45);
        declared.leave("new", 3000);
        assertRange(40, 45);
    }

    @Test
    void shouldGoOnFromWhatASidecarBeforeItWrote()
    {
        declared.start();
        declared.begin();
        declared.observe("ended", true, counted(7, 7));
        declared.leave("ended", 10);
        declared.certain(10);
        declared.observe("services", false, counted(1000, 1000));
        declared.observe("services", false, counted(1100, 1100));
        assertRange(107, 1107);

        final HostDeclared next = HostDeclared.resume(declared.json());
        next.start();
        next.observe("services", false, counted(1150, 1160));
        next.begin();

        assertEquals(BigInteger.valueOf(157), next.least(), "what was declared meanwhile is inside");
        assertEquals(BigInteger.valueOf(1167), next.most());
        assertEquals(BigInteger.valueOf(7), next.certain(0));
        next.observe("services", false, counted(3, 3));
        assertEquals(BigInteger.valueOf(107), next.least(), "an account that was begun anew takes nothing back");
    }

    /** A sidecar that is killed before it serves a run again takes nothing from the one after it. */
    @Test
    void shouldHandOnWhatItDoesNotServeYet()
    {
        declared.start();
        declared.begin();
        declared.observe("new", true, counted(100, 100));

        final HostDeclared killed = HostDeclared.resume(declared.json());
        final HostDeclared next = HostDeclared.resume(killed.json());
        next.observe("new", true, counted(110, 115));

        assertEquals(BigInteger.valueOf(110), next.least(), "not once more from its begin");
        assertEquals(BigInteger.valueOf(115), next.most());
    }

    /** A run whose result could not be written is let go, and served again: it is counted and certain once. */
    @Test
    void shouldCountARunOnceThatIsLetGoAndServedAgain()
    {
        declared.start();
        declared.begin();
        declared.observe("new", true, counted(40, 45));
        declared.letGo("new", 10);
        declared.observe("new", true, counted(40, 45));
        assertRange(40, 45);

        declared.observe("new", true, counted(50, 55));
        assertRange(50, 55);
        declared.leave("new", 20);
        assertRange(50, 55);
        assertEquals(BigInteger.valueOf(40), declared.certain(20));
        declared.letGo("none", 30);
        assertRange(50, 55);
    }

    /** Many runs are let go and never come back: the one that does still goes on from where it was. */
    @Test
    void shouldHaveRoomForThoseThatComeBack()
    {
        for (int i = 0; i < 5000; i++)
        {
            declared.observe("gone-" + i, true, counted(0, 0));
            declared.letGo("gone-" + i, i);
            declared.forget(name -> name.startsWith("gone-"));
        }
        declared.observe("new", true, counted(40, 45));
        declared.letGo("new", 5000);
        declared.forget(name -> name.startsWith("gone-"));
        declared.observe("new", true, counted(41, 46));

        // The canary: 81 and 91 are what it is where nobody makes room.
        assertRange(41, 46);
        assertEquals(0, declared.json().path("directories").path("gone-1").size());
    }

    private void assertRange(final long least, final long most)
    {
        assertEquals(BigInteger.valueOf(least), declared.least());
        assertEquals(BigInteger.valueOf(most), declared.most());
    }

    static Counted counted(final long calls, final long all)
    {
        return new Counted(BigInteger.valueOf(calls), BigInteger.valueOf(all));
    }

    private static KeyTotal key(final Source source, final Basis basis, final Part part, final long flopCount)
    {
        return new KeyTotal("r", "n", Precision.FP64, basis, source, part, FlopCount.of(flopCount), 1, false);
    }
}
