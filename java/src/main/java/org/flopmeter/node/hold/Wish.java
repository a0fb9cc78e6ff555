/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.hold;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.flopmeter.node.io.DocumentFiles;

/**
 * What somebody wants of all who hold counters in a directory; native/src/counter/pause.c reads it.
 *
 * @param number  tells it from the wishes before it; not 0.
 * @param untilNs CLOCK_MONOTONIC: when a pause ends by itself, unsigned; 0 = a wish to resume.
 */
public record Wish(long number, long untilNs)
{
    public static final String FILE = "pause.wish";
    /** No clock comes that far. */
    public static final long WITHOUT_END = -1;

    private static final int LENGTH_MAX = 128;
    private static final Pattern LINE =
        Pattern.compile("flopmeter/wish/v1 (pause|resume) ([0-9a-f]{1,16}) ([0-9]{1,20})\n");

    public static Wish pause(final long untilNs)
    {
        return new Wish(newNumber(), untilNs);
    }

    public static Wish resume()
    {
        return new Wish(newNumber(), 0);
    }

    public boolean isPause()
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

    /**
     * Whole, and in place of the one before. Holders of another user, for whom root wishes it, can read it, too. A
     * pause that goes on keeps its time: that of the file.
     */
    public void write(final Path directory, final long nowNs) throws IOException
    {
        final Wish before = read(directory);
        final Path temporary = directory.resolve("." + FILE + "." + name() + ".tmp");
        try
        {
            Files.write(temporary, text().getBytes(StandardCharsets.US_ASCII),
                StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
            if (isPause() && null != before && before.isInForce(nowNs))
            {
                Files.setLastModifiedTime(temporary,
                    Files.getLastModifiedTime(directory.resolve(FILE), LinkOption.NOFOLLOW_LINKS));
            }
            Files.move(temporary, directory.resolve(FILE),
                StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        finally
        {
            Files.deleteIfExists(temporary);
        }
    }

    public static boolean isIn(final Path directory)
    {
        return Files.exists(directory.resolve(FILE), LinkOption.NOFOLLOW_LINKS);
    }

    /** Null where there is none, or what is there is none: holders take it for none, too. */
    public static Wish read(final Path directory)
    {
        final Path file = directory.resolve(FILE);
        try
        {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
            {
                return null;
            }
            final Matcher words =
                LINE.matcher(new String(DocumentFiles.read(file, LENGTH_MAX), StandardCharsets.ISO_8859_1));
            return words.matches() ? of(words.group(1), words.group(2), words.group(3)) : null;
        }
        catch (final IOException notThere)
        {
            return null;
        }
    }

    private static Wish of(final String word, final String number, final String until)
    {
        final BigInteger untilNs = new BigInteger(until);
        // The C library's reading of what is more than a word holds.
        final Wish wish = new Wish(Long.parseUnsignedLong(number, 16),
            untilNs.bitLength() > Long.SIZE ? WITHOUT_END : untilNs.longValue());
        return 0 != wish.number() && "pause".equals(word) == wish.isPause() ? wish : null;
    }

    /** Does it ask for a pause at this time of CLOCK_MONOTONIC? */
    public boolean isInForce(final long nowNs)
    {
        return Long.compareUnsigned(nowNs, untilNs) < 0;
    }

    private static long newNumber()
    {
        return ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    }
}
