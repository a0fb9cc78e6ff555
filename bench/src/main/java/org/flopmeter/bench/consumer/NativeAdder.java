/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.consumer;

import com.sun.jna.Library;
import com.sun.jna.Native;
import org.flopmeter.bench.producer.Producer;

/** bench/native/consumer_add.c. One call for a whole ring, so JNA's part does not count. */
final class NativeAdder implements Adder
{
    private static final String LIBRARY = "libflopmeter_bench_add.so";

    private final Calls calls = Native.load(Producer.program(LIBRARY).toString(), Calls.class);

    /** Its functions. */
    interface Calls extends Library
    {
        long flopmeter_bench_add(long ring, long capacity, long position, long deltas);

        long flopmeter_bench_add_and_sum(long ring, long capacity, long position, long deltas, long sum);
    }

    @Override
    public long add(final long ring, final long capacity, final long position, final long deltas)
    {
        return calls.flopmeter_bench_add(ring, capacity, position, deltas);
    }

    @Override
    public long addAndSum(
        final long ring, final long capacity, final long position, final long deltas, final long sum)
    {
        return calls.flopmeter_bench_add_and_sum(ring, capacity, position, deltas, sum);
    }
}
