/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;
import org.flopmeter.graph.estimate.Formulas;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.unit.Ratio;

/** A run that has not begun, as whoever asks describes it. */
public record Plan(FlopInterval flop, String formula)
{
    private static final String PARAMETERS = "params";
    private static final String TOKENS = "tokens";

    /**
     * A count, or {@code params=N,tokens=D}; decimals with exponents are exact. Anything else is an
     * {@link IllegalArgumentException} that says what was expected.
     */
    public static Plan parse(final String text)
    {
        try
        {
            if (!text.contains("="))
            {
                return new Plan(FlopInterval.exact(FlopCount.of(whole("FLOP", text))), "as given");
            }
            final Map<String, BigInteger> parts = parts(text);
            final var estimate =
                Formulas.byParameters(parts.get(PARAMETERS), parts.get(TOKENS), Ratio.ZERO);
            return new Plan(estimate.flop(), estimate.formula());
        }
        catch (final FlopOverflowException ex)
        {
            throw new IllegalArgumentException(text + ": 2^128 FLOP or more");
        }
    }

    private static Map<String, BigInteger> parts(final String text)
    {
        final Map<String, BigInteger> parts = new LinkedHashMap<>();
        for (final String part : text.split(",", -1))
        {
            final int equals = part.indexOf('=');
            final String name = equals < 0 ? part : part.substring(0, equals);
            if (!PARAMETERS.equals(name) && !TOKENS.equals(name) || null != parts.put(
                name, whole(name, part.substring(equals + 1))))
            {
                throw new IllegalArgumentException(text + ": expected FLOP, or params=N,tokens=D, each once");
            }
        }
        if (2 != parts.size())
        {
            throw new IllegalArgumentException(text + ": expected both params and tokens");
        }
        return parts;
    }

    private static BigInteger whole(final String name, final String text)
    {
        final BigInteger whole = Shape.Numbers.whole(text);
        if (null == whole)
        {
            throw new IllegalArgumentException(name + ": expected a whole number, found \"" + text + '"');
        }
        return whole;
    }
}
