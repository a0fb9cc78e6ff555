/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.flopmeter.bench.probe.Affinity;

/** The second thread of a peer, for one round: between rounds it must not spin on the CPU of the others. */
final class ReaderThread
{
    private final FutureTask<Void> task;

    /** Run it on that CPU. */
    ReaderThread(final int cpu, final Runnable work)
    {
        task = new FutureTask<>(() ->
        {
            Affinity.pin(cpu);
            work.run();
            return null;
        });
        final Thread thread = new Thread(task, "peer-reader");
        thread.setDaemon(true);
        thread.start();
    }

    /** Wait for its end; what it threw is thrown here. */
    void join() throws InterruptedException, ExecutionException
    {
        task.get();
    }
}
