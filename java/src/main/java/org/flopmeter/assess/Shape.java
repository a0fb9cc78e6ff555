/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import java.util.regex.Pattern;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What a value of a document may be. Reading gives the value as determinations spell it, or says what is wrong. */
@FunctionalInterface
interface Shape
{
    /** Beyond it no reader of ours may count: a policy's counts have 60 digits. */
    int DIGITS_MAX = 60;

    Shape ANY_TEXT = value -> JsonNodeFactory.instance.stringNode(value.string());
    Shape FLAG = value ->
    {
        if (!value.node().isBoolean())
        {
            throw value.wrong("true or false");
        }
        return value.node();
    };
    Shape COUNT = value -> JsonNodeFactory.instance.stringNode(Numbers.count(value).toString());
    Shape RATIO = value -> Numbers.isRatio(value) ? value.node() : COUNT.read(value);
    Shape INTEGER = value ->
    {
        if (!value.node().isIntegralNumber() || value.node().bigIntegerValue().signum() < 0)
        {
            throw value.wrong("an integer >= 0");
        }
        return value.node();
    };
    Shape QUANTITY = Numbers::quantity;
    Shape TIME = value -> Numbers.matching(value, Numbers.TIME, "a moment as YYYY-MM-DDThh:mm:ssZ");
    Shape TEXTS = list(ANY_TEXT);

    JsonNode read(JsonView value);

    /** An object of these members, all of them optional, and no others. */
    static Shape object(final Map<String, Shape> members)
    {
        return value ->
        {
            final ObjectNode read = JsonNodeFactory.instance.objectNode();
            for (final String name : value.names())
            {
                final Shape shape = members.get(name);
                if (null == shape)
                {
                    throw new JsonFormatException(value.member(name).path(),
                        "no such member; expected one of " + String.join(", ", members.keySet()));
                }
                read.set(name, shape.read(value.member(name)));
            }
            return read;
        };
    }

    /** An object whose names are the author's. */
    static Shape mapOf(final Shape shape)
    {
        return value ->
        {
            final ObjectNode read = JsonNodeFactory.instance.objectNode();
            value.names().forEach(name -> read.set(name, shape.read(value.member(name))));
            return read;
        };
    }

    static Shape list(final Shape shape)
    {
        return value ->
        {
            final ArrayNode read = JsonNodeFactory.instance.arrayNode();
            value.elements().forEach(element -> read.add(shape.read(element)));
            return read;
        };
    }

    static Shape oneOf(final String... texts)
    {
        final String expected = String.join(", ", texts);
        return value ->
        {
            for (final String text : texts)
            {
                if (value.node().isString() && text.equals(value.string()))
                {
                    return value.node();
                }
            }
            throw value.wrong("one of " + expected);
        };
    }

    /** Figures as people write them, exactly. */
    final class Numbers
    {
        static final Pattern TIME =
            Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z");

        private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,60}(\\.[0-9]{1,60})?([eE]\\+?[0-9]{1,2})?");
        private static final Pattern RATIO = Pattern.compile("(0|[1-9][0-9]{0,59})/[1-9][0-9]{0,59}");
        private static final BigInteger SAFE_MAX = BigInteger.ONE.shiftLeft(53);

        private Numbers()
        {
        }

        /** Digits, or a decimal with an exponent whose value is whole: "2.5e25". Numbers only where no reader errs. */
        static BigInteger count(final JsonView value)
        {
            if (value.node().isIntegralNumber() && value.node().bigIntegerValue().signum() >= 0 &&
                value.node().bigIntegerValue().compareTo(SAFE_MAX) <= 0)
            {
                return value.node().bigIntegerValue();
            }
            final BigInteger count = value.node().isString() ? whole(value.string()) : null;
            if (null == count)
            {
                throw value.wrong(
                    "a whole number >= 0 of at most 60 digits, as a string of digits from 2^53 on");
            }
            return count;
        }

        /** The exact value, or null when the text is no whole decimal. */
        static BigInteger whole(final String text)
        {
            if (!DECIMAL.matcher(text).matches())
            {
                return null;
            }
            final BigDecimal decimal = new BigDecimal(text);
            if (decimal.signum() != 0 && decimal.stripTrailingZeros().scale() > 0)
            {
                return null;
            }
            final BigInteger whole = decimal.toBigIntegerExact();
            return whole.toString().length() <= DIGITS_MAX ? whole : null;
        }

        static boolean isRatio(final JsonView value)
        {
            return value.node().isString() && RATIO.matcher(value.string()).matches();
        }

        static JsonNode quantity(final JsonView value)
        {
            if (value.node().isString() && "unknown".equals(value.string()))
            {
                return value.node();
            }
            if (!value.node().isObject())
            {
                return COUNT.read(value);
            }
            final ObjectNode read = JsonNodeFactory.instance.objectNode();
            for (final String name : new String[] { "lower", "point", "upper" })
            {
                final JsonView bound = value.member(name);
                final boolean isUnbounded = "upper".equals(name) && bound.node().isString() &&
                    "unbounded".equals(bound.string());
                read.set(name, isUnbounded ? bound.node() : COUNT.read(bound));
            }
            if (read.size() != value.names().size())
            {
                throw value.wrong("lower, point and upper");
            }
            final BigInteger point = new BigInteger(read.get("point").asString());
            final String upper = read.get("upper").asString();
            if (new BigInteger(read.get("lower").asString()).compareTo(point) > 0 ||
                !"unbounded".equals(upper) && point.compareTo(new BigInteger(upper)) > 0)
            {
                throw value.wrong("lower <= point <= upper");
            }
            return read;
        }

        static JsonNode matching(final JsonView value, final Pattern pattern, final String expected)
        {
            if (!value.node().isString() || !pattern.matcher(value.string()).matches())
            {
                throw value.wrong(expected);
            }
            return value.node();
        }
    }
}
