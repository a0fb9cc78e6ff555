/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.cost;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;

/** bench/native/tiny_gemm.c: so many products of small square matrices, and what they add up to. */
final class TinyGemm
{
    private static final long STRETCHES = 50;

    private TinyGemm()
    {
    }

    static List<String> command(final Path root, final long calls, final int size)
    {
        return List.of(
            root.resolve("target/native/bench/native/flopmeter_tiny_gemm").toString(),
            Long.toString(calls), Integer.toString(size));
    }

    /** One call before the timed stretches, then 50 of the same length; 2 m n k FLOP each, as beta is 0. */
    static BigInteger flop(final long calls, final int size)
    {
        final long made = 1 + STRETCHES * Math.max(1, calls / STRETCHES);
        return BigInteger.valueOf(size).pow(3).shiftLeft(1).multiply(BigInteger.valueOf(made));
    }
}
