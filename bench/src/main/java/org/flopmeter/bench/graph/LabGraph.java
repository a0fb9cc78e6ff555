/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.graph;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.flopmeter.graph.index.ParentGraph;

/**
 * The graph of a laboratory, by seed: epochs of core nodes (computations, models, shards of logged conversations,
 * synthetic data sets that read many shards) and of outputs, in conversations that interleave.
 * <p>
 * Outputs read the model of their conversation, often a tool, up to eight earlier turns, and three in a hundred read an
 * output of another conversation from up to ten epochs back. A third of the conversations end in a shard, whole, which
 * is kind to contraction. {@link Sharding#BY_OUTPUT} is the same graph with shards of single outputs.
 */
final class LabGraph
{
    /** What a log shard holds. */
    enum Sharding
    {
        /** Whole conversations. */
        BY_CONVERSATION,
        /** Single outputs, chosen by chance: the case that defeats contraction. */
        BY_OUTPUT
    }

    private static final int OPEN_CONVERSATIONS = 1000;
    private static final int TURNS_MAX = 17;
    private static final int EARLIER_MAX = 8;
    private static final int EPOCHS_BACK = 10;

    private final long seed;
    private final int epochs;
    private final SplittableRandom random;
    private final Sharding sharding;
    private final int corePerEpoch;
    private final int outputsPerEpoch;
    private final int[] parents = new int[1 << 16];
    private int parentCount;
    private final int[] core;
    private int coreCount;
    private final int[] models;
    private int modelCount;
    private final int[] shards;
    private int shardCount;
    private final int[] sets;
    private int setCount;
    private final int[][] turns = new int[OPEN_CONVERSATIONS][TURNS_MAX];
    private final int[] turnCounts = new int[OPEN_CONVERSATIONS];
    private final int[] conversationModels = new int[OPEN_CONVERSATIONS];
    private final int[] turnsLeft = new int[OPEN_CONVERSATIONS];
    /** Finished conversations of the last epoch, one after the other; each is followed by -1. */
    private int[] finished = new int[1 << 16];
    private int finishedLength;
    private int finishedTaken;
    private int nodeCount;

    LabGraph(
        final long seed,
        final int epochs,
        final int corePerEpoch,
        final int outputsPerEpoch,
        final Sharding sharding)
    {
        this.seed = seed;
        this.epochs = epochs;
        random = new SplittableRandom(seed);
        this.corePerEpoch = corePerEpoch;
        this.outputsPerEpoch = outputsPerEpoch;
        this.sharding = sharding;
        core = new int[epochs * corePerEpoch];
        models = new int[core.length];
        shards = new int[core.length];
        sets = new int[core.length];
    }

    /** The same laboratory from its beginning. */
    LabGraph again()
    {
        return new LabGraph(seed, epochs, corePerEpoch, outputsPerEpoch, sharding);
    }

    /** The first epochs as a graph of one series, every node with a weight. */
    ParentGraph make(final int count)
    {
        return fill(count, new ParentGraph(1, count * (corePerEpoch + outputsPerEpoch)));
    }

    /** As {@link #make}, with all edges that were told. */
    ParentGraph makeKeepingAll(final int count)
    {
        return fill(count, ParentGraph.keepingAll(1, count * (corePerEpoch + outputsPerEpoch)));
    }

    private ParentGraph fill(final int count, final ParentGraph graph)
    {
        for (int epoch = 0; epoch < count; epoch++)
        {
            nextEpoch((isCore, parentList, length, high, low) ->
                graph.setWeight(graph.add(isCore, parentList, length), 0, high, low, false));
        }
        return graph;
    }

    /** Takes nodes in order. */
    interface NodeSink
    {
        /** One node with its parents and weight; the list is the caller's. */
        void onNode(boolean isCore, int[] parentList, int length, long weightHigh, long weightLow);
    }

    /** The next epoch: its core nodes, then its outputs. */
    void nextEpoch(final NodeSink sink)
    {
        for (int i = 0; i < corePerEpoch; i++)
        {
            nextCore();
            emit(sink, true);
        }
        finishedLength = 0;
        finishedTaken = 0;
        for (int i = 0; i < outputsPerEpoch; i++)
        {
            nextOutput();
            emit(sink, false);
        }
    }

    private void emit(final NodeSink sink, final boolean isCore)
    {
        sink.onNode(isCore, parents, parentCount, nextWeightHigh(isCore), random.nextLong());
        nodeCount++;
    }

    /** Over a random low half: core nodes up to some 10^26 FLOP, outputs up to 2^64. */
    private long nextWeightHigh(final boolean isCore)
    {
        return isCore ? random.nextLong(1L << random.nextInt(1, 23)) : 0;
    }

