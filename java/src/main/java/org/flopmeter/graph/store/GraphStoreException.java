/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

/** The store can't be read or written; the message names the file and the place. */
public final class GraphStoreException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    public GraphStoreException(final String message)
    {
        super(message);
    }

    public GraphStoreException(final String message, final Throwable cause)
    {
        super(message, cause);
    }
}
