/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.Collection;
import org.flopmeter.unit.Ratio;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A document, or a part of one, as it is built up: figures are strings, small integers are numbers. */
final class Answer
{
    private static final JsonMapper JSON = JsonMapper.shared();

    private final ObjectNode json = JSON.createObjectNode();

    Answer put(final String name, final String value)
    {
        json.put(name, value);
        return this;
    }

    Answer put(final String name, final Enum<?> value)
    {
        return put(name, null == value ? null : value.name());
    }

    Answer put(final String name, final boolean value)
    {
        json.put(name, value);
        return this;
    }

    Answer put(final String name, final BigInteger smallInteger)
    {
        json.put(name, smallInteger);
        return this;
    }

    Answer put(final String name, final Ratio value)
    {
        return put(name, value.toString());
    }

    Answer put(final String name, final Quantity quantity)
    {
        return put(name, new Answer()
            .put("lower", quantity.lower())
            .put("point", quantity.point())
            .put("upper", quantity.isBounded() ? quantity.upper().toString() : "unbounded"));
    }

    Answer put(final String name, final Answer part)
    {
        json.set(name, part.json);
        return this;
    }

    Answer put(final String name, final Collection<Answer> parts)
    {
        final ArrayNode array = json.putArray(name);
        parts.forEach(part -> array.add(part.json));
        return this;
    }

    Answer putNames(final String name, final Collection<String> names)
    {
        final ArrayNode array = json.putArray(name);
        names.forEach(array::add);
        return this;
    }

    Answer putNumbers(final String name, final Collection<BigInteger> smallIntegers)
    {
        final ArrayNode array = json.putArray(name);
        smallIntegers.forEach(array::add);
        return this;
    }

    Answer put(final String name, final Reasons reasons)
    {
        return putNames(name, reasons.codes());
    }

    JsonNode node()
    {
        return json;
    }

    ObjectNode json()
    {
        return json;
    }
}
