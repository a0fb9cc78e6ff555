/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.document;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.Refusal;
import org.flopmeter.json.JsonView;
import org.flopmeter.unit.Ratio;

/** Reads the fields of a query. One that is missing or of another type makes it a query that can't be answered. */
final class QueryReader
{
    private static final Pattern RATIO = Pattern.compile("([0-9]{1,100})(?:/([0-9]{1,100}))?");
    private static final Pattern COUNT = Pattern.compile("[0-9]{1,400}");

    private QueryReader()
    {
    }

    /** A node or a list of nodes. */
    static List<String> nodes(final JsonView query, final String name)
    {
        final JsonView value = field(query, name);
        if (value.node().isString())
        {
            return List.of(value.string());
        }
        if (!value.node().isArray())
        {
            throw bad(value, "a node or a list of nodes");
        }
        final List<String> nodes = new ArrayList<>();
        for (final JsonView element : value.elements())
        {
            if (!element.node().isString())
            {
                throw bad(element, "the id of a node");
            }
            nodes.add(element.string());
        }
        return nodes;
    }

    /** A limit in FLOP. */
    static BigInteger limit(final JsonView query)
    {
        final JsonView value = field(query, "limit");
        if (!value.node().isString() || !COUNT.matcher(value.string()).matches())
        {
            throw bad(value, "a count as a string of digits");
        }
        return new BigInteger(value.string());
    }

    /** A time in seconds. */
    static Ratio seconds(final JsonView query, final String name)
    {
        final JsonView value = field(query, name);
        if (!TimeReader.isSeconds(value))
        {
            throw bad(value, TimeReader.EXPECTED);
        }
        return TimeReader.seconds(value);
    }

    /** Factors of precisions; none when the field is absent. */
    static Map<String, Ratio> factors(final JsonView query)
    {
        final Map<String, Ratio> factors = new TreeMap<>();
        final JsonView weights = query.optional("weights");
        if (null != weights && !weights.node().isNull())
        {
            if (!weights.node().isObject())
            {
                throw bad(weights, "factors by name of the precision");
            }
            for (final String precision : weights.names())
            {
                factors.put(precision, factor(weights.member(precision)));
            }
        }
        return factors;
    }

    private static Ratio factor(final JsonView value)
    {
        final Matcher ratio = RATIO.matcher(value.node().isString() ? value.string() : value.node().toString());
        if (!ratio.matches() || null != ratio.group(2) && 0 == new BigInteger(ratio.group(2)).signum())
        {
            throw bad(value, "a factor \"n\" or \"p/q\", not negative, q not zero");
        }
        final BigInteger numerator = new BigInteger(ratio.group(1));
        return null == ratio.group(2) ? Ratio.of(numerator) : Ratio.of(numerator, new BigInteger(ratio.group(2)));
    }

    private static JsonView field(final JsonView query, final String name)
    {
        final JsonView value = query.optional(name);
        if (null == value)
        {
            throw new GraphRefusedException(Refusal.BAD_OP, query.path() + ": expected a member \"" + name + '"');
        }
        return value;
    }

    static GraphRefusedException bad(final JsonView value, final String expected)
    {
        return new GraphRefusedException(Refusal.BAD_OP, value.wrong(expected).getMessage());
    }
}
