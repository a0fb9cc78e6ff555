/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.Refusal;
import org.flopmeter.graph.lineage.LineageImport.Unwritten;
import org.flopmeter.graph.store.GraphRecord.HumanMade;
import org.flopmeter.graph.store.GraphRecord.Imported;
import org.flopmeter.json.StrictJson;
import tools.jackson.databind.JsonNode;

/**
 * Takes lines of JSON into a store, all or nothing: what is there already changes nothing, what contradicts it is
 * refused, and whoever is killed meanwhile leaves nothing behind. One thread, one use.
 */
public final class StoreImport
{
    /** Bytes of UTF-8 that a line may have. */
    public static final int LINE_LENGTH_MAX = Imported.TEXT_LENGTH_MAX;

    private static final int ATTEMPTS = 100;
    /** Records of an import are made in memory. */
    private static final long LENGTH_MAX = 1L << 30;

    private final GraphStore store;
    private final String author;
    private final long nowNs;
    private final Map<ImportFormat, Map<String, Line>> lines = new HashMap<>();
    private final List<HumanMade> humans = new ArrayList<>();
    private String humanArgument;
    private int newCount;
    private List<String> notes = List.of();
    private ImportFold.Outcome outcomeAfter;

    private record Line(String source, String place)
    {
    }

    /** Another process appended meanwhile. */
    private static final class MovedException extends RuntimeException
    {
        private static final long serialVersionUID = 1;
    }

    /** @param author who imports, for people who look at it later. */
    public StoreImport(final GraphStore store, final String author, final long nowNs)
    {
        this.store = store;
        this.author = author;
        this.nowNs = nowNs;
    }

    /**
     * A line to be imported; once is enough.
     *
     * @param source the file, for people.
     * @param place  within it, for a refusal.
     */
    public void add(final ImportFormat format, final String source, final String place, final String text)
    {
        if (text.getBytes(StandardCharsets.UTF_8).length > Imported.TEXT_LENGTH_MAX)
        {
            throw new GraphStoreException(place + ": expected at most " + Imported.TEXT_LENGTH_MAX +
                " bytes for a node or edge");
        }
        lines.computeIfAbsent(format, ignored -> new LinkedHashMap<>()).putIfAbsent(text, new Line(source, place));
    }

    /** People made a dataset, where no run is known to have. */
    public void addHuman(final String dataset, final String argument)
    {
        humans.add(new HumanMade(dataset, argument, author, nowNs));
    }

    /** People made every dataset of these events that no run is known to have made. */
    public void addHumanAll(final String argument)
    {
        humanArgument = argument;
    }

    /** How many lines there were, each once. */
    public int lineCount()
    {
        return lines.values().stream().mapToInt(Map::size).sum();
    }

    /** How many were not there before. */
    public int newCount()
    {
        return newCount;
    }

    /** What the events don't say and the graph has to assume since this import. */
    public List<String> notes()
    {
        return notes;
    }

