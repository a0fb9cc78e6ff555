/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

/** A file is no index, or no whole one: the message says where. */
public final class IndexFormatException extends RuntimeException
{
    private static final long serialVersionUID = 1;

    IndexFormatException(final String message)
    {
        super(message);
    }
}
