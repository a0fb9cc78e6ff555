/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

final class EndNoticeTest
{
    private static final long FOR_EVER_NS = 3_600_000_000_000L;
    private static final long PATIENCE_MS = 60_000;

    private final PipedOutputStream supervisor = new PipedOutputStream();
    private volatile EndNotice notice;

    /** Sleeps as the meter does, for longer than any test has patience. */
    private Thread sleeper(final InputStream source)
    {
        final Thread sleeper = new Thread(() ->
        {
            while (notice.isAwaited())
            {
                LockSupport.parkNanos(FOR_EVER_NS);
            }
        });
        sleeper.setDaemon(true);
        notice = EndNotice.from(source, sleeper);
        sleeper.start();
        return sleeper;
    }

    private void assertWakes(final Thread sleeper) throws InterruptedException
    {
        sleeper.join(PATIENCE_MS);

        assertFalse(sleeper.isAlive(), "it sleeps on");
        assertFalse(notice.isAwaited());
    }

    @Test
    void shouldWakeTheMeterAtAByte() throws IOException, InterruptedException
    {
        final Thread sleeper = sleeper(new PipedInputStream(supervisor));

        assertTrue(notice.isAwaited());
        supervisor.write('x');
        supervisor.flush();

        assertWakes(sleeper);
    }

    @Test
    void shouldWakeItWhenTheSupervisorIsGone() throws IOException, InterruptedException
    {
        final Thread sleeper = sleeper(new PipedInputStream(supervisor));

        supervisor.close();

        assertWakes(sleeper);
    }

    @Test
    void shouldWakeItWhenNothingCanBeRead() throws InterruptedException
    {
        assertWakes(sleeper(new InputStream()
        {
            @Override
            public int read() throws IOException
            {
                throw new IOException("no such descriptor");
            }
        }));
    }

    @Test
    void shouldNotBeAwaitedWhereNobodyTells()
    {
        assertFalse(EndNotice.NONE.isAwaited());
    }
}
