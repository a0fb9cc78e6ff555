/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.util.Comparator;

import org.flopmeter.unit.Precision;

/** What totals are compared by. */
record KeyName(String run, String node, Precision precision) implements Comparable<KeyName>
{
    private static final Comparator<KeyName> ORDER = Comparator
        .comparing(KeyName::run).thenComparing(KeyName::node).thenComparing(KeyName::precision);

    @Override
    public int compareTo(final KeyName other)
    {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString()
    {
        return run + " " + node + " " + precision.jsonName();
    }
}
