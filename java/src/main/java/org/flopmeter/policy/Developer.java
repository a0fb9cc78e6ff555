/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.List;

/** Where a developer is, trades and buys: what ties it to a country's rules. */
final class Developer
{
    static final String ANYWHERE = "ANY";

    private final String headquarters;
    private final List<String> businessIn;
    private final List<String> chipsMadeIn;
    private final boolean isKnown;

    private Developer(final Fact fact)
    {
        final Fact seat = fact.at("headquarters");
        headquarters = seat.isThere() ? seat.text() : null;
        businessIn = fact.at("businessIn").textsOrNone();
        chipsMadeIn = fact.at("chipsMadeIn").textsOrNone();
        isKnown = seat.isThere() || fact.at("businessIn").isThere() || fact.at("chipsMadeIn").isThere();
    }

    static Developer read(final Fact fact)
    {
        return new Developer(fact);
    }

    boolean isKnown()
    {
        return isKnown;
    }

    boolean isHeadquarteredIn(final String country)
    {
        return country.equals(headquarters);
    }

    boolean doesBusinessIn(final String country)
    {
        return businessIn.contains(country);
    }

    boolean usesChipsFrom(final String country)
    {
        return chipsMadeIn.contains(country);
    }
}
