/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.pause;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.flopmeter.node.hold.Wish;

/** A holder in this process: it answers each wish in a directory as native/src/counter/pause.c does. */
final class PlayedHolder
{
    private static final int START_TICKS_FIELD = 22;
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Path file;
    private final Path wishFile;
    private final Thread thread;
    private volatile boolean isOver;
    private volatile Throwable failure;

    /** @param detail why it never is as wished; "" = it is. */
    PlayedHolder(final Path directory, final Path wishedIn, final String detail) throws IOException
    {
        file = directory.resolve("hold-00000000000000a1.json");
        wishFile = wishedIn.resolve(Wish.FILE);
        say(file, ProcessHandle.current().pid(), false, "0000000000000000", "");
        thread = new Thread(() -> answer(detail), "played-holder");
        thread.start();
    }

    /** What a holder with this pid writes. */
    static void say(
        final Path file, final long pid, final boolean isFree, final String wish, final String detail)
        throws IOException
    {
        final Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        Files.writeString(temporary, "{\"schema\": \"flopmeter/hold/v1\", \"name\": \"played\", \"pid\": " + pid +
            ", \"thread\": " + pid + ", \"startTicks\": " + startTicks() + ", \"pidNamespace\": " +
            Files.getAttribute(Path.of("/proc/self/ns/pid"), "unix:ino") + ", \"isFree\": " + isFree +
            ", \"wishes\": [\"" + wish + "\"], \"detail\": \"" + detail + "\"}\n");
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String startTicks() throws IOException
    {
        final String stat = Files.readString(Path.of("/proc/self/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[START_TICKS_FIELD - 3];
    }

    private void answer(final String detail)
    {
        try
        {
            String seen = "";
            while (!isOver)
            {
                final String text = Files.exists(wishFile) ? Files.readString(wishFile) : "";
                final String[] words = text.split(" ");
                if (!text.equals(seen))
                {
                    say(file, ProcessHandle.current().pid(), "pause".equals(words[1]), words[2], detail);
                    seen = text;
                }
                LockSupport.parkNanos(LOOK_NS);
            }
        }
        catch (final IOException | RuntimeException ex)
        {
            failure = ex;
        }
    }

    void end() throws InterruptedException
    {
        isOver = true;
        thread.join();
        if (null != failure)
        {
            throw new IllegalStateException(failure);
        }
    }
}
