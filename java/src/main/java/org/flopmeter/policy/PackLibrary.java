/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;

/** The packs that the jar brings along, each read through the same strict path as a pack from outside. */
public final class PackLibrary
{
    private static final List<String> NAMES = List.of(
        "seed", "eu-ai-act", "us-ca-sb53", "us-ny-raise", "us-ny-raise-amended", "us-eo14110-historic");

    private PackLibrary()
    {
    }

    /** Loaded once, on first use. */
    private static final class Shipped
    {
        private static final Map<String, Pack> PACKS = load();

        private static Map<String, Pack> load()
        {
            final Map<String, Pack> packs = new LinkedHashMap<>();
            for (final String name : NAMES)
            {
                final JsonView document = JsonView.root(StrictJson.read(bytes("packs/" + name + ".json")));
                packs.put(name, PackReader.read(Fact.of(document)));
            }
            return packs;
        }

        private static byte[] bytes(final String resource)
        {
            try (InputStream stream = PackLibrary.class.getResourceAsStream(resource))
            {
                return stream.readAllBytes();
            }
            catch (final IOException ex)
            {
                throw new UncheckedIOException(ex);
            }
        }
    }

    /** Names of the shipped packs. */
    public static List<String> names()
    {
        return NAMES;
    }

    /** Names of all fields that a pack can have, in the order in which packs are written. */
    public static List<String> fieldNames()
    {
        return PackField.ALL.stream().map(PackField::jsonName).toList();
    }

    /** The shipped pack of that name; a {@link PolicyException} when there is none. */
    public static Pack shipped(final String name)
    {
        return shipped(name, "the pack");
    }

    /** A pack from outside; a {@link PolicyException} says what is wrong with it. */
    public static Pack read(final JsonView document)
    {
        final Pack pack = PackReader.read(Fact.of(document));
        PackHistory.refuseHighHarbours(pack, document.path());
        return pack;
    }

    static Pack shipped(final String name, final String path)
    {
        if (!NAMES.contains(name))
        {
            throw Refusal.UNKNOWN_PACK.at(path, "no pack of that name is shipped; there are " + NAMES);
        }
        return Shipped.PACKS.get(name);
    }
}
