/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.unit.Ratio;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A policy pack: rules about compute as data, all of them read and checked. */
public final class Pack
{
    static final String SCHEMA = "flopmeter/policy-pack/v1";

    private final Map<PackField<?>, Object> values;
    private final ObjectNode document;

    Pack(final Map<PackField<?>, Object> values, final ObjectNode document)
    {
        this.values = new IdentityHashMap<>(values);
        this.document = document;
    }

    public String name()
    {
        return find(PackField.NAME);
    }

    public BigInteger version()
    {
        return find(PackField.VERSION);
    }

    public String authority()
    {
        return find(PackField.AUTHORITY);
    }

    /** From when it applies: YYYY-MM-DDThh:mm:ssZ. */
    public String effectiveFrom()
    {
        return effective().text();
    }

    public boolean isVerified()
    {
        return Choices.Status.VERIFIED == find(PackField.STATUS);
    }

    /** The pack as it was written, after overrides. */
    public ObjectNode document()
    {
        return document.deepCopy();
    }

    /** Names of the fields that the pack has, in the order in which packs are written. */
    public List<String> fields()
    {
        return PackField.ALL.stream().filter(this::has).map(PackField::jsonName).toList();
    }

    Moment effective()
    {
        return find(PackField.EFFECTIVE);
    }

    boolean has(final PackField<?> field)
    {
        return values.containsKey(field);
    }

    /** The value, or null when the pack does not have the field. */
    @SuppressWarnings("unchecked")
    <T> T find(final PackField<T> field)
    {
        return (T)values.get(field);
    }

    /** The pack as it was written, to be read only: packs share parts of their trees. */
    ObjectNode tree()
    {
        return document;
    }

    /** The value as it was written, or null. */
    JsonNode written(final PackField<?> field)
    {
        return document.get(field.jsonName());
    }

    /** The value of a field that a determination needs. */
    <T> T rule(final PackField<T> field)
    {
        if (!has(field))
        {
            throw lacks(field);
        }
        return find(field);
    }

    /** Are devices of different sites different clusters? Not unless the pack says so. */
    boolean isCoLocatedOnly()
    {
        return Boolean.TRUE.equals(find(PackField.CO_LOCATED_ONLY));
    }

    /** The threshold that applies, or null when the pack has none. */
    Ratio harbour(final HarbourKind kind)
    {
        final HarbourThreshold threshold = find(kind.field());
        return null == threshold ? null : threshold.under(find(kind.cap()));
    }

    Ratio harbourRule(final HarbourKind kind)
    {
        final Ratio threshold = harbour(kind);
        if (null == threshold)
        {
            throw lacks(kind.field());
        }
        return threshold;
    }

    /** Harbours above a tenth of their cap: no pack may have one. */
    List<HarbourKind> harboursTooHigh()
    {
        final List<HarbourKind> tooHigh = new ArrayList<>();
        for (final HarbourKind kind : HarbourKind.values())
        {
            final HarbourThreshold threshold = find(kind.field());
            if (null != threshold && threshold.isTooHigh(find(kind.cap())))
            {
                tooHigh.add(kind);
            }
        }
        return tooHigh;
    }

    private PolicyException lacks(final PackField<?> field)
    {
        return Refusal.RULE_NOT_IN_PACK.at("pack " + name() + " version " + version(), "it has no " + field);
    }
}
