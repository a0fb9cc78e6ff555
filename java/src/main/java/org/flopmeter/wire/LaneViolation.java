/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/** A lane that breaks its contract. It is quarantined: nothing more of it is believed. */
public final class LaneViolation extends Exception
{
    /** What was broken. */
    public enum Kind
    {
        FILE, HEADER, TRUNCATED, LENGTH, TYPE, SEQUENCE, COUNT, SLOT, FOLD, TALLY, OVERFLOW, CONTROL, NESTED;

        public String jsonName()
        {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final long offset;

    public LaneViolation(final Kind kind, final long offset, final String reason)
    {
        super(reason);
        this.kind = kind;
        this.offset = offset;
    }

    public Kind kind()
    {
        return kind;
    }

    /** Byte offset in the file. */
    public long offset()
    {
        return offset;
    }
}
