/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import java.math.BigInteger;
import java.util.List;

/**
 * One kernel under one source, once: what was executed and what was read, in FLOP. All numbers are exact.
 *
 * @param chipKind  "cpu" or "gpu".
 * @param precision of the kernel's operands.
 * @param state     "AVAILABLE" when the reading is good, else why it is not.
 * @param expected  FLOP executed while the source was open.
 * @param figures   what the source said, by precision.
 */
record CalibrateReading(
    String source,
    String basis,
    String chipKind,
    String kernel,
    String precision,
    int pass,
    String state,
    String detail,
    String remedy,
    BigInteger expected,
    long timeNs,
    int gaps,
    List<Figure> figures)
{
    static final String AVAILABLE = "AVAILABLE";
    static final String UNKNOWN_PRECISION = "unknown";

    /* It counts whatever else ran on the machine's CPUs, too: what it read above the truth may be others' work. */
    private static final String WITH_OTHERS = "perf-host";

    /** @param upper null when the source gave no upper end. */
    record Figure(String precision, BigInteger lower, BigInteger point, BigInteger upper)
    {
    }

    CalibrateReading
    {
        figures = List.copyOf(figures);
    }

    boolean isGood()
    {
        return AVAILABLE.equals(state) && 0 < expected.signum();
    }

    BigInteger lower()
    {
        return figures.stream().filter(this::isOwn).map(Figure::lower).reduce(BigInteger.ZERO, BigInteger::add);
    }

    BigInteger point()
    {
        return figures.stream().filter(this::isOwn).map(Figure::point).reduce(BigInteger.ZERO, BigInteger::add);
    }

    /** Null when unbounded. */
    BigInteger upper()
    {
        return figures.stream().filter(this::isOwn).anyMatch(figure -> null == figure.upper()) ? null :
            figures.stream().filter(this::isOwn).map(Figure::upper).reduce(BigInteger.ZERO, BigInteger::add);
    }

    /** What the source is sure to have seen in precisions that the kernel does not use. */
    BigInteger elsewhere()
    {
        return figures.stream().filter(figure -> !isOwn(figure)).map(Figure::lower)
            .reduce(BigInteger.ZERO, BigInteger::add);
    }

    boolean isTruthInside()
    {
        final BigInteger upper = upper();
        return (WITH_OTHERS.equals(source) || lower().compareTo(expected) <= 0) &&
            (null == upper || expected.compareTo(upper) <= 0);
    }

    /**
     * The kernel is all that runs, so what a source could not tell the precision of is of this one. Figures of the same
     * precision add up: they are different pipes.
     */
    private boolean isOwn(final Figure figure)
    {
        return precision.equals(figure.precision()) || UNKNOWN_PRECISION.equals(figure.precision());
    }
}
