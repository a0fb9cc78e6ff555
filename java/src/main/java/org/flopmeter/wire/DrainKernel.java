/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/**
 * The loop that consumes a ring. There are two, and they leave the same bytes behind: {@link JavaDrainKernel}, and the
 * one in C that sampler loads.
 */
public interface DrainKernel
{
    /**
     * Consume released samples until nothing is left, or a record ends `lengthLimit` bytes or more after the position.
     * One thread per cursor, no allocation.
     *
     * @param cursorAddress of a flopmeter_drain_t, see {@link DrainDescriptor}.
     * @return a code of {@link DrainDescriptor}.
     */
    int drain(long cursorAddress, long lengthLimit);

    /** Bytes that one call may be asked for: how long the file's length may go unchecked. */
    int lengthLimitMax();

    /** As the option that selects it spells it. */
    String name();
}
