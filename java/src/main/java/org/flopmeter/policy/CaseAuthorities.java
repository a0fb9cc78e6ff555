/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.HashSet;
import java.util.Set;

/** The authorities of a case, each read when it is asked for. */
record CaseAuthorities(Fact facts) implements Authorities
{
    @Override
    public boolean isKnown(final String authority)
    {
        return facts.at(authority).isThere();
    }

    @Override
    public boolean isInternational(final String authority)
    {
        return isKnown(authority) &&
            Level.INTERNATIONAL == facts.at(authority).at("level").choice(Level.class);
    }

    @Override
    public Mandate mandate(final String authority)
    {
        final Fact listed = facts.at(authority);
        final Set<String> keys = new HashSet<>(listed.at("keys").texts());
        keys.removeAll(new HashSet<>(listed.at("revoked").textsOrNone()));
        return new Mandate(keys, listed.at("quorum").integer(), null);
    }
}
