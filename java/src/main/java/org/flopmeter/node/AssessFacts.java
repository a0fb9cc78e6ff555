/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import org.flopmeter.assess.Facts;
import org.flopmeter.assess.Inventories;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.json.StrictYaml;

/**
 * Facts from a file: YAML by the end of the name, JSON otherwise.
 *
 * @param yaml knows the lines of paths; null for JSON and for no file.
 */
record AssessFacts(Facts facts, StrictYaml yaml)
{
    private static final int LENGTH_MAX = 4 << 20;

    /** @param yaml knows the lines of paths; null for JSON. */
    private record Document<T>(T value, StrictYaml yaml)
    {
    }

    /** The facts of a file, or none, and the inventories that it or the command line names. */
    static AssessFacts read(final Path file, final List<Path> inventoryFiles)
    {
        final Document<Facts> read = null == file ? new Document<>(Facts.none(), null) : document(file, Facts::read);
        final List<Inventories.Part> parts = new ArrayList<>();
        if (null != read.value.inventory())
        {
            parts.add(new Inventories.Part(file.toString(), read.value.inventory()));
        }
        for (final String name : read.value.inventoryFiles())
        {
            parts.add(inventory(file.resolveSibling(GraphRecords.path(name))));
        }
        inventoryFiles.forEach(path -> parts.add(inventory(path)));
        if (parts.isEmpty())
        {
            return new AssessFacts(read.value, read.yaml);
        }
        try
        {
            return new AssessFacts(read.value.withInventory(Inventories.merged(parts)), read.yaml);
        }
        catch (final JsonFormatException ex)
        {
            throw refused(Path.of(parts.get(0).place()), ex);
        }
    }

    private static Inventories.Part inventory(final Path file)
    {
        return new Inventories.Part(file.toString(), document(file, Inventories::read).value);
    }

    /** What a step makes of the facts; a path that it refuses gets its line, where there are lines. */
    <T> T located(final Path file, final Supplier<T> step)
    {
        try
        {
            return null == yaml ? step.get() : yaml.located(step);
        }
        catch (final JsonFormatException ex)
        {
            throw refused(file, ex);
        }
    }

    private static <T> Document<T> document(final Path file, final Function<JsonView, T> reader)
    {
        final byte[] utf8 = DocumentFiles.bytes(file);
        if (utf8.length > LENGTH_MAX)
        {
            throw new UsageException(file + ": expected at most " + LENGTH_MAX + " bytes, found " + utf8.length);
        }
        final String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        try
        {
            if (!name.endsWith(".yaml") && !name.endsWith(".yml"))
            {
                return new Document<>(reader.apply(JsonView.root(StrictJson.read(utf8)).object()), null);
            }
            final StrictYaml yaml = StrictYaml.read(utf8);
            return new Document<>(
                yaml.located(() -> reader.apply(JsonView.root(yaml.value()).object())), yaml);
        }
        catch (final JsonFormatException ex)
        {
            throw refused(file, ex);
        }
    }

    private static UsageException refused(final Path file, final JsonFormatException ex)
    {
        return new UsageException((null == file ? "assess" : file) + ": " + Summary.printable(ex.getMessage()));
    }
}
