/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.producer;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.aggregate.Totals;

/** What each key must add up to. */
public final class ExpectedTotals
{
    private static final int DIFFERENCES_MAX = 5;

    private final Map<String, BigInteger> flopCounts = new TreeMap<>();
    private final Map<String, Long> samples = new HashMap<>();

    /** Of lines "node precision FLOP samples". */
    static ExpectedTotals read(final Path file) throws IOException
    {
        final ExpectedTotals expected = new ExpectedTotals();
        for (final String line : Files.readAllLines(file))
        {
            final String[] words = line.split(" ");
            expected.put(words[0], words[1], new BigInteger(words[2]), Long.parseLong(words[3]));
        }
        return expected;
    }

    void put(final String node, final String precision, final BigInteger flopCount, final long sampleCount)
    {
        flopCounts.put(node + " " + precision, flopCount);
        samples.put(node + " " + precision, sampleCount);
    }

    /** Of how many keys. */
    public int size()
    {
        return flopCounts.size();
    }

    /**
     * Where the totals differ, the first few in words; empty when every key has its FLOP and its samples, there is no
     * other key, nothing is lost and the producers' own tallies agree.
     */
    public List<String> differences(final Totals totals)
    {
        final List<String> found = differences(totals.keys());
        if (0 != totals.samplesLost())
        {
            found.add(totals.samplesLost() + " samples lost");
        }
        if (!totals.conserved())
        {
            found.addAll(totals.conservationDetails());
        }
        totals.findings().forEach((finding) -> found.add(finding.toString()));
        return found;
    }

    List<String> differences(final List<KeyTotal> keys)
    {
        final List<String> found = new ArrayList<>();
        final Map<String, BigInteger> left = new TreeMap<>(flopCounts);
        for (final KeyTotal key : keys)
        {
            final String name = key.node() + " " + key.precision().jsonName();
            final BigInteger expected = left.remove(name);
            final BigInteger counted = key.flopCount().toBigInteger();
            if (found.size() < DIFFERENCES_MAX &&
                (!counted.equals(expected) || key.samples() != samples.get(name)))
            {
                found.add(name + ": " + counted + " FLOP in " + key.samples() + " samples, expected " + expected +
                    " in " + samples.get(name));
            }
        }
        left.forEach((name, flopCount) ->
        {
            if (found.size() < DIFFERENCES_MAX)
            {
                found.add(name + ": no total, expected " + flopCount);
            }
        });
        return found;
    }
}
