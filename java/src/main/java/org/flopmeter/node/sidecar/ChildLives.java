/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A child process that is followed by another whenever it dies, from a thread of its own. A child may ask to end with
 * the thread that started it, so this one lives until it is told to end.
 */
final class ChildLives implements AutoCloseable
{
    /** One life of the process: start it, be with it to its end, and say in how many ms the next one may begin. */
    @FunctionalInterface
    interface Life
    {
        long live() throws InterruptedException;
    }

    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread;
    private volatile Process process;

    ChildLives(final String threadName, final Life life)
    {
        thread = new Thread(() -> run(life), threadName);
        thread.setDaemon(true);
    }

    /** The first time that it is called: true. */
    boolean start()
    {
        final boolean isNew = Thread.State.NEW == thread.getState();
        if (isNew)
        {
            thread.start();
        }
        return isNew;
    }

    private void run(final Life life)
    {
        try
        {
            boolean isStopped = false;
            while (!isStopped)
            {
                isStopped = isStoppedWithin(life.live());
            }
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
        finally
        {
            ended.countDown();
        }
    }

    /** Begin a life. One that begins while it is closed is told to end at once. */
    Process begin(final ProcessBuilder builder) throws IOException
    {
        final Process child = builder.start();
        process = child;
        if (isStopped())
        {
            child.destroy();
        }
        return child;
    }

    boolean isStopped()
    {
        return 0 == stop.getCount();
    }

    /** Wait so long, or until it is closed: then true. */
    boolean isStoppedWithin(final long ms) throws InterruptedException
    {
        return stop.await(ms, TimeUnit.MILLISECONDS);
    }

    /** End this life of it. */
    void destroy()
    {
        final Process running = process;
        if (null != running)
        {
            running.destroy();
        }
    }

    /** No other life, and this one is told to end. */
    @Override
    public void close()
    {
        stop.countDown();
        destroy();
    }

    /** The same, and what has not ended by itself in that time is killed. */
    void close(final long patienceS)
    {
        close();
        try
        {
            final boolean isEnded =
                Thread.State.NEW == thread.getState() || ended.await(patienceS, TimeUnit.SECONDS);
            final Process hanging = process;
            if (!isEnded && null != hanging)
            {
                hanging.destroyForcibly();
            }
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
    }
}
