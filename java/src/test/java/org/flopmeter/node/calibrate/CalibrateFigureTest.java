/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CalibrateFigureTest
{
    @Test
    void shouldClassAtTheExactEdges()
    {
        for (final String[] each : new String[][] {
            { "1000", "0.2" }, { "1002", "0.2" }, { "998", "0.2" }, { "1003", "0.5" }, { "997", "0.5" },
            { "1005", "0.5" }, { "1006", "1" }, { "1010", "1" }, { "990", "1" }, { "1011", "2" }, { "1020", "2" },
            { "980", "2" }, { "1021", "none" }, { "979", "none" }, { "0", "none" } })
        {
            assertEquals(each[1],
                CalibrateClass.of(new BigInteger(each[0]), BigInteger.valueOf(1000)).jsonName(), each[0]);
        }
    }

    @Test
    void shouldClassWhereADoubleWouldNotSeeTheDifference()
    {
        final BigInteger expected = BigInteger.TEN.pow(30);
        final BigInteger edge = expected.add(BigInteger.TEN.pow(27).multiply(BigInteger.TWO));

        assertEquals(CalibrateClass.CLASS_0_2, CalibrateClass.of(edge, expected));
        assertEquals(CalibrateClass.CLASS_0_5, CalibrateClass.of(edge.add(BigInteger.ONE), expected));
    }

    @Test
    void shouldRoundErrorsOutward()
    {
        final CalibrateFigure figure = figure(reading("fp32", "3000000", "2999999", "2999999", "3000001"));

        assertEquals(BigInteger.valueOf(-1), figure.errorLowPpm());
        assertEquals(BigInteger.ZERO, figure.errorHighPpm());
        assertEquals(BigInteger.ONE, figure.widthPpm());
        assertEquals(BigInteger.ONE, CalibrateFigure.ceilPpm(BigInteger.ONE, BigInteger.valueOf(3_000_000)));
    }

    @Test
    void shouldTellLowestAndHighestOfAllReadings()
    {
        final CalibrateFigure figure = figure(
            reading("fp32", "1000000", "999000", "999000", "1000000"),
            reading("fp32", "1000000", "1000000", "1004000", "1004000"));

        assertEquals(BigInteger.valueOf(-1000), figure.errorLowPpm());
        assertEquals(BigInteger.valueOf(4000), figure.errorHighPpm());
        assertEquals(CalibrateClass.CLASS_0_5, classOf(
            reading("fp32", "1000000", "999000", "999000", "1000000"),
            reading("fp32", "1000000", "1000000", "1004000", "1004000")));
        assertEquals(0, figure.outside());
        assertEquals(2, figure.good());
    }

    @Test
    void shouldFindTheTruthOutsideTheIntervalAndInsideAtItsEnds()
    {
        assertEquals(0, figure(reading("fp32", "100", "100", "150", "200")).outside());
        assertEquals(0, figure(reading("fp32", "200", "100", "150", "200")).outside());
        assertEquals(1, figure(reading("fp32", "99", "100", "150", "200")).outside());
        assertEquals(1, figure(reading("fp32", "201", "100", "150", "200")).outside());
        assertEquals(0, figure(reading("fp32", "201", "100", "150", null)).outside());
        assertEquals(1, figure(reading("fp32", "99", "100", "150", null)).outside());
    }

    @Test
    void shouldTakeUnknownPrecisionAsTheKernelsAndShowWhatWentElsewhere()
    {
        final CalibrateReading reading = new CalibrateReading("gpm", "DERIVED", "gpu", "k", "fp16", 0, "AVAILABLE", "",
            "", BigInteger.valueOf(1000), 1, 0, List.of(
                row("unknown", "300", "600", "900"), row("fp16", "100", "400", "500"), row("fp8", "3", "5", "7")));

        assertEquals("400", reading.lower().toString());
        assertEquals("1000", reading.point().toString());
        assertEquals("1400", reading.upper().toString());
        assertEquals(BigInteger.valueOf(3000), figure(reading).elsewherePpm());
        assertEquals(CalibrateClass.CLASS_0_2, classOf(reading));
    }

    /** A whole host is never idle: what is above the truth may be others' work, what is below it is a fault. */
    @Test
    void shouldLookAtTheUpperEndOnlyWhereOthersAreCountedToo()
    {
        for (final String[] each : new String[][] {
            { "perf", "11", "12", "1" }, { "perf-host", "11", "12", "0" }, { "perf-host", "8", "9", "1" } })
        {
            final BigInteger lower = new BigInteger(each[1]);
            final CalibrateReading reading = new CalibrateReading(each[0], "EXACT_EXECUTED", "cpu", "k", "fp32", 0,
                "AVAILABLE", "", "", BigInteger.TEN, 1, 0,
                List.of(new CalibrateReading.Figure("fp32", lower, lower, new BigInteger(each[2]))));

            assertEquals(Integer.parseInt(each[3]), figure(reading).outside(), each[0] + ' ' + each[1]);
        }
    }

    @Test
    void shouldReadNothingAsNothingAndFailureAsUnknown()
    {
        final CalibrateReading blind = new CalibrateReading("perf", "EXACT_EXECUTED", "cpu", "k", "fp32", 0,
            "AVAILABLE", "", "", BigInteger.TEN, 1, 0, List.of());
        final CalibrateReading failed = new CalibrateReading("perf", "EXACT_EXECUTED", "cpu", "k", "fp32", 0, "TAKEN",
            "x", "y", BigInteger.TEN, 1, 0, List.of());

        assertEquals(BigInteger.valueOf(-1_000_000), figure(blind).errorLowPpm());
        assertEquals(1, figure(blind).outside());
        assertFalse(figure(failed).isMeasured());
        assertNull(figure(failed).errorLowPpm());
        assertEquals(CalibrateClass.NONE, classOf(failed));
        assertEquals(0, figure(failed).outside());
        assertEquals(1, figure(blind, failed).good());
        assertEquals(1, figure(blind, failed).failed());
    }

    /** What it would read the next time nobody knows: a class needs a good reading of each kernel in each pass. */
    @Test
    void shouldGiveNoClassToWhatWasReadTooSeldom()
    {
        final CalibrateReading good = reading("fp32", "1000", "1000", "1000", "1000");
        final CalibrateReading failed = new CalibrateReading("perf", "EXACT_EXECUTED", "cpu", "other", "fp32", 0,
            "FAILED", "x", "y", BigInteger.ZERO, 1, 0, List.of());
        final List<CalibrateReading> twice = List.of(inPass(good, 0), inPass(good, 1), inPass(good, 1));
        final List<CalibrateReading> thrice = List.of(inPass(good, 0), inPass(good, 1), inPass(good, 2));
        final List<CalibrateReading> withFailed = Stream.concat(thrice.stream(), Stream.of(failed)).toList();

        assertEquals(CalibrateClass.CLASS_0_2, CalibrateFigure.of(thrice, true).get(0).accuracyClass());
        assertEquals(CalibrateClass.NONE, CalibrateFigure.of(thrice, false).get(0).accuracyClass());
        assertEquals(CalibrateClass.NONE, CalibrateFigure.of(twice, true).get(0).accuracyClass());
        assertEquals(CalibrateClass.NONE, CalibrateFigure.of(withFailed, true).get(0).accuracyClass());
    }

    @Test
    void shouldKeepNumbersThatEveryReaderOfJsonKeeps()
    {
        final CalibrateFigure figure = figure(reading("fp32", "1", "1", "1" + "0".repeat(30), "1" + "0".repeat(30)));

        assertEquals(CalibrateFigure.PPM_MAX, figure.errorHighPpm());
        assertNull(figure.widthPpm());
    }

    @Test
    void shouldKeepSourcesChipsAndPrecisionsApart()
    {
        final List<CalibrateFigure> figures = CalibrateFigure.of(List.of(
            reading("fp32", "10", "10", "10", "10"), reading("fp64", "10", "10", "10", "10"),
            reading("fp32", "10", "10", "10", "10")), true);

        assertEquals(2, figures.size());
        assertEquals(2, figures.get(0).good());
        assertEquals("fp64", figures.get(1).precision());
    }

    /** Canary of the whole method: a kernel that declares 1 % more than it executes must cost the source its class. */
    @Test
    void shouldLoseItsClassWhenAKernelIsMisdeclared()
    {
        final CalibrateReading right = reading("fp32", "819200000", "819200000", "819200000", "819200000");
        final CalibrateReading wrong = reading("fp32", "827392000", "819200000", "819200000", "819200000");

        assertEquals(CalibrateClass.CLASS_0_2, classOf(right));
        assertEquals(CalibrateClass.CLASS_1, classOf(right, wrong));
        assertEquals(BigInteger.valueOf(-9901), figure(right, wrong).errorLowPpm());
        assertTrue(0 < figure(wrong).outside());
    }

    static CalibrateReading reading(
        final String precision, final String expected, final String lower, final String point, final String upper)
    {
        return new CalibrateReading("perf", "EXACT_EXECUTED", "cpu", "kernel", precision, 0, "AVAILABLE", "", "",
            new BigInteger(expected), 1, 0, List.of(row(precision, lower, point, upper)));
    }

    private static CalibrateReading.Figure row(
        final String precision, final String lower, final String point, final String upper)
    {
        return new CalibrateReading.Figure(precision, new BigInteger(lower), new BigInteger(point),
            null == upper ? null : new BigInteger(upper));
    }

    private static CalibrateFigure figure(final CalibrateReading... readings)
    {
        return CalibrateFigure.of(List.of(readings), true).get(0);
    }

    /** As if each had been read in every pass. */
    private static CalibrateClass classOf(final CalibrateReading... readings)
    {
        return CalibrateFigure.of(Stream.of(readings).flatMap(each -> IntStream.range(0, CalibrateFigure.PASSES)
            .mapToObj(pass -> inPass(each, pass))).toList(), true).get(0).accuracyClass();
    }

    private static CalibrateReading inPass(final CalibrateReading each, final int pass)
    {
        return new CalibrateReading(each.source(), each.basis(), each.chipKind(), each.kernel(), each.precision(), pass,
            each.state(), each.detail(), each.remedy(), each.expected(), each.timeNs(), each.gaps(), each.figures());
    }
}
