/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.node.io.CanonicalJson;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.text.Printable;

/**
 * Digests of the history of accepted packs, one after each acceptance: each covers the one before and the exact bytes
 * of envelope, authority and acceptance. Whoever owns the directory can take acceptances away, and nothing in it shows
 * that; a digest kept elsewhere does.
 */
final class PolicyDigests
{
    private static final String ALGORITHM = "sha256:";
    private static final String BEGIN = ALGORITHM + CanonicalJson.sha256(
        "flopmeter/policy-history/v1".getBytes(StandardCharsets.UTF_8));

    private final List<String> digests = new ArrayList<>(List.of(BEGIN));

    void clear()
    {
        digests.clear();
        digests.add(BEGIN);
    }

    void add(final byte[] envelope, final byte[] authority, final byte[] acceptance)
    {
        digests.add(ALGORITHM + CanonicalJson.sha256(String.join("\n", last(),
            CanonicalJson.sha256(envelope), CanonicalJson.sha256(authority),
            CanonicalJson.sha256(acceptance)).getBytes(StandardCharsets.UTF_8)));
    }

    String last()
    {
        return digests.get(digests.size() - 1);
    }

    /** Refuses a history that does not begin with the one that a digest stands for. */
    void require(final String expected, final Path directory)
    {
        if (!expected.matches(ALGORITHM + "[0-9a-f]{64}"))
        {
            throw new UsageException("--expect: expected " + ALGORITHM + " and 64 hexadecimal digits, as policy " +
                "history prints them, found " + Printable.of(expected));
        }
        if (!digests.contains(expected))
        {
            throw new EnvironmentException("accepted packs are not those of before: " + directory + ": none of its " +
                (digests.size() - 1) + " acceptances makes " + expected + "; some were taken away or replaced");
        }
    }
}
