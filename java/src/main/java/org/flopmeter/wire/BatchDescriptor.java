/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/** Offsets of a ring record that carries a batch, Agrona's 8-byte header included. */
public final class BatchDescriptor
{
    public static final int HEADER_LENGTH = 32;
    public static final int LENGTH_OFFSET = 0;
    public static final int TYPE_OFFSET = 4;
    public static final int SEQUENCE_OFFSET = 8;
    public static final int BASE_NS_OFFSET = 16;
    public static final int COUNT_OFFSET = 24;
    public static final int RESERVED_OFFSET = 28;

    public static final int TYPE_BATCH = 1;
    public static final int TYPE_PADDING = -1;
    public static final int SAMPLES_MAX = 126;
    public static final int RECORD_LENGTH_MAX = HEADER_LENGTH + SAMPLES_MAX * SampleDescriptor.LENGTH;

    private BatchDescriptor()
    {
    }
}
