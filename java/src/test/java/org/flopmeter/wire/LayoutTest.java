/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.Test;

/** The Java descriptors against testdata/wire/layout.csv, which C is checked against, too. */
final class LayoutTest
{
    private record Place(Class<?> descriptor, String prefix)
    {
    }

    private static final Map<String, Place> PLACES = Map.of(
        "lane", new Place(LaneDescriptor.class, ""),
        "ringTrailer", new Place(LaneDescriptor.class, "TRAILER_"),
        "slot", new Place(SlotDescriptor.class, ""),
        "doubleRecord", new Place(FoldDescriptor.class, ""),
        "record", new Place(BatchDescriptor.class, ""),
        "sample", new Place(SampleDescriptor.class, ""),
        "journal", new Place(JournalDescriptor.class, ""),
        "control", new Place(ControlDescriptor.class, ""),
        "gap", new Place(ControlDescriptor.class, "GAP_"));

    private static final Map<String, String> LENGTHS = Map.of(
        "lane", "HEADER_LENGTH",
        "record", "HEADER_LENGTH",
        "control", "FILE_LENGTH");

    @Test
    void shouldAgreeWithTheOneListOfOffsets() throws Exception
    {
        final Set<String> listed = new HashSet<>();
        for (final String line : lines())
        {
            final String[] row = line.split(",");
            final Place place = PLACES.get(row[0]);
            assertNotNull(place, line);
            final boolean isLength = "LENGTH".equals(row[1]);
            final String constant = isLength ?
                LENGTHS.getOrDefault(row[0], place.prefix + "LENGTH") :
                place.prefix + row[1].replaceAll("([A-Z])", "_$1").toUpperCase(java.util.Locale.ROOT) + "_OFFSET";
            final int expected = Integer.parseInt(isLength ? row[3] : row[2]);
            assertEquals(expected, place.descriptor.getField(constant).getInt(null), line);
            listed.add(place.descriptor.getSimpleName() + '.' + constant);
        }

        for (final Place place : new HashSet<>(PLACES.values()))
        {
            for (final var field : place.descriptor.getFields())
            {
                final String name = place.descriptor.getSimpleName() + '.' + field.getName();
                assertTrue(Modifier.isFinal(field.getModifiers()), name);
                assertTrue(!field.getName().endsWith("_OFFSET") || listed.contains(name), name + " is not listed");
            }
        }
    }

    private static List<String> lines() throws IOException
    {
        final Path root = Path.of(System.getProperty("flopmeter.root", "."));
        final List<String> lines = Files.readAllLines(root.resolve("testdata/wire/layout.csv"));
        assertEquals("struct,field,offset,length,type", lines.get(0));
        return lines.subList(1, lines.size());
    }
}
