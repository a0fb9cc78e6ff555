/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/**
 * Offsets of a double record: two copies of (low, high, samples), of which the parity of the version names the one in
 * force.
 */
public final class FoldDescriptor
{
    public static final int LENGTH = 64;
    public static final int VERSION_OFFSET = 0;
    public static final int A_LOW_OFFSET = 8;
    public static final int A_HIGH_OFFSET = 16;
    public static final int A_SAMPLES_OFFSET = 24;
    public static final int B_LOW_OFFSET = 32;
    public static final int B_HIGH_OFFSET = 40;
    public static final int B_SAMPLES_OFFSET = 48;

    private FoldDescriptor()
    {
    }
}
