/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** Tiers of risk, in ascending order. */
enum Tier
{
    RT_0, RT_1, RT_2, RT_3, RT_4;

    String jsonName()
    {
        return "RT-" + ordinal();
    }

    static Tier of(final int propertyCount)
    {
        return values()[propertyCount];
    }
}
