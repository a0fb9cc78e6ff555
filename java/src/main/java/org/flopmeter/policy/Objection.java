/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/**
 * What speaks against taking a pack.
 *
 * @param subject the field that it is about where the reason alone doesn't say, else null.
 * @param message the field, both values and the rule.
 */
public record Objection(Reason reason, String subject, String message)
{
    /** The code as documents have it. */
    public String code()
    {
        return null == subject ? reason.name() : reason + ":" + subject;
    }

    void addTo(final Reasons reasons)
    {
        if (null == subject)
        {
            reasons.add(reason);
        }
        else
        {
            reasons.add(reason, subject);
        }
    }
}
