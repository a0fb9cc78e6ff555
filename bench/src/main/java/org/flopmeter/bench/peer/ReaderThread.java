/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.flopmeter.bench.probe.Affinity;

/** The second thread of a peer, for one round: between rounds it must not spin on the CPU of the others. */
final class ReaderThread
{
    private final CountDownLatch placed = new CountDownLatch(1);
    private final FutureTask<Void> task;

    /**
     * Run it on that CPU. It begins on the one of its writer, who would spin there for a slice of time while nobody
     * reads: so this returns when the reader has gone where it belongs.
     */
    ReaderThread(final int cpu, final Runnable work)
    {
        task = new FutureTask<>(() ->
        {
            try
            {
                Affinity.pin(cpu);
            }
            finally
            {
                placed.countDown();
            }
            work.run();
            return null;
        });
        final Thread thread = new Thread(task, "peer-reader");
        thread.setDaemon(true);
        thread.start();
        try
        {
            placed.await();
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
    }

    /** Wait for its end; what it threw is thrown here. */
    void join() throws InterruptedException, ExecutionException
    {
        task.get();
    }
}
