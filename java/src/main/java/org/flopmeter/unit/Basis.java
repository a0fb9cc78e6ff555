/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

/** What a count rests on, best first. */
public enum Basis
{
    EXACT_EXECUTED(1, "EXACT_EXECUTED"),
    EXACT_BY_SHAPE(2, "EXACT_BY_SHAPE"),
    DERIVED(3, "DERIVED"),
    ANALYTIC(4, "ANALYTIC"),
    DECLARED(5, "DECLARED");

    private static final Basis[] BY_CODE = values();

    private final int code;
    private final String jsonName;

    Basis(final int code, final String jsonName)
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
    public static Basis ofCode(final int code)
    {
        return code < 1 || code > 5 ? null : BY_CODE[code - 1];
    }
}
