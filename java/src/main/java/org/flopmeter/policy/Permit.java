/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.List;
import java.util.Set;

/** Permission for so much compute on these devices until then. */
record Permit(
    BigInteger seq, String nonce, Set<String> devices, BigInteger allowance, BigInteger drain, BigInteger maxRate,
    BigInteger notAfter, boolean isCarryingOver, List<String> signers)
{
    static Permit read(final Fact fact)
    {
        return new Permit(
            fact.at("seq").integer(),
            fact.at("nonce").text(),
            Set.copyOf(fact.at("devices").texts()),
            fact.at("allowance").count(),
            fact.at("drain").countOrZero(),
            fact.at("maxRate").count(),
            fact.at("notAfter").integer(),
            fact.at("carryOver").isSet(),
            fact.at("signers").texts());
    }
}
