/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.flopmeter.ledger.LedgerEntry;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verifier;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Printable;

/** Finds the ledger that a command is about. */
final class LedgerReading
{
    private LedgerReading()
    {
    }

    /** A directory with segments, or the ledger of a state directory. */
    static Path directory(final Path given)
    {
        if (Files.isDirectory(given) && hasSegments(given))
        {
            return given;
        }
        final Path inside = given.resolve(LedgerHome.DIRECTORY);
        if (Files.isDirectory(inside))
        {
            return inside;
        }
        throw new UsageException(given + (Files.isDirectory(given) ? ": holds no ledger" : ": no such directory"));
    }

    static Path ofState(final Path option)
    {
        return directory(StateDirectory.of(option, System.getenv(), StateDirectory.uid()).state());
    }

    static Verification verify(final Path directory, final Verifier.EntryHandler handler) throws IOException
    {
        return LedgerHome.read(directory, disk -> new Verifier(disk).onEntry(handler).verify(null, null));
    }

    /** Without anything that a terminal takes for a command; whole, however long. */
    static String plain(final String text)
    {
        return Printable.of(text, Integer.MAX_VALUE);
    }

    static void ignore(final LedgerEntry entry, final long sequence, final long block)
    {
        // Only the sums are asked for.
    }

    private static boolean hasSegments(final Path directory)
    {
        try (Stream<Path> files = Files.list(directory))
        {
            return files.anyMatch(file -> file.getFileName().toString().matches("[0-9]{8}\\.ledger"));
        }
        catch (final IOException ex)
        {
            throw new UsageException(directory + ": cannot be read: " + ex.getMessage());
        }
    }
}
