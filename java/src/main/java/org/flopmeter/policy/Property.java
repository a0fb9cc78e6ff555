/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** The properties of a model that its tier and its harbours follow from. */
enum Property
{
    AUTONOMY("autonomy", Reason.AUTONOMY_STRONG, Reason.AUTONOMY_UNKNOWN),
    GENERALITY("generality", Reason.GENERALITY_STRONG, Reason.GENERALITY_UNKNOWN),
    INTELLIGENCE("intelligence", Reason.INTELLIGENCE_STRONG, Reason.INTELLIGENCE_UNKNOWN);

    private final String jsonName;
    private final Reason strong;
    private final Reason unknown;

    Property(final String jsonName, final Reason strong, final Reason unknown)
    {
        this.jsonName = jsonName;
        this.strong = strong;
        this.unknown = unknown;
    }

    /** How it was assessed. Not assessed is not weak. */
    enum Strength
    {
        STRONG, WEAK, UNKNOWN
    }

    Strength of(final Fact model)
    {
        final Fact assessed = model.at(jsonName);
        return assessed.isThere() ? assessed.choice(Strength.class) : Strength.UNKNOWN;
    }

    /** The reason that a strength other than WEAK is. */
    void explain(final Strength strength, final Reasons reasons)
    {
        reasons.addIf(Strength.STRONG == strength, strong).addIf(Strength.UNKNOWN == strength, unknown);
    }
}
