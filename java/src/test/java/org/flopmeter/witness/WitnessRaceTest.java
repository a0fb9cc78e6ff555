/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.witness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.flopmeter.ledger.Checkpoint;
import org.flopmeter.ledger.GrowingTree;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.junit.jupiter.api.Test;

/** Many at once for one origin: what is remembered never goes back. The race is that of the specification. */
class WitnessRaceTest
{
    private static final int THREADS = 4;
    private static final int REQUESTS = 60;
    private static final int SIZE_MAX = 64;
    private static final long SEED = Long.getLong("flopmeter.witness.seed", 20_261_128);

    private static final NoteSigner LOG =
        new NoteSigner("log.example", SigningKey.generate(SignatureAlgorithm.ED25519));

    /** A store that remembers in which order sizes were saved. */
    private static final class Recorder extends MemoryWitness
    {
        final List<Long> sizes = new ArrayList<>();

        Recorder()
        {
            super(LOG.noteKey().text());
        }

        @Override
        public synchronized void save(final String origin, final byte[] note) throws IOException
        {
            sizes.add(Checkpoint.parse(Note.parse(note).text()).size());
            super.save(origin, note);
        }

        boolean isMonotone()
        {
            for (int i = 1; i < sizes.size(); i++)
            {
                if (sizes.get(i) < sizes.get(i - 1))
                {
                    return false;
                }
            }
            return true;
        }
    }

    @Test
    void shouldNeverGoBack() throws Exception
    {
        final GrowingTree tree = new GrowingTree(LOG, SIZE_MAX);
        final Recorder recorder = new Recorder();
        final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try
        {
            final List<Future<Integer>> cosigned = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++)
            {
                final SplittableRandom random = new SplittableRandom(SEED + thread);
                cosigned.add(threads.submit(() -> race(tree, recorder, random)));
            }
            int sum = 0;
            for (final Future<Integer> count : cosigned)
            {
                sum += count.get(5, TimeUnit.MINUTES);
            }
            assertEquals(recorder.sizes.size(), sum, "each cosignature is of what was remembered");
            assertTrue(recorder.isMonotone(), () -> "seed " + SEED + ": " + recorder.sizes);
            assertTrue(sum > 0);
        }
        finally
        {
            threads.shutdownNow();
        }
    }

    private static int race(final GrowingTree tree, final Recorder recorder, final SplittableRandom random)
    {
        int count = 0;
        long old = 0;
        for (int i = 0; i < REQUESTS; i++)
        {
            final long size = Math.min(SIZE_MAX, old + random.nextInt(3));
            final WitnessAnswer answer = recorder.witness().add(
                AddCheckpoint.of(old, tree.consistency(old, size), tree.checkpoint(size)).encoded());
            if (WitnessAnswer.CONFLICT == answer.status())
            {
                old = Long.parseLong(new String(answer.body(), StandardCharsets.US_ASCII).strip());
                continue;
            }
            assertEquals(WitnessAnswer.OK, answer.status());
            old = size;
            count++;
        }
        return count;
    }

    /** Canary: two witnesses over one store do not take turns, and the longer tree is forgotten. */
    @Test
    void shouldBeSeenWhereNobodyTakesTurns() throws Exception
    {
        final GrowingTree tree = new GrowingTree(LOG, SIZE_MAX);
        final CyclicBarrier bothHaveLooked = new CyclicBarrier(2);
        final CyclicBarrier longerIsSaved = new CyclicBarrier(2);
        final Recorder recorder = new Recorder();
        final Witness.Store shared = new Witness.Store()
        {
            @Override
            public byte[] load(final String origin) throws IOException
            {
                final byte[] loaded = recorder.load(origin);
                await(bothHaveLooked);
                return loaded;
            }

            @Override
            public void save(final String origin, final byte[] note) throws IOException
            {
                final boolean isLonger = Checkpoint.parse(Note.parse(note).text()).size() > 3;
                if (!isLonger)
                {
                    await(longerIsSaved);
                }
                recorder.save(origin, note);
                if (isLonger)
                {
                    await(longerIsSaved);
                }
            }
        };
        final TrustedLogs logs = TrustedLogs.parse(LOG.noteKey().text());
        final NoteSigner signer = new NoteSigner("w", SigningKey.generate(SignatureAlgorithm.ED25519));
        final ExecutorService threads = Executors.newFixedThreadPool(2);
        try
        {
            final Future<WitnessAnswer> shorter = threads.submit(() -> new Witness(signer, () -> logs, shared, () -> 1)
                .add(AddCheckpoint.of(0, List.of(), tree.checkpoint(3)).encoded()));
            final Future<WitnessAnswer> longer = threads.submit(() -> new Witness(signer, () -> logs, shared, () -> 1)
                .add(AddCheckpoint.of(0, List.of(), tree.checkpoint(5)).encoded()));
            assertEquals(WitnessAnswer.OK, shorter.get(1, TimeUnit.MINUTES).status());
            assertEquals(WitnessAnswer.OK, longer.get(1, TimeUnit.MINUTES).status());
        }
        finally
        {
            threads.shutdownNow();
        }
        assertEquals(List.of(5L, 3L), recorder.sizes);
        assertFalse(recorder.isMonotone());
    }

    private static void await(final CyclicBarrier barrier) throws IOException
    {
        try
        {
            barrier.await(1, TimeUnit.MINUTES);
        }
        catch (final Exception ex)
        {
            throw new IOException(ex);
        }
    }
}
