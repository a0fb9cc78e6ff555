/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

/** Part of an interval: lower sums COUNT, point adds ESTIMATE, the stated upper end adds BOUND. */
public enum Part
{
    COUNT(0, "count"),
    ESTIMATE(1, "estimate"),
    BOUND(2, "bound");

    private static final Part[] BY_CODE = values();

    private final int code;
    private final String jsonName;

    Part(final int code, final String jsonName)
    {
        this.code = code;
        this.jsonName = jsonName;
    }

    /** Code in slots and control files, docs/design/0001-wire-format.md. */
    public int code()
    {
        return code;
    }

    /** Name in JSON documents. */
    public String jsonName()
    {
        return jsonName;
    }

    /** The constant with this wire code, or null when there is none: codes come from untrusted memory. */
    public static Part ofCode(final int code)
    {
        return code < 0 || code > 2 ? null : BY_CODE[code];
    }
}
