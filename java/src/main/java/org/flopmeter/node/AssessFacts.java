/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.nio.file.Path;
import java.util.Locale;
import org.flopmeter.assess.Facts;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.json.StrictYaml;

/** Files with facts: YAML by the end of the name, JSON otherwise. */
final class AssessFacts
{
    private static final int LENGTH_MAX = 4 << 20;

    private AssessFacts()
    {
    }

    /** The facts of a file and of the inventory that it names; nothing for no file. */
    static Facts read(final Path file)
    {
        if (null == file)
        {
            return Facts.none();
        }
        final Facts facts = document(file, Facts::read);
        if (null == facts.inventoryFile())
        {
            return facts;
        }
        final Path inventory = file.resolveSibling(GraphRecords.path(facts.inventoryFile()));
        return document(inventory, facts::withInventory);
    }

    @FunctionalInterface
    private interface Reader
    {
        Facts read(JsonView view);
    }

    private static Facts document(final Path file, final Reader reader)
    {
        final byte[] utf8 = DocumentFiles.bytes(file);
        if (utf8.length > LENGTH_MAX)
        {
            throw new UsageException(file + ": expected at most " + LENGTH_MAX + " bytes, found " + utf8.length);
        }
        final String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        final boolean isYaml = name.endsWith(".yaml") || name.endsWith(".yml");
        try
        {
            if (!isYaml)
            {
                return reader.read(JsonView.root(StrictJson.read(utf8)).object());
            }
            final StrictYaml yaml = StrictYaml.read(utf8);
            return yaml.located(() -> reader.read(JsonView.root(yaml.value()).object()));
        }
        catch (final JsonFormatException ex)
        {
            throw new UsageException(file + ": " + Summary.printable(ex.getMessage()));
        }
    }
}
