/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.consumer;

import org.flopmeter.wire.DrainKernel;
import org.flopmeter.wire.JavaDrainKernel;

/**
 * A drain kernel with its checks removed: the same walk and the same additions, believing every word. What the real one
 * takes longer is the cost of validation, and of the running sum that conservation needs. One thread.
 */
interface Adder
{
    /**
     * Add all closed records of a ring.
     *
     * @param ring     its address.
     * @param capacity its bytes, a power of two.
     * @param position where to begin.
     * @param deltas   16 bytes for each slot, as in a delta table (docs/design/0005-hot-path.md).
     * @return the position behind the last one.
     */
    long add(long ring, long capacity, long position, long deltas);

    /** The same, and the FLOP to 128 bits at {@code sum}, for a tally to be compared with. */
    long addAndSum(long ring, long capacity, long position, long deltas, long sum);

    /** In the language of that kernel, so that nothing but the checks is different. */
    static Adder like(final DrainKernel kernel)
    {
        return JavaDrainKernel.INSTANCE.name().equals(kernel.name()) ? new JavaAdder() : new NativeAdder();
    }
}
