/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.math.BigInteger;
import java.util.List;

/**
 * Parameters of a trace; the trace is a function of them.
 *
 * @param flopPerSec peak of the fleet.
 * @param hosts      of 8 devices each.
 * @param sliceNs    logical time.
 */
record ReplaySpec(
    long seed, BigInteger flopPerSec, Accelerator accelerator, long sliceNs, long hosts, List<JobSpec> jobs)
{
    static final int DEVICES_PER_HOST = 8;
    static final BigInteger FLOP_PER_SEC_MAX = BigInteger.TEN.pow(24);
    static final long SLICE_NS_MAX = 1_000_000_000_000_000L;

    private static final BigInteger NS_PER_SEC = BigInteger.valueOf(1_000_000_000L);

    ReplaySpec
    {
        jobs = List.copyOf(jobs);
    }

    /** As many hosts as have at least this peak. */
    static long hostsFor(final BigInteger flopPerSec, final Accelerator accelerator)
    {
        final BigInteger peak = BigInteger.valueOf(accelerator.bf16FlopPerNs()).multiply(NS_PER_SEC);
        final BigInteger devices = ceilingOf(flopPerSec, peak);
        return ceilingOf(devices, BigInteger.valueOf(DEVICES_PER_HOST)).longValueExact();
    }

    long devices()
    {
        return Math.multiplyExact(hosts, DEVICES_PER_HOST);
    }

    /** What the devices could do at most, at bf16, in the slice. */
    BigInteger flopPeak()
    {
        return BigInteger.valueOf(devices())
            .multiply(BigInteger.valueOf(accelerator.bf16FlopPerNs())).multiply(BigInteger.valueOf(sliceNs));
    }

    ReplaySpec withSeed(final long newSeed)
    {
        return new ReplaySpec(newSeed, flopPerSec, accelerator, sliceNs, hosts, jobs);
    }

    ReplaySpec withSliceNs(final long newSliceNs)
    {
        return new ReplaySpec(seed, flopPerSec, accelerator, newSliceNs, hosts, jobs);
    }

    ReplaySpec withFleet(final BigInteger newFlopPerSec, final Accelerator newAccelerator)
    {
        return new ReplaySpec(
            seed, newFlopPerSec, newAccelerator, sliceNs, hostsFor(newFlopPerSec, newAccelerator), jobs);
    }

    /** A complete spec file, as the producer reads it. */
    String text()
    {
        final StringBuilder text = new StringBuilder()
            .append("version 1\nseed ").append(Long.toUnsignedString(seed))
            .append("\nflop-per-sec ").append(flopPerSec)
            .append("\naccelerator ").append(accelerator.name())
            .append(' ').append(accelerator.bf16FlopPerNs()).append(' ').append(accelerator.fp8FlopPerNs())
            .append(' ').append(accelerator.memoryBytesPerNs()).append(' ').append(accelerator.linkBytesPerNs())
            .append("\nslice-ns ").append(sliceNs)
            .append("\nhosts ").append(hosts).append('\n');
        jobs.forEach((job) -> text.append(job.text()).append('\n'));
        return text.toString();
    }

    private static BigInteger ceilingOf(final BigInteger value, final BigInteger divisor)
    {
        return value.add(divisor).subtract(BigInteger.ONE).divide(divisor);
    }
}
