/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.graph.document.GraphWriter;
import org.flopmeter.graph.lineage.LineageImport;
import org.flopmeter.graph.store.ImportFormat;
import org.flopmeter.graph.store.StoreImport;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.unit.Plural;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A graph from files of whatever format, wherever it goes then.
 *
 * @param document native JSON, checked.
 * @param mapped   what was read, for people.
 * @param notes    what could not be mapped and what had to be assumed.
 */
record GraphImport(ObjectNode document, String mapped, List<String> notes)
{
    /** What the files are taken for. */
    enum Format
    {
        AUTO, NATIVE, OPENLINEAGE;

        @Override
        public String toString()
        {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The graph of files; a {@link UsageException} says which one is refused, where, and why. */
    static GraphImport of(
        final List<Path> files, final Format format, final Collection<String> human, final boolean isHumanAll)
    {
        final byte[] first = DocumentFiles.bytes(files.get(0), DocumentFiles.GRAPH_LENGTH_MAX);
        if (Format.NATIVE != format && (Format.OPENLINEAGE == format || !isNative(first)))
        {
            return ofEvents(files, first, human, isHumanAll);
        }
        if (files.size() > 1)
        {
            throw new UsageException("graph import: a graph in native JSON is one file, and these are " + files.size());
        }
        if (isHumanAll || !human.isEmpty())
        {
            throw new UsageException("graph import: --human is for events; native JSON has nodes of kind human");
        }
        return DocumentFiles.accepted(files.get(0).toString(), () -> ofNative(JsonView.root(StrictJson.read(first))));
    }

    /**
     * Put files into a store, together and whole; a {@link UsageException} says which one is refused, where, and why.
     *
     * @param argument why people are said to have made datasets.
     */
    static GraphImport into(
        final StoreImport into, final List<Path> files, final Format format, final Collection<String> human,
        final boolean isHumanAll, final String argument)
    {
        final LineageImport lineage = new LineageImport();
        final List<String> notes = new ArrayList<>();
        boolean hasEvents = false;
        for (final Path file : files)
        {
            final byte[] utf8 = DocumentFiles.bytes(file, DocumentFiles.GRAPH_LENGTH_MAX);
            final boolean isEvents =
                Format.NATIVE != format && (Format.OPENLINEAGE == format || !isNative(utf8));
            hasEvents |= isEvents;
            DocumentFiles.accepted(file.toString(), () ->
            {
                if (isEvents)
                {
                    lineage.add(1 == files.size() ? "" : file + ": ", utf8, StoreImport.LINE_LENGTH_MAX,
                        line -> into.add(ImportFormat.EVENTS, file.toString(), "", line));
                }
                else
                {
                    notes.addAll(addNative(into, file.toString(), JsonView.root(StrictJson.read(utf8))));
                }
                return null;
            });
        }
        if (!hasEvents && (isHumanAll || !human.isEmpty()))
        {
            throw new UsageException("graph import: --human is for events; native JSON has nodes of kind human");
        }
        human.forEach(dataset -> into.addHuman(dataset, argument));
        if (isHumanAll)
        {
            into.addHumanAll(argument);
        }
        DocumentFiles.accepted(1 == files.size() ? files.get(0).toString() : "the files together", () ->
        {
            into.commit();
            return null;
        });
        notes.addAll(into.notes());
        notes.addAll(lineage.unmapped());
        return new GraphImport(null, into.newCount() + " of " + into.lineCount() +
            (hasEvents ? " events, nodes and edges" : " nodes and edges") + " are new", notes);
    }

    private static List<String> addNative(final StoreImport into, final String file, final JsonView document)
    {
        // As the writer spells it: the same node is the same line, however it was written.
        final GraphImport graph = ofNative(document);
        final ObjectNode written = GraphWriter.write(GraphReader.read(document));
        for (final ImportFormat format : List.of(ImportFormat.NODES, ImportFormat.EDGES))
        {
            final String name = ImportFormat.NODES == format ? "nodes" : "edges";
            for (int i = 0; i < written.get(name).size(); i++)
            {
                into.add(format, file, "$." + name + "[" + i + "]", written.get(name).get(i).toString());
            }
        }
        return graph.notes();
    }

    private static boolean isNative(final byte[] utf8)
    {
        try
        {
            final JsonNode document = StrictJson.read(utf8);
            return document.isObject() && document.has("nodes");
        }
        catch (final JsonFormatException ex)
        {
            // Not one value: events, one a line, or nothing at all, which the reader of events will say.
            return false;
        }
    }

    private static GraphImport ofNative(final JsonView document)
    {
        GraphReader.read(document.object());
        final ObjectNode copy = JsonNodeFactory.instance.objectNode().put("schema", GraphWriter.SCHEMA);
        copy.set("nodes", document.node().get("nodes"));
        copy.set("edges", document.has("edges") ? document.node().get("edges") : JsonNodeFactory.instance.arrayNode());
        final List<String> notes = new ArrayList<>();
        for (final String name : document.names())
        {
            if (!copy.has(name))
            {
                notes.add("not mapped: " + document.member(name).path() + ", which is no part of a graph");
            }
        }
        return new GraphImport(copy, sizes(copy), notes);
    }

    private static GraphImport ofEvents(
        final List<Path> files, final byte[] first, final Collection<String> human, final boolean isHumanAll)
    {
        final LineageImport lineage = new LineageImport();
        for (int i = 0; i < files.size(); i++)
        {
            final byte[] utf8 = 0 == i ? first : DocumentFiles.bytes(files.get(i), DocumentFiles.GRAPH_LENGTH_MAX);
            final String place = 1 == files.size() ? "" : files.get(i) + ": ";
            DocumentFiles.accepted(files.get(i).toString(), () ->
            {
                lineage.add(place, utf8);
                return null;
            });
        }
        final LineageImport.Imported imported =
            DocumentFiles.accepted("the events together", () -> lineage.graph(human, isHumanAll));
        return new GraphImport(imported.document(),
            Plural.of(imported.eventCount(), "event") + ", " + Plural.of(imported.runCount(), "run") + ": " +
                sizes(imported.document()),
            imported.notes());
    }

    private static String sizes(final ObjectNode document)
    {
        return Plural.of(document.get("nodes").size(), "node") + ", " + Plural.of(document.get("edges").size(), "edge");
    }
}
