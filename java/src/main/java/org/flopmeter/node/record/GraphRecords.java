/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.flopmeter.graph.store.ContentDigest;
import org.flopmeter.graph.store.GraphStore;
import org.flopmeter.graph.store.GraphStoreException;
import org.flopmeter.graph.store.RecordedArtifact;
import org.flopmeter.graph.store.RecordedGraph;
import org.flopmeter.graph.store.StoreContents;
import org.flopmeter.node.io.FileDigest;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;

/**
 * The records of a state directory and the graph that they make, for commands.
 *
 * @param liveNs when computations that go on reported last, by id.
 */
public record GraphRecords(GraphStore store, StoreContents contents, RecordedGraph graph, Map<String, Long> liveNs)
{
    /**
     * What a name on the command line means.
     *
     * @param ids  of nodes of the graph; empty when nothing is recorded of it.
     * @param what for people.
     */
    public record Target(List<String> ids, String what)
    {
    }

    public static GraphRecords of(final Path stateOption)
    {
        final StateDirectory places = StateDirectory.of(stateOption, System.getenv(), StateDirectory.uid());
        final GraphStore store = GraphStore.of(places.state());
        try
        {
            final StoreContents contents = store.read();
            final LiveWeights live = LiveWeights.of(contents, places);
            return new GraphRecords(
                store, contents, RecordedGraph.of(contents.with(live.records()), nowNs()), live.asOfNs());
        }
        catch (final GraphStoreException ex)
        {
            throw new UsageException(ex.getMessage());
        }
    }

    /** A node, run or RUN/NODE of this name; else the content of the file; else what was seen under its path. */
    Target find(final String name)
    {
        final List<String> named = graph.named(name);
        if (!named.isEmpty())
        {
            return new Target(named, name);
        }
        if (name.matches("sha256:[0-9a-f]{64}"))
        {
            return new Target(graph.versions(new ContentDigest(name.substring(name.indexOf(':') + 1))), name);
        }
        final Path path = path(name);
        if (Files.isRegularFile(path))
        {
            final ContentDigest digest = digest(path);
            return new Target(graph.versions(digest), name + " (" + digest + ")");
        }
        final String absolute = path.toAbsolutePath().normalize().toString();
        RecordedArtifact last = null;
        for (final RecordedArtifact artifact : graph.artifacts().values())
        {
            if (null != artifact.digest() && artifact.path().equals(absolute) &&
                (null == last || artifact.timeNs() >= last.timeNs()))
            {
                last = artifact;
            }
        }
        return null == last ? new Target(List.of(), name) : new Target(
            graph.versions(last.digest()), name + " (as it was recorded last: " + last.digest() + ")");
    }

    /** Like {@link #find}, but what is not recorded is an error. */
    public Target require(final String name)
    {
        final Target target = find(name);
        if (target.ids().isEmpty())
        {
            throw new UsageException(Printable.of(target.what()) + ": no node, run or file of this name or " +
                "content is recorded in " + store.file() + "; expected one of: flopmeter graph list");
        }
        return target;
    }

    /** What is wrong with the records, for people; empty when they are whole. */
    public List<String> faults(final Messages messages)
    {
        final List<String> lines = new ArrayList<>();
        contents.damages().forEach(damage -> lines.add(messages.get("graph.damage", damage.toString())));
        if (contents.tornOffset() >= 0)
        {
            lines.add(messages.get("graph.torn", Long.toString(contents.tornOffset())));
        }
        return lines;
    }

    public static ContentDigest digest(final Path file)
    {
        try
        {
            return FileDigest.of(file).digest();
        }
        catch (final IOException ex)
        {
            throw new UsageException(file + ": cannot be read: " + ex.getMessage());
        }
    }

    public static long nowNs()
    {
        return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    }

    public static Path path(final String name)
    {
        try
        {
            return Path.of(name);
        }
        catch (final InvalidPathException ex)
        {
            throw new UsageException(Printable.of(name) + ": expected a path: " + ex.getReason());
        }
    }
}
