/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.pause;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What somebody wants of all who hold counters in a directory; native/src/counter/pause.c reads it.
 *
 * @param number  tells it from the wishes before it; not 0.
 * @param untilNs CLOCK_MONOTONIC: when a pause ends by itself, unsigned; 0 = a wish to resume.
 */
record Wish(long number, long untilNs)
{
    static final String FILE = "pause.wish";
    /** No clock comes that far. */
    static final long WITHOUT_END = -1;

    static Wish pause(final long untilNs)
    {
        return new Wish(newNumber(), untilNs);
    }

    static Wish resume()
    {
        return new Wish(newNumber(), 0);
    }

    boolean isPause()
    {
        return 0 != untilNs;
    }

    /** Its number as holders answer it. */
    String name()
    {
        return String.format("%016x", number);
    }

    String text()
    {
        return "flopmeter/wish/v1 " + (isPause() ? "pause " : "resume ") + name() + " " +
            Long.toUnsignedString(untilNs) + "\n";
    }

    /** Whole, and in place of the one before. Holders of another user, for whom root wishes it, can read it, too. */
    void write(final Path directory) throws IOException
    {
        final Path temporary = directory.resolve("." + FILE + "." + name() + ".tmp");
        try
        {
            Files.write(temporary, text().getBytes(StandardCharsets.US_ASCII),
                StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(temporary, directory.resolve(FILE),
                StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        finally
        {
            Files.deleteIfExists(temporary);
        }
    }

    static boolean isIn(final Path directory)
    {
        return Files.exists(directory.resolve(FILE), LinkOption.NOFOLLOW_LINKS);
    }

    private static long newNumber()
    {
        return ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    }
}
