/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

/** A FLOP total that does not fit into 128 bits. Never reduced, never saturated: an error with a code of its own. */
public final class FlopOverflowException extends ArithmeticException
{
    /** Code in documents for users. */
    public static final String CODE = "OVERFLOW";

    private static final long serialVersionUID = 1L;

    public FlopOverflowException(final String message)
    {
        super(CODE + ": " + message);
    }

    public String code()
    {
        return CODE;
    }
}
