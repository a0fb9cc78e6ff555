/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

/** A graph or a question is refused; nothing partial is kept or answered. The message names the place. */
public final class GraphRefusedException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    private final Refusal refusal;

    public GraphRefusedException(final Refusal refusal, final String message)
    {
        super(message);
        this.refusal = refusal;
    }

    public Refusal refusal()
    {
        return refusal;
    }
}
