/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.probe;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import org.flopmeter.bench.producer.LineProcess;
import org.flopmeter.bench.producer.Producer;

/** flopmeter-bench-probe, see bench/native/probe.c. It is idle while it is not asked. */
public final class Probe implements AutoCloseable
{
    private final LineProcess process;
    private final Cpus cpus;

    /** Start it; ask it from any one thread. */
    public Probe(final Cpus cpus)
    {
        this.cpus = cpus;
        process = new LineProcess(List.of(Producer.program("flopmeter-bench-probe").toString()), Map.of());
    }

    /** The distance of the two CPUs now: about 10 ms. */
    public Distance distance()
    {
        final Map<String, String> answer = process.tell("pair " + cpus.producer() + " " + cpus.consumer());
        return new Distance(
            Double.parseDouble(answer.get("latencyNs")), Double.parseDouble(answer.get("streamBytesPerSec")));
    }

    /** Bytes per second that the consumer's core reads from memory alone, one value per pass over so many MiB. */
    public double[] memoryBytesPerSec(final int mebibytes)
    {
        final String passes = process.tell("dram " + cpus.consumer() + " " + mebibytes).get("bytesPerSec");
        return Arrays.stream(passes.split(",")).mapToDouble(Double::parseDouble).toArray();
    }

    /** granularityNs, clockNs, tickNs: least step of the clock, and what a reading of it or of the counter costs. */
    public Map<String, String> timer()
    {
        return process.tell("timer " + cpus.producer());
    }

    /** Do something between two probes. */
    public <T> Around<T> around(final Callable<T> round) throws Exception
    {
        final Distance before = distance();
        final T value = round.call();
        return new Around<>(value, new Surroundings(before, distance()));
    }

    /** What was done and where. */
    public record Around<T>(T value, Surroundings surroundings)
    {
    }

    @Override
    public void close()
    {
        process.close();
    }
}
