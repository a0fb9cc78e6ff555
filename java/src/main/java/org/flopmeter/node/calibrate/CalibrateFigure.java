/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the readings of one (source, chip, precision) say together. Errors are parts per million of the expected FLOP,
 * rounded away from zero where they bound: low ends down, high ends up. Null: there was no good reading.
 *
 * @param kernels      how many different ones, those without a good reading left out.
 * @param good         readings.
 * @param failed       readings that the source or the kernel did not finish.
 * @param errorLowPpm  of the point, the lowest of all readings.
 * @param errorHighPpm of the point, the highest of all readings.
 * @param accuracyClass NONE, too, of what was not read whole: fewer than {@link #PASSES} good readings of some kernel.
 * @param outside      readings whose interval did not hold the truth.
 * @param widthPpm     of the widest interval; null when one was unbounded, or there is none.
 * @param elsewherePpm highest share that was read in precisions which the kernel does not use.
 */
record CalibrateFigure(
    String source,
    String basis,
    String chipKind,
    String precision,
    int kernels,
    int good,
    int failed,
    BigInteger errorLowPpm,
    BigInteger errorHighPpm,
    CalibrateClass accuracyClass,
    int outside,
    BigInteger widthPpm,
    BigInteger elsewherePpm)
{
    /**
     * Largest whole number that every reader of JSON keeps. Beyond it an error is this much or more, a width unbounded.
     */
    static final BigInteger PPM_MAX = BigInteger.ONE.shiftLeft(53).subtract(BigInteger.ONE);

    /** How often each kernel is measured, docs/calibrate.md; who was measured less often has no class. */
    static final int PASSES = 3;

    private static final BigInteger MILLION = BigInteger.valueOf(1_000_000);

    /**
     * In the order of their first reading.
     *
     * @param isWhole false: the measurement was a quick one or was cut short, and gives no class to anything.
     */
    static List<CalibrateFigure> of(final List<CalibrateReading> readings, final boolean isWhole)
    {
        final Map<List<String>, List<CalibrateReading>> groups = new LinkedHashMap<>();
        for (final CalibrateReading each : readings)
        {
            groups.computeIfAbsent(
                List.of(each.source(), each.chipKind(), each.precision()), key -> new ArrayList<>()).add(each);
        }
        return groups.values().stream().map(group -> ofGroup(group, isWhole && isReadWhole(group))).toList();
    }

    /** Has each of its kernels a good reading of every pass? */
    private static boolean isReadWhole(final List<CalibrateReading> group)
    {
        final Map<String, Set<Integer>> passes = new TreeMap<>();
        for (final CalibrateReading each : group)
        {
            final Set<Integer> good = passes.computeIfAbsent(each.kernel(), kernel -> new TreeSet<>());
            if (each.isGood())
            {
                good.add(each.pass());
            }
        }
        return passes.values().stream().allMatch(good -> PASSES <= good.size());
    }

    private static CalibrateFigure ofGroup(final List<CalibrateReading> group, final boolean hasClass)
    {
        final CalibrateReading first = group.get(0);
        final List<CalibrateReading> good = group.stream().filter(CalibrateReading::isGood).toList();
        final TreeSet<String> kernels = new TreeSet<>();
        BigInteger low = null;
        BigInteger high = null;
        BigInteger elsewhere = null;
        CalibrateClass accuracyClass = hasClass ? CalibrateClass.CLASS_0_2 : CalibrateClass.NONE;
        int outside = 0;
        for (final CalibrateReading each : good)
        {
            final BigInteger error = each.point().subtract(each.expected());
            kernels.add(each.kernel());
            low = min(low, floorPpm(error, each.expected()).min(PPM_MAX));
            high = max(high, ceilPpm(error, each.expected()).min(PPM_MAX));
            elsewhere = max(elsewhere, ceilPpm(each.elsewhere(), each.expected()).min(PPM_MAX));
            accuracyClass = accuracyClass.worse(CalibrateClass.of(each.point(), each.expected()));
            outside += each.isTruthInside() ? 0 : 1;
        }
        return new CalibrateFigure(first.source(), first.basis(), first.chipKind(), first.precision(), kernels.size(),
            good.size(), group.size() - good.size(), low, high, accuracyClass, outside, width(good), elsewhere);
    }

    boolean isMeasured()
    {
        return 0 < good;
    }

    private static BigInteger width(final List<CalibrateReading> good)
    {
        BigInteger width = null;
        for (final CalibrateReading each : good)
        {
            if (null == each.upper())
            {
                return null;
            }
            width = max(width, ceilPpm(each.upper().subtract(each.lower()), each.expected()));
        }
        return null == width || PPM_MAX.compareTo(width) < 0 ? null : width;
    }

    static BigInteger floorPpm(final BigInteger error, final BigInteger expected)
    {
        final BigInteger[] parts = error.multiply(MILLION).divideAndRemainder(expected);
        return parts[1].signum() < 0 ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }

    static BigInteger ceilPpm(final BigInteger error, final BigInteger expected)
    {
        return floorPpm(error.negate(), expected).negate();
    }

    private static BigInteger min(final BigInteger a, final BigInteger b)
    {
        return null == a ? b : a.min(b);
    }

    private static BigInteger max(final BigInteger a, final BigInteger b)
    {
        return null == a ? b : a.max(b);
    }
}
