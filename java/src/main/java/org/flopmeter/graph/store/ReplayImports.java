/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.lineage.LineageImport.Unwritten;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.GraphRecord.Declared;
import org.flopmeter.graph.store.GraphRecord.HumanMade;
import org.flopmeter.graph.store.GraphRecord.Read;
import org.flopmeter.graph.store.ImportFold.ImportedEdge;
import org.flopmeter.graph.store.StoreContents.Entry;
import org.flopmeter.json.JsonFormatException;

/**
 * Joins what was imported to what was metered, docs/design/0012-graph-store.md section 6: an artifact by the digest
 * that its id ends with, a computation by its id.
 */
final class ReplayImports
{
    private final ImportFold imports;
    private final ReplayEdges edges;
    private final List<CutMade> cuts;
    private final List<String> findings;
    private final Map<ContentDigest, List<String>> versions = new HashMap<>();
    private final List<Link> links = new ArrayList<>();
    /** Unknown origins, by the artifact of which they are one, that give way to a recorded one. */
    private final Map<String, Origin> unknown = new HashMap<>();
    private Map<String, Origin> origins;

    /** An edge between something imported and something metered: it may close a cycle. */
    private record Link(String cause, String effect, Entry read)
    {
    }

    ReplayImports(
        final ImportFold imports, final ReplayEdges edges, final List<CutMade> cuts, final List<String> findings)
    {
        this.imports = imports;
        this.edges = edges;
        this.cuts = cuts;
        this.findings = findings;
    }

    /** Add nodes and edges of the import; it is no cycle. Edges of what is metered too become links. */
    void addTo(
        final Set<String> metered, final Map<String, ImportedNode> imported, final Map<String, Origin> origins)
    {
        this.origins = origins;
        final ImportFold.Outcome outcome = outcome();
        outcome.nodes().forEach((id, node) ->
        {
            final Unwritten unwritten = outcome.origins().get(id);
            if (null != unwritten)
            {
                addOrigin(node.id(), unwritten);
            }
            else if (!metered.contains(node.id()))
            {
                imported.put(node.id(), node);
                for (int part = 2; part <= node.parts().size(); part++)
                {
                    edges.addImplied(node.name(part - 1), node.name(part));
                }
                if (null != node.digest())
                {
                    versions.computeIfAbsent(node.digest(), ignored -> new ArrayList<>()).add(node.id());
                }
            }
        });
        final List<CutMade> made = new ArrayList<>();
        for (final ImportedEdge edge : outcome.edges())
        {
            if (outcome.origins().containsKey(edge.cause()))
            {
                continue;
            }
            final String cause = name(edge.cause(), metered);
            final String effect = name(edge.effect(), metered);
            if (metered.contains(cause) || metered.contains(effect))
            {
                links.add(new Link(cause, effect, null));
            }
            else
            {
                edges.add(cause, effect);
            }
            if (null != edge.cut())
            {
                made.add(new CutMade(cause, effect, edge.cut().cut(), edge.cut().argument(), edge.cut().author(),
                    edge.cut().timeNs()));
            }
        }
        // What somebody said later of the same edge comes behind.
        cuts.addAll(0, made);
    }

    private ImportFold.Outcome outcome()
    {
        try
        {
            return imports.outcome();
        }
        catch (final GraphRefusedException ex)
        {
            throw new GraphStoreException("the imports make no graph: " + ex.refusal() + ": " + ex.getMessage(), ex);
        }
        catch (final JsonFormatException ex)
        {
            throw new GraphStoreException("the imports make no graph: " + ex.getMessage(), ex);
        }
    }

    /** A metered computation has no segments. */
    private static String name(final String reference, final Set<String> metered)
    {
        final String name = ImportedNode.idOf(reference);
        final int at = name.indexOf('@');
        return at >= 0 && metered.contains(name.substring(0, at)) ? name.substring(0, at) : name;
    }

    private void addOrigin(final String id, final Unwritten unwritten)
    {
        final String artifact = ImportedNode.idOf(unwritten.artifact());
        final HumanMade human = imports.humans().get(unwritten.dataset());
        final Declared declared = unwritten.isHuman() && null != human ?
            new Declared(null, null, human.argument(), human.author(), human.timeNs(), unwritten.dataset()) : null;
        final Origin origin =
            new Origin(id, artifact, unwritten.dataset(), "no imported run is said to have written it", declared);
        if (null == declared)
        {
            unknown.put(artifact, origin);
        }
        else
        {
            put(origin);
        }
    }

    private void put(final Origin origin)
    {
        origins.put(origin.id(), origin);
        edges.add(origin.id(), origin.artifact());
    }

    /**
     * Who read content that was imported depends on it; and imported content that a metered computation wrote depends
     * on that one. What would close a cycle is left out, and said.
     *
     * @param bound reads that have a cause: more are put into it.
     */
    void link(
        final Map<ContentDigest, List<RecordedArtifact>> metered,
        final Collection<Entry> reads,
        final Function<Entry, RecordedComputation> reader,
        final Set<Entry> bound)
    {
        for (final Entry entry : reads)
        {
            final ContentDigest digest = ((Read)entry.record()).digest();
            versions.getOrDefault(digest, List.of()).forEach(id ->
                links.add(new Link(id, reader.apply(entry).id(), entry)));
        }
        versions.forEach((digest, ids) -> metered.getOrDefault(digest, List.of()).forEach(version ->
            ids.forEach(id -> links.add(new Link(version.id(), id, null)))));
        final Set<String> written = new HashSet<>();
        final boolean isFree = edges.isAcyclicWith(links.stream().map(Link::cause).toList(),
            links.stream().map(Link::effect).toList());
        for (final Link link : links)
        {
            if (link.cause.equals(link.effect) || !isFree && edges.isReachable(link.effect, link.cause))
            {
                findings.add(link.cause + " -> " + link.effect +
                    ": metered and imported records contradict each other; this edge is left out");
                continue;
            }
            edges.add(link.cause, link.effect);
            written.add(link.effect);
            if (null != link.read)
            {
                bound.add(link.read);
            }
        }
        unknown.forEach((artifact, origin) ->
        {
            if (!written.contains(artifact))
            {
                put(origin);
            }
        });
    }
}
