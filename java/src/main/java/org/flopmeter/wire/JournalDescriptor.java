/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/** Offsets of a fold journal: samples that are folded and not yet in their cells. They follow the header. */
public final class JournalDescriptor
{
    public static final int LENGTH = 64;
    public static final int EPOCH_OFFSET = 0;
    public static final int COUNT_OFFSET = 56;

    /** In the slot of a sample: its upper 64 bits are the FLOP of the next one, which is none by itself. */
    public static final int SLOT_WIDE = 0x80000000;
    public static final int SAMPLES_MAX = 4096;

    private JournalDescriptor()
    {
    }
}
