/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.store.GraphRecord.CutMade;

/** The causal graph that the records make, with what people want to know of its nodes. Immutable. */
public final class RecordedGraph
{
    private final CausalGraph graph;
    private final Map<String, RecordedComputation> computations;
    private final Map<String, RecordedArtifact> artifacts;
    private final Map<String, Origin> origins;
    private final Map<String, ImportedNode> imported;
    private final List<CutMade> cuts;
    private final List<String> findings;

    RecordedGraph(
        final CausalGraph graph,
        final Map<String, RecordedComputation> computations,
        final Map<String, RecordedArtifact> artifacts,
        final Map<String, Origin> origins,
        final Map<String, ImportedNode> imported,
        final List<CutMade> cuts,
        final List<String> findings)
    {
        this.graph = graph;
        this.computations = Collections.unmodifiableMap(new LinkedHashMap<>(computations));
        this.artifacts = Collections.unmodifiableMap(new LinkedHashMap<>(artifacts));
        this.origins = Collections.unmodifiableMap(new LinkedHashMap<>(origins));
        this.imported = Collections.unmodifiableMap(new LinkedHashMap<>(imported));
        this.cuts = List.copyOf(cuts);
        this.findings = List.copyOf(findings);
    }

    /**
     * The graph as of a time: what goes on may have done more since it was reported.
     *
     * @throws GraphStoreException the records contradict each other.
     */
    public static RecordedGraph of(final StoreContents contents, final long nowNs)
    {
        return new Replay(contents, nowNs).graph();
    }

    public CausalGraph graph()
    {
        return graph;
    }

    /** By id, in the order in which they began. */
    public Map<String, RecordedComputation> computations()
    {
        return computations;
    }

    /** By id, in the order in which they were seen. */
    public Map<String, RecordedArtifact> artifacts()
    {
        return artifacts;
    }

    /** What stands for origins that are not recorded, by id. */
    public Map<String, Origin> origins()
    {
        return origins;
    }

    /** What was imported, by id. */
    public Map<String, ImportedNode> imported()
    {
        return imported;
    }

    /** Cuts in force. */
    public List<CutMade> cuts()
    {
        return cuts;
    }

    /** What could not be taken as it was recorded. */
    public List<String> findings()
    {
        return findings;
    }

    /** Ids of the versions of this content. */
    public List<String> versions(final ContentDigest digest)
    {
        final List<String> versions = new ArrayList<>();
        artifacts.values().stream().filter(artifact -> digest.equals(artifact.digest()))
            .forEach(artifact -> versions.add(artifact.id()));
        imported.values().stream().filter(node -> digest.equals(node.digest()))
            .forEach(node -> versions.add(node.id()));
        return List.copyOf(versions);
    }

    /**
     * Ids meant by a name: that of a node of the graph, of a run, of a node within runs, or RUN/NODE. Whoever names a
     * computation means its segments, too.
     */
    public List<String> named(final String name)
    {
        final Collection<String> ids = new ArrayList<>();
        for (final RecordedComputation computation : computations.values())
        {
            if (isNamed(computation, name) || isNamed(computations.get(computation.wholeId()), name))
            {
                ids.add(computation.id());
            }
        }
        if (graph.ids().contains(name))
        {
            ids.removeIf(id -> !name.equals(id) && !name.equals(computations.get(id).wholeId()));
            return ids.isEmpty() ? List.of(name) : List.copyOf(ids);
        }
        return List.copyOf(ids);
    }

    private static boolean isNamed(final RecordedComputation computation, final String name)
    {
        return name.equals(computation.id()) || name.equals(computation.node()) || name.equals(computation.run()) ||
            name.equals(computation.run() + '/' + computation.node());
    }
}
