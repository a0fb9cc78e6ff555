/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.math.BigInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Peaks of one model of device as two hosts found them. */
final class Peaks
{
    private static final String UNBOUNDED = "unbounded";

    private Peaks()
    {
    }

    /** The narrowest figures that hold for both; a format that one of them doesn't know is known of the other. */
    static JsonNode hull(final JsonNode one, final JsonNode other)
    {
        final ObjectNode hull = ((ObjectNode)one).deepCopy();
        for (final var part : other.properties())
        {
            final JsonNode before = hull.get(part.getKey());
            hull.set(part.getKey(), null == before ? part.getValue() :
                "dense".equals(part.getKey()) ? formats(before, part.getValue()) : figure(before, part.getValue()));
        }
        return hull;
    }

    private static JsonNode formats(final JsonNode one, final JsonNode other)
    {
        final ObjectNode hull = ((ObjectNode)one).deepCopy();
        other.properties().forEach(format -> hull.set(format.getKey(), hull.has(format.getKey()) ?
            figure(hull.get(format.getKey()), format.getValue()) : format.getValue()));
        return hull;
    }

    private static JsonNode figure(final JsonNode one, final JsonNode other)
    {
        if (one.equals(other))
        {
            return one;
        }
        final String upper = bound(one, "upper");
        final String otherUpper = bound(other, "upper");
        return JsonNodeFactory.instance.objectNode()
            .put("lower", count(one, "lower").min(count(other, "lower")).toString())
            .put("point", count(one, "point").max(count(other, "point")).toString())
            .put("upper", UNBOUNDED.equals(upper) || UNBOUNDED.equals(otherUpper) ? UNBOUNDED :
                count(one, "upper").max(count(other, "upper")).toString());
    }

    private static BigInteger count(final JsonNode figure, final String name)
    {
        return new BigInteger(bound(figure, name));
    }

    /** A bound of a figure that was read already. */
    static String bound(final JsonNode figure, final String name)
    {
        if (figure.isObject())
        {
            return figure.get(name).asString();
        }
        if (Inventories.UNKNOWN.equals(figure.asString()))
        {
            return "upper".equals(name) ? UNBOUNDED : "0";
        }
        return figure.asString();
    }
}