    /**
     * Append what is new.
     *
     * @throws GraphRefusedException it contradicts itself or what is recorded; nothing was written then.
     */
    public void commit()
    {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++)
        {
            final StoreContents contents = store.read();
            final List<GraphRecord> records = records(contents);
            if (records.isEmpty())
            {
                return;
            }
            // Whatever is appended must leave a graph.
            final StoreContents after = contents.with(records);
            after.imports(outcomeAfter);
            RecordedGraph.of(after, nowNs);
            try
            {
                store.append(first ->
                {
                    if (first != contents.sequenceNext())
                    {
                        throw new MovedException();
                    }
                    return records;
                });
                store.keepImports(after);
                return;
            }
            catch (final MovedException ex)
            {
                // Once more with what is there now.
                continue;
            }
        }
        throw new GraphStoreException(store.file() + ": others appended all the time; try again");
    }

    private List<GraphRecord> records(final StoreContents contents)
    {
        final ImportFold before = ImportFold.of(contents);
        final List<GraphRecord> records = new ArrayList<>();
        newCount = 0;
        for (final ImportFormat format : ImportFormat.values())
        {
            final Map<String, Line> fresh = new LinkedHashMap<>(lines.getOrDefault(format, Map.of()));
            final Set<String> known = before.lines(format);
            fresh.keySet().removeAll(known);
            requireAgreement(format, fresh, known);
            newCount += fresh.size();
            records.addAll(packed(format, fresh));
        }
        humans.stream().filter(made -> isNew(made, before)).forEach(records::add);
        final ImportFold after = ImportFold.of(contents.with(records));
        ImportFold.Outcome outcome = after.outcome();
        final Set<String> notesBefore = new HashSet<>(before.outcome().notes());
        if (null != humanArgument)
        {
            final Set<String> others = datasets(before.outcome().origins().values());
            final Set<String> made = datasets(outcome.origins().values().stream()
                .filter(unwritten -> !unwritten.isHuman()).toList());
            made.removeAll(others);
            made.forEach(dataset ->
            {
                final HumanMade human = new HumanMade(dataset, humanArgument, author, nowNs);
                records.add(human);
                after.add(human);
            });
            outcome = after.outcome();
        }
        outcomeAfter = outcome;
        notes = outcome.notes().stream().filter(note -> !notesBefore.contains(note)).toList();
        return records;
    }

    private static Set<String> datasets(final Iterable<Unwritten> origins)
    {
        final Set<String> datasets = new LinkedHashSet<>();
        origins.forEach(unwritten -> datasets.add(unwritten.dataset()));
        return datasets;
    }

    private static boolean isNew(final HumanMade made, final ImportFold before)
    {
        final HumanMade known = before.humans().get(made.dataset());
        return null == known || !known.argument().equals(made.argument()) || !known.author().equals(made.author());
    }

    /** A node or edge that is there may be said again, but not otherwise. */
    private static void requireAgreement(
        final ImportFormat format, final Map<String, Line> fresh, final Set<String> known)
    {
        if (ImportFormat.EVENTS == format || fresh.isEmpty() || known.isEmpty())
        {
            return;
        }
        final Set<String> names = new HashSet<>();
        known.forEach(line -> names.add(name(format, line)));
        fresh.forEach((line, where) ->
        {
            final String name = name(format, line);
            if (names.contains(name))
            {
                throw new GraphRefusedException(
                    ImportFormat.NODES == format ? Refusal.DUPLICATE_ID : Refusal.DUPLICATE_EDGE,
                    where.place + ": " + name + " is in the store already and says otherwise");
            }
        });
    }

    private static String name(final ImportFormat format, final String line)
    {
        final JsonNode json = StrictJson.read(line.getBytes(StandardCharsets.UTF_8));
        return ImportFormat.NODES == format ? "node \"" + json.path("id").asString("") + '"' :
            "edge \"" + json.path("from").asString("") + "\" -> \"" + json.path("to").asString("") + '"';
    }

    private List<GraphRecord> packed(final ImportFormat format, final Map<String, Line> fresh)
    {
        final List<GraphRecord> records = new ArrayList<>();
        final StringBuilder text = new StringBuilder();
        String source = null;
        int length = 0;
        long lengthAll = 0;
        for (final Map.Entry<String, Line> entry : fresh.entrySet())
        {
            final int lineLength = entry.getKey().getBytes(StandardCharsets.UTF_8).length + 1;
            if (null != source &&
                (length + lineLength > Imported.TEXT_LENGTH_MAX || !source.equals(entry.getValue().source)))
            {
                records.add(new Imported(format, nowNs, source, author, text.toString()));
                text.setLength(0);
                length = 0;
            }
            source = entry.getValue().source;
            text.append(text.isEmpty() ? "" : "\n").append(entry.getKey());
            length += lineLength;
            lengthAll += lineLength;
            if (lengthAll > LENGTH_MAX)
            {
                throw new GraphStoreException("an import of more than " + LENGTH_MAX + " bytes: import it in parts");
            }
        }
        if (null != source)
        {
            records.add(new Imported(format, nowNs, source, author, text.toString()));
        }
        return records;
    }
}
