/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench;

/** Something can't be measured here; the message is one line for people. */
public final class BenchException extends RuntimeException
{
    private static final long serialVersionUID = 1;

    /** With the line to show. */
    public BenchException(final String message)
    {
        super(message);
    }

    /** With the line to show and what led to it. */
    public BenchException(final String message, final Throwable cause)
    {
        super(message, cause);
    }
}
