/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/** Offsets of one sample in a batch. */
public final class SampleDescriptor
{
    public static final int LENGTH = 16;
    public static final int SLOT_OFFSET = 0;
    public static final int DT_NS_OFFSET = 4;
    public static final int FLOP_COUNT_OFFSET = 8;

    private SampleDescriptor()
    {
    }
}
