/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.assess;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.flopmeter.assess.Facts;
import org.flopmeter.assess.HostGpus;
import org.flopmeter.assess.Inventories;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.StrictYaml;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.policy.FactsFile;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.node.text.Printable;
import org.flopmeter.sign.NoteKey;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Facts from a file: YAML by the end of the name, JSON otherwise.
 *
 * @param yaml knows the lines of paths; null for JSON and for no file.
 */
record AssessFacts(Facts facts, StrictYaml yaml)
{
    /**
     * The facts of a file, or none, and the inventories that it or the command line names.
     *
     * @param keys each of them must have signed the facts; none where facts are not signed.
     */
    static AssessFacts read(final Path file, final List<NoteKey> keys, final List<Path> inventoryFiles)
    {
        final FactsFile.Document<Facts> read = null == file ?
            new FactsFile.Document<>(Facts.none(), null) : FactsFile.read(file, keys);
        final List<Inventories.Part> parts = new ArrayList<>();
        if (null != read.value().inventory())
        {
            parts.add(new Inventories.Part(file.toString(), read.value().inventory()));
        }
        for (final String name : read.value().inventoryFiles())
        {
            parts.add(inventory(file.resolveSibling(GraphRecords.path(name))));
        }
        inventoryFiles.forEach(path -> parts.add(inventory(path)));
        if (parts.isEmpty())
        {
            return new AssessFacts(read.value(), read.yaml());
        }
        try
        {
            return new AssessFacts(read.value().withInventory(Inventories.merged(parts)), read.yaml());
        }
        catch (final JsonFormatException ex)
        {
            throw FactsFile.refused(Path.of("inventories"), ex);
        }
    }

    private static Inventories.Part inventory(final Path file)
    {
        return new Inventories.Part(
            file.toString(), FactsFile.read(file, Inventories::read).value());
    }

    /**
     * What sidecars read of GPUs, from the status of each host, in order. Two that read the same cards, sidecars of
     * two users, are refused: whoever reads this would add them up.
     */
    static ArrayNode hostGpus(final List<Path> statusFiles)
    {
        final Map<String, Path> before = new HashMap<>();
        final ArrayNode hosts = JsonNodeFactory.instance.arrayNode();
        for (final Path file : statusFiles)
        {
            final ObjectNode gpus = FactsFile.read(file, HostGpus::read).value();
            final Path other = before.putIfAbsent(gpus.get("host").asString(), file);
            if (null != other)
            {
                throw new UsageException(file + ": the GPUs of host " + Printable.of(gpus.get("host").asString()) +
                    " are in " + other + ", too");
            }
            hosts.add(gpus);
        }
        return hosts;
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
            throw FactsFile.refused(file, ex);
        }
    }
}
