/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.Presence;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.RunResult;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;

/**
 * Books a run in the ledger of its state directory: docs/design/0018-ledger.md section 3. Whatever fails becomes a line
 * for people: the result never depends on it.
 */
public interface LedgerBooking
{
    /** Link to the state directory in a meter directory. */
    String STATE = "state";

    /** What people should know of it. May wait for the disk. */
    List<String> book(RunResult result, Reading reading);

    /** Null for a nested run, which the outermost one books, and for a run without a state directory. */
    static LedgerBooking of(final Path meterDirectory, final Messages messages)
    {
        final Path directory = meterDirectory.toAbsolutePath();
        return isBooked(directory) ? (result, reading) -> bookOnce(directory, messages, result, reading) : null;
    }

    /** Has this meter directory a ledger? In doubt it has: then who books says what is in the way. */
    static boolean isBooked(final Path meterDirectory)
    {
        return !meterDirectory.toAbsolutePath().getFileName().toString().startsWith("nested-") &&
            !Files.notExists(meterDirectory.resolve(STATE), LinkOption.NOFOLLOW_LINKS);
    }

    static Path stateOf(final Path meterDirectory) throws IOException
    {
        final Path link = meterDirectory.resolve(STATE);
        final BasicFileAttributes found = Presence.of(link);
        return null != found && found.isSymbolicLink() ? Files.readSymbolicLink(link) : link;
    }

    private static List<String> bookOnce(
        final Path directory, final Messages messages, final RunResult result, final Reading reading)
    {
        final List<String> lines = new ArrayList<>();
        try (LedgerBook book = new LedgerBook(stateOf(directory)))
        {
            final LedgerRun run = LedgerRun.of(directory, result.facts());
            run.end(result, reading);
            book.add(run);
            book.seal(true);
            book.takeNews().forEach(line -> lines.add(line(messages, line[0], line[1])));
            if (!run.isBooked())
            {
                lines.add(line(messages, "ledger.notBooked",
                    null == run.refusal() ? String.valueOf(book.failure()) : run.refusal()));
            }
        }
        catch (final IOException | RuntimeException ex)
        {
            lines.add(line(messages, "ledger.notBooked",
                null == ex.getMessage() ? ex.getClass().getSimpleName() : ex.getMessage()));
        }
        return List.copyOf(lines);
    }

    static String line(final Messages messages, final String key, final String text)
    {
        return messages.get(key, Printable.of(text));
    }
}
