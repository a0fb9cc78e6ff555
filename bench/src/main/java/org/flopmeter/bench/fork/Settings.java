/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.fork;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Names and numbers that go from the parent to a measurement. */
public final class Settings
{
    private final Map<String, String> values = new TreeMap<>();

    /** Of words "name=value". */
    public static Settings of(final Iterable<String> words)
    {
        final Settings settings = new Settings();
        for (final String word : words)
        {
            final int at = word.indexOf('=');
            if (at <= 0)
            {
                throw new IllegalArgumentException(word + ": name=value is expected");
            }
            settings.values.put(word.substring(0, at), word.substring(at + 1));
        }
        return settings;
    }

    /** The same settings and one more. */
    public Settings with(final String name, final Object value)
    {
        final Settings more = new Settings();
        more.values.putAll(values);
        more.values.put(name, value.toString());
        return more;
    }

    /** The number of that name, or the default. */
    public long number(final String name, final long absent)
    {
        final String value = values.get(name);
        return null == value ? absent : Long.parseLong(value);
    }

    /** As {@link #number} for what fits an int. */
    public int count(final String name, final int absent)
    {
        return Math.toIntExact(number(name, absent));
    }

    /** The text of that name, or the default. */
    public String text(final String name, final String absent)
    {
        return values.getOrDefault(name, absent);
    }

    /** True when it says so. */
    public boolean flag(final String name)
    {
        return Boolean.parseBoolean(values.get(name));
    }

    /** As {@link #of} takes them. */
    public List<String> words()
    {
        final List<String> words = new ArrayList<>();
        values.forEach((name, value) -> words.add(name + "=" + value));
        return words;
    }
}
