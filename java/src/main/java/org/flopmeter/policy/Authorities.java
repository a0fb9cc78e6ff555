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
interface Authorities
{
    /** What an authority is bound to: an international one is not held to anybody's pack. */
    enum Level
    {
        NATIONAL, INTERNATIONAL
    }

    /**
     * How many of which keys must have signed.
     *
     * @param keys none of them revoked; by whatever names the signers have.
     * @param validUntil from when on the authority may issue no more, or null.
     */
    record Mandate(Set<String> keys, BigInteger quorum, Moment validUntil)
    {
        /** A key counts once, however often it signed. */
        long signedBy(final Set<String> signers)
        {
            return keys.stream().filter(signers::contains).count();
        }
    }

    boolean isKnown(String authority);

    /** An authority that is not listed is national. */
    boolean isInternational(String authority);

    /** The mandate of an authority that is known. */
    Mandate mandate(String authority);

    /** Are at least so many of the keys among the signers? */
    static boolean isQuorum(final Set<String> keys, final List<String> signers, final BigInteger quorum)
    {
        return isQuorum(new Mandate(keys, quorum, null), new HashSet<>(signers));
    }

    static boolean isQuorum(final Mandate mandate, final Set<String> signers)
    {
        return BigInteger.valueOf(mandate.signedBy(signers)).compareTo(mandate.quorum) >= 0;
    }
}
