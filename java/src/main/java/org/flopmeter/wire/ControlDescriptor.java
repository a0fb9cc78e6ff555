/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/** Offsets of the control file, docs/design/0002-meter-directory.md section 2. */
public final class ControlDescriptor
{
    /** "FLOPCTRL", little-endian. */
    public static final long MAGIC = 0x4C525443504F4C46L;
    public static final int FILE_LENGTH = 8192;
    public static final String NAME = "control";

    public static final int MAGIC_OFFSET = 0;
    public static final int WIRE_VERSION = 1;
    public static final int WIRE_VERSION_OFFSET = 8;
    public static final int FILE_LENGTH_OFFSET = 12;
    public static final int METER_NONCE_OFFSET = 16;
    public static final int SUPERVISOR_PID_OFFSET = 24;
    public static final int METER_STATE_OFFSET = 28;
    public static final int TIME_NS_OFFSET = 64;
    public static final int GATE_OFFSET = 128;
    public static final int GAP_COUNT_OFFSET = 4096;
    public static final int PROCESS_FLAGS_OFFSET = 4100;
    public static final int LOST_SAMPLES_OFFSET = 4104;
    public static final int GAP_OFFSET = 4160;

    public static final int GAP_LENGTH = 64;
    public static final int GAP_CAPACITY = 62;
    public static final int GAP_STATE_OFFSET = 0;
    public static final int GAP_REASON_OFFSET = 4;
    public static final int GAP_SOURCE_OFFSET = 8;
    public static final int GAP_PID_OFFSET = 12;
    public static final int GAP_BEGIN_NS_OFFSET = 16;
    public static final int GAP_END_NS_OFFSET = 24;
    public static final int GAP_SAMPLES_OFFSET = 32;
    public static final int GAP_JOINED_OFFSET = 40;
    public static final int GAP_ENDED_OFFSET = 44;

    public static final int GAP_STATE_COMPLETE = 1;
    public static final int METER_STATE_ACCEPTING = 1;
    public static final int METER_STATE_ENDED = 2;
    public static final int PROCESS_FLAG_CPU_INCOMPLETE = 1;

    private ControlDescriptor()
    {
    }
}
