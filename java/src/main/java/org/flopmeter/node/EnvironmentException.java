/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

/** The environment cannot do it: one line that says what is missing and how to get it, exit code 3. */
final class EnvironmentException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    EnvironmentException(final String message)
    {
        super(message);
    }
}
