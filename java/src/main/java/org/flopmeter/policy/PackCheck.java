/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.flopmeter.json.JsonView;
import tools.jackson.databind.JsonNode;

/** Can a pack be accepted, whoever signs it? */
public final class PackCheck
{
    private PackCheck()
    {
    }

    /** A fault: its code, and the field with both values and the rule. */
    public record Fault(Refusal code, String message)
    {
    }

    /**
     * Everything that speaks against a pack.
     *
     * @param international the pack that it must be at least as strict as, or null.
     */
    public static List<Fault> faults(final JsonView document, final Pack international)
    {
        final List<Fault> faults = new ArrayList<>();
        final Pack pack;
        try
        {
            pack = PackReader.read(Fact.of(document));
        }
        catch (final PolicyException ex)
        {
            return List.of(new Fault(ex.refusal(), ex.getMessage()));
        }
        for (final HarbourKind kind : pack.harboursTooHigh())
        {
            faults.add(new Fault(Refusal.HARBOUR_TOO_HIGH, PackHistory.tooHigh(pack, kind, document.path())));
        }
        if (null != international)
        {
            for (final PackField<?> field : Strictness.lessStrictFields(pack, international))
            {
                faults.add(new Fault(Refusal.LESS_STRICT,
                    lessStrict(pack, international, field, document.path())));
            }
        }
        return faults;
    }

    /** Rules of the pack that no source is given for; what names the pack itself needs none. */
    public static List<String> unsourcedFields(final Pack pack)
    {
        final Set<String> sourced = new HashSet<>();
        if (pack.has(PackField.SOURCES))
        {
            pack.find(PackField.SOURCES).forEach(source -> sourced.addAll(source.at("fields").textsOrNone()));
        }
        return PackField.ALL.stream()
            .filter(field -> pack.has(field) && !PackField.REQUIRED.contains(field))
            .filter(field -> PackField.SCHEMA != field && PackField.SOURCES != field)
            .map(PackField::jsonName)
            .filter(name -> !sourced.contains(name))
            .toList();
    }

    static String lessStrict(
        final Pack pack, final Pack international, final PackField<?> field, final String path)
    {
        return path + '.' + field + ": less strict than the international pack: " +
            shown(pack, field) + " instead of " + shown(international, field);
    }

    /** The value as it is written; of a harbour also the threshold that follows from it. */
    static String shown(final Pack pack, final PackField<?> field)
    {
        final JsonNode value = pack.written(field);
        for (final HarbourKind kind : HarbourKind.values())
        {
            if (kind.field() == field && null != pack.harbour(kind))
            {
                return value + " (" + pack.harbour(kind) + ')';
            }
        }
        return null == value ? "nothing" : value.toString();
    }
}
