/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.graph;

import java.io.IOException;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.flopmeter.graph.index.AncestorScan;
import org.flopmeter.graph.index.ClosureTotal;
import org.flopmeter.graph.index.ParentGraph;

/** {@code flopmeter graph bench}: what exact sums over distinct ancestors cost here, against the goals and peers. */
public final class GraphBench
{
    private static final long SEED = 7;
    private static final int PEER_QUERIES = 5;

    private GraphBench()
    {
    }

    /**
     * Run it.
     *
     * @param out the table, or JSON.
     * @param err one line for a usage error.
     * @param args {@code --quick} takes small graphs and has no goals; {@code --json}; {@code --no-peers}.
     * @return 0, or 2 for bad usage.
     * @throws Exception when an answer was wrong or a peer failed.
     */
    public static int run(final PrintStream out, final PrintStream err, final String[] args) throws Exception
    {
        boolean isQuick = false;
        boolean isJson = false;
        boolean hasPeers = true;
        for (final String arg : args)
        {
            switch (arg)
            {
                case "--quick":
                    isQuick = true;
                    break;
                case "--json":
                    isJson = true;
                    break;
                case "--no-peers":
                    hasPeers = false;
                    break;
                default:
                    err.println("flopmeter: graph bench: unknown argument: " + arg);
                    return 2;
            }
        }
        final Figures figures = new Figures(isJson ? null : out);
        if (isQuick)
        {
            trial(figures, 20, 200, 5000, 500, false);
        }
        else
        {
            trial(figures, 100, 1000, 100_000, 60, true);
        }
        sharded(figures, isQuick);
        if (hasPeers)
        {
            peers(figures, isQuick);
        }
        if (isJson)
        {
            out.println(figures.json());
        }
        return 0;
    }

    private static void trial(
        final Figures figures,
        final int epochs,
        final int corePerEpoch,
        final int outputsPerEpoch,
        final int scans,
        final boolean hasGoals) throws IOException
    {
        // One epoch more than the graph has: it arrives later.
        final LabGraph lab = new LabGraph(
            SEED, epochs + 1, corePerEpoch, outputsPerEpoch, LabGraph.Sharding.BY_CONVERSATION);
        final IndexTrial trial = new IndexTrial(figures, lab, epochs);
        trial.size(hasGoals);
        trial.queries(hasGoals ? 100_000 : 10_000, scans, hasGoals);
        trial.mapped(hasGoals ? 100_000 : 10_000, hasGoals);
        trial.newest(hasGoals);
        trial.sweeps(hasGoals);
        trial.arrivals(hasGoals);
        trial.changes(hasGoals);
        figures.note("answers compared with the scan, all equal", trial.checkedCount(), "");
    }

    /** The unkind graph: shards of single outputs, a tenth of the size. */
    private static void sharded(final Figures figures, final boolean isQuick)
    {
        figures.note("-- shards of single outputs --", 0, "");
        final int epochs = 10;
        final LabGraph lab = new LabGraph(
            SEED, epochs, isQuick ? 200 : 1000, isQuick ? 5000 : 100_000, LabGraph.Sharding.BY_OUTPUT);
        final IndexTrial trial = new IndexTrial(figures, lab, epochs);
        trial.size(false);
        trial.queries(isQuick ? 10_000 : 100_000, 100, false);
        figures.note("answers compared with the scan, all equal", trial.checkedCount(), "");
    }

    private static void peers(final Figures figures, final boolean isQuick) throws Exception
    {
        figures.note("-- peers, a graph that they can take --", 0, "");
        final int epochs = 10;
        final LabGraph lab = new LabGraph(
            SEED, epochs, isQuick ? 200 : 1000, isQuick ? 5000 : 100_000, LabGraph.Sharding.BY_CONVERSATION);
        final IndexTrial trial = new IndexTrial(figures, lab, epochs);
        final double indexUs = trial.queries(isQuick ? 10_000 : 100_000, 100, false);
        // Peers get all edges, the index answers by those that it kept.
        final ParentGraph graph = lab.again().makeKeepingAll(epochs);
        final int[] nodes = new int[PEER_QUERIES];
        Arrays.setAll(nodes, i -> 0 == i ? graph.nodeCount() - 1 : trial.anyOutput());
        final Path directory = Files.createTempDirectory("flopmeter-graph");
        try
        {
            final long begin = System.nanoTime();
            try (Peer duck = new DuckDbPeer(graph, directory))
            {
                measure(figures, duck, (System.nanoTime() - begin) / 1e9, trial.graph(), nodes, indexUs);
            }
            for (final boolean isIterator : new boolean[] {false, true})
            {
                final long beginLoad = System.nanoTime();
                try (Peer jgrapht = new JGraphTPeer(graph, isIterator))
                {
                    measure(figures, jgrapht, (System.nanoTime() - beginLoad) / 1e9, trial.graph(), nodes, indexUs);
                }
            }
        }
        finally
        {
            Files.delete(directory);
        }
    }

    private static void measure(
        final Figures figures,
        final Peer peer,
        final double loadS,
        final ParentGraph graph,
        final int[] nodes,
        final double indexUs) throws Exception
    {
        final AncestorScan scan = new AncestorScan(graph);
        final ClosureTotal expected = new ClosureTotal();
        final long[] took = new long[nodes.length];
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < nodes.length; i++)
            {
                final long begin = System.nanoTime();
                final BigInteger sum = peer.sum(nodes[i]);
                took[i] = System.nanoTime() - begin;
                scan.sum(nodes[i], 0, expected);
                if (!sum.equals(expected.value(0).toBigInteger()))
                {
                    throw new IllegalStateException(
                        peer.name() + ": node " + nodes[i] + ": " + sum + ", scan " + expected.value(0));
                }
            }
        }
        Arrays.sort(took);
        figures.note(peer.name() + ": loaded in", loadS, "s");
        figures.note(peer.name() + ": p50 of " + nodes.length, IndexTrial.at(took, 0.5) / 1e6, "ms");
        figures.note(peer.name() + " to index p50", IndexTrial.at(took, 0.5) / 1e3 / indexUs, "x");
    }
}
