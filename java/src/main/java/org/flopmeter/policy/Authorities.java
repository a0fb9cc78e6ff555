/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Who may issue packs. The level of an authority comes from here, never from a pack. */
record Authorities(Fact facts)
{
    private enum Level
    {
        NATIONAL, INTERNATIONAL
    }

    boolean isKnown(final String authority)
    {
        return facts.at(authority).isThere();
    }

    /** An authority that is not listed is national. */
    boolean isInternational(final String authority)
    {
        return isKnown(authority) &&
            Level.INTERNATIONAL == facts.at(authority).at("level").choice(Level.class);
    }

    /** Have enough distinct keys of the authority signed, none of them revoked? */
    boolean hasQuorum(final String authority, final List<String> signers)
    {
        final Fact listed = facts.at(authority);
        final Set<String> keys = new HashSet<>(listed.at("keys").texts());
        keys.removeAll(new HashSet<>(listed.at("revoked").textsOrNone()));
        return isQuorum(keys, signers, listed.at("quorum").integer());
    }

    /** Are at least so many of the keys among the signers? A key counts once, however often it signed. */
    static boolean isQuorum(final Set<String> keys, final List<String> signers, final BigInteger quorum)
    {
        final Set<String> signed = new HashSet<>(signers);
        signed.retainAll(keys);
        return BigInteger.valueOf(signed.size()).compareTo(quorum) >= 0;
    }
}
