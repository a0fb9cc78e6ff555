/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/** Why something was not counted, docs/design/0002-meter-directory.md section 2. */
public enum GapReason
{
    LANE(1, "lane could not be created"),
    DIRECTORY(2, "meter directory vanished or not accessible"),
    SYMBOL(3, "symbol missing"),
    MEMORY(4, "out of memory"),
    NESTING(5, "nested too deep"),
    KEYS(6, "key table full"),
    SHAPE(7, "routine of unknown shape"),
    INTERRUPTED(8, "call interrupted"),
    COUNTER(9, "counter of the hardware not read for a time, or not at all"),
    SHARED(10, "device shared with others: whose work it was is not known"),
    COUNTER_ABSENT(11, "no such counter here"),
    COUNTER_PERMISSION(12, "counter not permitted"),
    COUNTER_TAKEN(13, "counter taken by another profiler"),
    COUNTER_DRIVER(14, "driver does not fit the counter"),
    COUNTER_FAILED(15, "counter gave an error"),
    COUNTER_UNBOUNDED(16, "counter can't say what happened at most"),
    COUNTER_PAUSED(17, "counter paused");

    private static final GapReason[] BY_CODE = values();

    private final int code;
    private final String text;

    GapReason(final int code, final String text)
    {
        this.code = code;
        this.text = text;
    }

    public int code()
    {
        return code;
    }

    /** Words for people and documents. */
    public String text()
    {
        return text;
    }

    /** The constant with this wire code, or null when there is none. */
    public static GapReason ofCode(final int code)
    {
        return code < 1 || code > BY_CODE.length ? null : BY_CODE[code - 1];
    }
}
