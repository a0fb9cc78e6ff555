/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.locks.LockSupport;

/**
 * What tells the meter's thread that the facts are there, so that it need not wake to look for them: a byte from the
 * supervisor. Where none can come any more it has to look.
 */
final class EndNotice
{
    /** Nobody will tell. */
    static final EndNotice NONE = new EndNotice(false);

    private volatile boolean isAwaited;

    private EndNotice(final boolean isAwaited)
    {
        this.isAwaited = isAwaited;
    }

    /** Wake `sleeper` at the first byte of `source`, and at its end, too. The thread that reads ends with the JVM. */
    static EndNotice from(final InputStream source, final Thread sleeper)
    {
        final EndNotice notice = new EndNotice(true);
        final Thread reader = new Thread(() -> notice.await(source, sleeper), "flopmeter-end");
        reader.setDaemon(true);
        reader.start();
        return notice;
    }

    /** True while it may still come. */
    boolean isAwaited()
    {
        return isAwaited;
    }

    private void await(final InputStream source, final Thread sleeper)
    {
        try
        {
            // Whatever it is: nobody but the supervisor has the other end, and the facts are looked for in any case.
            source.read();
        }
        catch (final IOException ignored)
        {
            // As an end of the stream: nothing will come.
        }
        isAwaited = false;
        LockSupport.unpark(sleeper);
    }
}
