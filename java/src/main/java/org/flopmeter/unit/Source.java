/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

/** Who counted. */
public enum Source
{
    API(1, "api"),
    BLAS(2, "blas"),
    LAPACK(3, "lapack"),
    ONEDNN(4, "onednn"),
    PERF(5, "perf"),
    CUDA(6, "cuda");

    private static final Source[] BY_CODE = values();

    private final int code;
    private final String jsonName;

    Source(final int code, final String jsonName)
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
    public static Source ofCode(final int code)
    {
        return code < 1 || code > 6 ? null : BY_CODE[code - 1];
    }
}
