/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

/** What can't be in a ledger, or can't be done to it, in one line. */
public final class LedgerException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    public LedgerException(final String message)
    {
        super(message);
    }

    public LedgerException(final String message, final Throwable cause)
    {
        super(message, cause);
    }
}
