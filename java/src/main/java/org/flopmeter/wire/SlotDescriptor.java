/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/** Offsets of one entry of a lane's slot table. */
public final class SlotDescriptor
{
    public static final int LENGTH = 160;
    public static final int PRECISION_OFFSET = 0;
    public static final int BASIS_OFFSET = 2;
    public static final int SOURCE_OFFSET = 4;
    public static final int PART_OFFSET = 6;
    public static final int FLAGS_OFFSET = 7;
    public static final int RUN_LENGTH_OFFSET = 8;
    public static final int NODE_LENGTH_OFFSET = 9;
    public static final int RUN_OFFSET = 16;
    public static final int NODE_OFFSET = 80;

    public static final int FLAG_OVERFLOW = 1;
    public static final int ID_LENGTH_MAX = 64;

    private SlotDescriptor()
    {
    }
}
