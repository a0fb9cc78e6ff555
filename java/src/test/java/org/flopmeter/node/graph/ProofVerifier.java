/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Adds a proof up again. Uses none of the classes that made it. Null: proved; else what is wrong. */
final class ProofVerifier
{
    private static final String[] ENDS = { "lower", "point", "upper" };
    private static final BigInteger NO_END = BigInteger.ONE.negate();

    private ProofVerifier()
    {
    }

    static String refute(final String document)
    {
        final JsonNode proof = JsonMapper.shared().readTree(document);
        final Map<String, JsonNode> nodes = new HashMap<>();
        for (final JsonNode node : proof.path("nodes"))
        {
            if (null != nodes.put(node.path("id").asString(), node))
            {
                return "listed twice: " + node;
            }
        }
        final Set<String> seen = new HashSet<>();
        final Deque<String> pending = new ArrayDeque<>();
        proof.path("of").forEach(id -> pending.push(id.asString()));
        while (!pending.isEmpty())
        {
            final String id = pending.pop();
            if (!nodes.containsKey(id))
            {
                return "not listed: " + id;
            }
            if (seen.add(id))
            {
                for (final JsonNode edge : proof.path("edges"))
                {
                    if (id.equals(edge.path("to").asString()))
                    {
                        pending.push(edge.path("from").asString());
                    }
                }
            }
        }
        if (!seen.equals(nodes.keySet()))
        {
            return "listed, and not led to: " + nodes.keySet() + " but " + seen;
        }
        final BigInteger[] sums = { BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO };
        for (final JsonNode node : nodes.values())
        {
            for (final JsonNode flop : node.path("flop"))
            {
                for (int i = 0; i < ENDS.length; i++)
                {
                    final String end = flop.path(ENDS[i]).asString();
                    sums[i] = NO_END.equals(sums[i]) || "unbounded".equals(end) ?
                        NO_END : sums[i].add(new BigInteger(end));
                }
            }
        }
        for (int i = 0; i < ENDS.length; i++)
        {
            final String found = NO_END.equals(sums[i]) ? "unbounded" : sums[i].toString();
            if (!found.equals(proof.path("total").path(ENDS[i]).asString()))
            {
                return ENDS[i] + " is " + found;
            }
        }
        return null;
    }
}
