/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads packs strictly, shipped ones and overrides of them on the same path. */
final class PackReader
{
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String BASE = "base";

    private PackReader()
    {
    }

    /** A pack as a case gives it: the name of a shipped one, overrides of one, or a whole one. */
    static Pack read(final Fact fact)
    {
        if (fact.isString())
        {
            return PackLibrary.shipped(fact.text(), fact.path());
        }
        return asPackFault(() -> readObject(fact));
    }

    private static Pack readObject(final Fact fact)
    {
        final ObjectNode merged = JSON.createObjectNode();
        if (fact.at(BASE).isThere())
        {
            merged.setAll(PackLibrary.shipped(fact.at(BASE).text(), fact.at(BASE).path()).tree());
        }
        for (final String name : fact.names())
        {
            if (BASE.equals(name))
            {
                continue;
            }
            if (null == PackField.named(name))
            {
                throw Refusal.UNKNOWN_FIELD.at(fact.path() + '.' + name, "a pack has no such field");
            }
            final JsonNode value = fact.node().get(name);
            if (value.isNull())
            {
                merged.remove(name);
            }
            else
            {
                merged.set(name, value);
            }
        }
        return readWhole(Fact.of(fact.path(), merged));
    }

    private static Pack readWhole(final Fact fact)
    {
        final Map<PackField<?>, Object> values = new IdentityHashMap<>();
        for (final PackField<?> field : PackField.REQUIRED)
        {
            fact.at(field.jsonName()).need();
        }
        for (final String name : fact.names())
        {
            final PackField<?> field = PackField.named(name);
            values.put(field, field.read(fact.at(name)));
        }
        return new Pack(values, (ObjectNode)fact.node());
    }

    /** What is missing or of another JSON type in a pack is a fault of the pack, not of a fact. */
    private static Pack asPackFault(final Supplier<Pack> reading)
    {
        try
        {
            return reading.get();
        }
        catch (final PolicyException ex)
        {
            if (Refusal.BAD_FACT == ex.refusal() || Refusal.MISSING_FACT == ex.refusal())
            {
                throw new PolicyException(Refusal.BAD_PACK, ex.getMessage());
            }
            throw ex;
        }
    }
}
