/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

/** A key, a key file, a note or an envelope is refused. The message is one line that says which and why. */
public final class SigningException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    public SigningException(final String message)
    {
        super(message);
    }
}
