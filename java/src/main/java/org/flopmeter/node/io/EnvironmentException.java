/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

/** The environment cannot do it: one line that says what is missing and how to get it, exit code 3. */
public final class EnvironmentException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    public EnvironmentException(final String message)
    {
        super(message);
    }
}
