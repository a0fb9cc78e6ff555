/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** An input was understood and refused. The message begins with the JSON path of what is wrong. */
public final class PolicyException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    private final Refusal refusal;

    PolicyException(final Refusal refusal, final String message)
    {
        super(message);
        this.refusal = refusal;
    }

    public Refusal refusal()
    {
        return refusal;
    }
}
