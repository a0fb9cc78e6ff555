/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

/** The contraction does not pay on this graph, or not within the memory allowed: queries go by the scan. */
final class IndexDefeatedException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    IndexDefeatedException(final String reason)
    {
        super(reason);
    }
}
