/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.pace;

import java.math.BigInteger;

/**
 * One row of accelerators.csv.
 *
 * @param peakFlopPerSec of one device, without sparsity.
 * @param read           the day the source was read, YYYY-MM-DD.
 */
public record Accelerator(String name, String precision, BigInteger peakFlopPerSec, String read, String source)
{
    /** How many devices have that peak together, rounded up. */
    public BigInteger devices(final BigInteger clusterFlopPerSec)
    {
        final BigInteger[] quotient = clusterFlopPerSec.divideAndRemainder(peakFlopPerSec);
        return 0 == quotient[1].signum() ? quotient[0] : quotient[0].add(BigInteger.ONE);
    }
}
