/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.endtoend;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

import org.flopmeter.bench.probe.Affinity;

/** Runs something on a thread that is pinned; everything else of this JVM stays free to run elsewhere. */
public final class PinnedThread
{
    private PinnedThread()
    {
    }

    /** Run it there and wait. What it throws is thrown here. */
    public static <T> T call(final int cpu, final Callable<T> task) throws Exception
    {
        final FutureTask<T> future = new FutureTask<>(() ->
        {
            Affinity.pin(cpu);
            return task.call();
        });
        final Thread thread = new Thread(future, "consumer");
        thread.setDaemon(true);
        thread.start();
        try
        {
            return future.get();
        }
        catch (final ExecutionException ex)
        {
            if (ex.getCause() instanceof Exception cause)
            {
                throw cause;
            }
            throw ex;
        }
    }
}
