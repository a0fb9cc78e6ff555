/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import org.flopmeter.assess.Facts;
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

    @FunctionalInterface
    private interface Reader
    {
        Facts read(JsonView view);
    }

    /** The facts of a file and of the inventory that it names; nothing for no file. */
    static AssessFacts read(final Path file)
    {
        if (null == file)
        {
            return new AssessFacts(Facts.none(), null);
        }
        final AssessFacts read = document(file, Facts::read);
        final String inventory = read.facts.inventoryFile();
        return null == inventory ? read : new AssessFacts(
            document(file.resolveSibling(GraphRecords.path(inventory)), read.facts::withInventory).facts, read.yaml);
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

    private static AssessFacts document(final Path file, final Reader reader)
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
                return new AssessFacts(reader.read(JsonView.root(StrictJson.read(utf8)).object()), null);
            }
            final StrictYaml yaml = StrictYaml.read(utf8);
            return new AssessFacts(
                yaml.located(() -> reader.read(JsonView.root(yaml.value()).object())), yaml);
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
