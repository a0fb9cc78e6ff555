/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.fork;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names with one or more values each, in the order given; crosses from the fork to its parent as lines. */
public final class Results
{
    /** Begins each line of results, so that whatever else is printed is not taken for one. */
    static final String MARK = "@result\t";

    private final Map<String, List<String>> values = new LinkedHashMap<>();

    /** One more value of that name. */
    public void add(final String name, final Object value)
    {
        values.computeIfAbsent(name, (key) -> new ArrayList<>()).add(String.valueOf(value));
    }

    /** All of another's values. */
    public void addAll(final Results other)
    {
        other.values.forEach((name, texts) -> texts.forEach((text) -> add(name, text)));
    }

    /** Were there any of that name? */
    public boolean has(final String name)
    {
        return values.containsKey(name);
    }

    /** Values of that name, none when there are none. */
    public List<String> texts(final String name)
    {
        return values.getOrDefault(name, List.of());
    }

    /** The first value of that name. */
    public String text(final String name)
    {
        if (!has(name))
        {
            throw new IllegalStateException("a measurement gave no " + name);
        }
        return values.get(name).get(0);
    }

    /** The first value as a number. */
    public double number(final String name)
    {
        return Double.parseDouble(text(name));
    }

    /** All values as numbers. */
    public double[] numbers(final String name)
    {
        return texts(name).stream().mapToDouble(Double::parseDouble).toArray();
    }

    /** True when there is one at least and each is "true". */
    public boolean all(final String name)
    {
        return has(name) && texts(name).stream().allMatch(Boolean::parseBoolean);
    }

    String lines()
    {
        final StringBuilder lines = new StringBuilder();
        values.forEach((name, texts) -> texts.forEach(
            (text) -> lines.append(MARK).append(name).append('\t').append(text).append('\n')));
        return lines.toString();
    }

    void takeLine(final String line)
    {
        if (line.startsWith(MARK))
        {
            final String[] parts = line.split("\t", 3);
            add(parts[1], parts[2]);
        }
    }
}