    private void nextCore()
    {
        parentCount = 0;
        final double kind = random.nextDouble();
        if (kind < 0.03 && finishedLength > 0)
        {
            nextShard();
            shards[shardCount++] = nodeCount;
        }
        else if (kind < 0.06 && shardCount > 0)
        {
            final int count = 30 + random.nextInt(31);
            final int from = Math.max(0, shardCount - corePerEpoch * 3 * EPOCHS_BACK / 100);
            for (int i = 0; i < count; i++)
            {
                push(shards[from + random.nextInt(shardCount - from)]);
            }
            sets[setCount++] = nodeCount;
        }
        else
        {
            nextComputation();
            if (kind < 0.30)
            {
                models[modelCount++] = nodeCount;
            }
        }
        core[coreCount++] = nodeCount;
    }

    private void nextComputation()
    {
        final int count = 1 + random.nextInt(3);
        for (int i = 0; i < count && coreCount > 0; i++)
        {
            push(hub());
        }
        if (setCount > 0 && random.nextBoolean())
        {
            push(sets[setCount - 1 - random.nextInt(Math.min(setCount, corePerEpoch * 3 / 20 + 1))]);
        }
    }

    /** Few nodes of each epoch are used by many: the cube of a uniform number, some epochs back. */
    private int hub()
    {
        int epochsBack = 0;
        while (random.nextInt(3) > 0)
        {
            epochsBack++;
        }
        final int epochNow = coreCount / corePerEpoch;
        final int epoch = Math.max(0, epochNow - epochsBack);
        final int begin = epoch * corePerEpoch;
        final int count = Math.min(coreCount - begin, corePerEpoch);
        final double cube = Math.pow(random.nextDouble(), 3);
        return 0 == count ? core[coreCount - 1] : core[begin + (int)(count * cube)];
    }

    private void nextShard()
    {
        // 3 % of the core nodes take 35 % of the turns of the epoch before.
        final int share = (int)(0.35 * finishedLength / (0.03 * corePerEpoch));
        if (Sharding.BY_OUTPUT == sharding)
        {
            for (int i = 0; i < share; i++)
            {
                push(finished[random.nextInt(finishedLength)]);
            }
            return;
        }
        final int end = Math.min(finishedLength, finishedTaken + share);
        while (finishedTaken < end || (finishedTaken < finishedLength && -1 != finished[finishedTaken - 1]))
        {
            push(finished[finishedTaken++]);
        }
    }

    private void push(final int parent)
    {
        if (parent < 0 || parentCount == parents.length)
        {
            return;
        }
        // Long lists come from disjoint places; in short ones a repeat is dropped.
        for (int i = Math.max(0, parentCount - 64); i < parentCount; i++)
        {
            if (parents[i] == parent)
            {
                return;
            }
        }
        parents[parentCount++] = parent;
    }

    private void nextOutput()
    {
        parentCount = 0;
        final int conversation = random.nextInt(OPEN_CONVERSATIONS);
        if (0 == turnsLeft[conversation])
        {
            finish(conversation);
            turnsLeft[conversation] = 1 + random.nextInt(TURNS_MAX);
        }
        final int before = turnCounts[conversation];
        final int read = Math.min(before, 1 + random.nextInt(EARLIER_MAX));
        for (int i = before - read; i < before; i++)
        {
            push(turns[conversation][i]);
        }
        if (0 == before || 0 == random.nextInt(10))
        {
            conversationModels[conversation] = model();
        }
        push(conversationModels[conversation]);
        if (random.nextInt(10) < 7)
        {
            push(tool());
        }
        if (random.nextInt(100) < 3 && nodeCount > outputsPerEpoch)
        {
            push(otherOutput());
        }
        turns[conversation][turnCounts[conversation]++] = nodeCount;
        turnsLeft[conversation]--;
    }

    private int otherOutput()
    {
        final int back = 1 + random.nextInt(Math.min(nodeCount - 1, EPOCHS_BACK * (corePerEpoch + outputsPerEpoch)));
        return nodeCount - back;
    }

    /** Zipf-like over the models of the last epochs. */
    private int model()
    {
        if (0 == modelCount)
        {
            return core[coreCount - 1];
        }
        final int recent = Math.min(modelCount, corePerEpoch);
        return models[modelCount - 1 - zipf(recent)];
    }

    private int tool()
    {
        return core[coreCount - 1 - zipf(Math.min(coreCount, corePerEpoch))];
    }

    private int zipf(final int count)
    {
        return (int)(Math.exp(random.nextDouble() * Math.log(count + 1.0)) - 1.0);
    }

    private void finish(final int conversation)
    {
        final int count = turnCounts[conversation];
        if (finishedLength + count + 1 > finished.length)
        {
            finished = Arrays.copyOf(finished, 2 * finished.length);
        }
        for (int i = 0; i < count; i++)
        {
            finished[finishedLength++] = turns[conversation][i];
        }
        if (count > 0)
        {
            finished[finishedLength++] = -1;
        }
        turnCounts[conversation] = 0;
    }
}
