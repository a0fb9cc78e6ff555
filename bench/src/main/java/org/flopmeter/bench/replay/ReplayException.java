/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

/** The replay can't be done, and why in one line. */
final class ReplayException extends RuntimeException
{
    static final int USAGE = 2;
    static final int ENVIRONMENT = 3;

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private ReplayException(final int exitCode, final String message)
    {
        super(message);
        this.exitCode = exitCode;
    }

    /** The input is wrong: the message names the place and what was expected. */
    static ReplayException usage(final String message)
    {
        return new ReplayException(USAGE, message);
    }

    /** The machine can't do it: the message says what is missing. */
    static ReplayException environment(final String message)
    {
        return new ReplayException(ENVIRONMENT, message);
    }

    int exitCode()
    {
        return exitCode;
    }

    String code()
    {
        return USAGE == exitCode ? "USAGE" : "ENVIRONMENT";
    }
}
