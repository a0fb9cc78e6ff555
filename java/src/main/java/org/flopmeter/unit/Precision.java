/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

/** Format of the operands. Complex arithmetic is its real operations in the real precision. */
public enum Precision
{
    FP64(1, "fp64"),
    FP32(2, "fp32"),
    TF32(3, "tf32"),
    FP16(4, "fp16"),
    BF16(5, "bf16"),
    FP8(6, "fp8"),
    FP6(7, "fp6"),
    FP4(8, "fp4"),
    INT32(9, "int32"),
    INT16(10, "int16"),
    INT8(11, "int8"),
    INT4(12, "int4"),
    INT1(13, "int1"),
    /** Executed, in a format that the source cannot tell: a counter that lumps several. */
    UNKNOWN(14, "unknown");

    private static final Precision[] BY_CODE = values();

    private final int code;
    private final String jsonName;

    Precision(final int code, final String jsonName)
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
    public static Precision ofCode(final int code)
    {
        return code < 1 || code > 14 ? null : BY_CODE[code - 1];
    }
}
