/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.flopmeter.ledger.EpochTrace;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerWriter;
import org.flopmeter.ledger.Presence;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.Version;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/**
 * Epochs that nobody has closed, and what becomes of them: the file `open` of a ledger, derived and not synced. After
 * another boot the ledger itself is read. An epoch whose directory is gone is closed with a gap whose upper end is what
 * the machine can have done since the last booking: never with nothing.
 */
final class LedgerOpenEpochs
{
    static final String FILE = "open";
    static final String REASON = "the meter ended without booking the end";
    /** No other clock spans two boots, so whoever set it back in between made the gap too short. */
    static final String REASON_ACROSS_BOOTS = REASON + "; how long ago is by the wall clock";
    private static final String TITLE = "flopmeter open epochs v1";
    private static final BigInteger NS_PER_SEC = BigInteger.valueOf(1_000_000_000L);

    /** In place of the directory of an epoch of which none is known any more. */
    private static final Path GONE = Path.of("/-");

    private final Path file;
    private final String boot;
    /** By this process, and not durable yet. */
    private final Map<Id, EpochWriter> closing = new LinkedHashMap<>();

    /** Where a meter keeps what it counts. */
    private record Line(Path directory, LedgerWriter.Position position)
    {
    }

    LedgerOpenEpochs(final Path ledger, final String boot)
    {
        file = ledger.resolve(FILE);
        this.boot = boot;
    }

    /** Note the epochs that are opened and those that are closed now. The lock is held. */
    void note(final LedgerWriter writer, final Collection<LedgerRun> opened, final Collection<Id> closed)
        throws IOException
    {
        final Map<String, Line> lines = opened.isEmpty() && closed.isEmpty() ? null : read(writer);
        if (null == lines)
        {
            return;
        }
        boolean isChanged = false;
        for (final LedgerRun run : opened)
        {
            isChanged |= noteOpened(writer, run, lines);
        }
        for (final Id id : closed)
        {
            isChanged |= null != lines.remove(id.toString());
        }
        if (isChanged)
        {
            write(writer, lines);
        }
    }

    /** One that was given up for lost is at the directory of who goes on with it: it is looked for where it was. */
    private static boolean noteOpened(final LedgerWriter writer, final LedgerRun run, final Map<String, Line> lines)
    {
        final Line known = lines.get(run.id().toString());
        final Line line =
            new Line(run.meterDirectory(), null == known ? writer.position() : known.position());
        return !line.equals(lines.put(run.id().toString(), line));
    }

    /** Where to look for an epoch that is open; null when this does not tell. */
    LedgerWriter.Position positionOf(final LedgerWriter writer, final Id epoch) throws IOException
    {
        final Map<String, Line> lines = read(writer);
        final Line line = null == lines ? null : lines.get(epoch.toString());
        return null == line ? null : line.position();
    }

    /** Another directory that has the same open epoch, and is still there; null when there is none. */
    Path elsewhere(final LedgerWriter writer, final LedgerRun run) throws IOException
    {
        final Map<String, Line> lines = read(writer);
        final Line line = null == lines ? null : lines.get(run.id().toString());
        return null == line || null == line.directory() || line.directory().equals(run.meterDirectory()) ||
            !LedgerRun.isOf(line.directory(), run.id()) ? null : line.directory();
    }

    /**
     * Close what nobody can go on with. The lock is held, and the caller seals; then {@link #takeClosed}. Until then
     * the file names them: whoever comes after a kill in between has to close them.
     */
    void closeAbandoned(final LedgerWriter writer, final Collection<Id> mine) throws IOException
    {
        final Map<String, Line> lines = read(writer);
        final Map<String, Line> left = new LinkedHashMap<>();
        final List<EpochTrace> abandoned = new ArrayList<>();
        closing.values().removeIf(EpochWriter::isFenced);
        final Set<Id> known = new LinkedHashSet<>(closing.keySet());
        known.addAll(mine);
        if (null == lines)
        {
            for (final EpochTrace trace : writer.openEpochs())
            {
                if (trace.opened().boot().equals(boot))
                {
                    left.put(trace.opened().epoch().toString(), new Line(null, LedgerWriter.Position.BEGINNING));
                }
                else
                {
                    left.put(trace.opened().epoch().toString(), new Line(GONE, LedgerWriter.Position.BEGINNING));
                    abandoned.add(trace);
                }
            }
        }
        else
        {
            findAbandoned(writer, lines, known, left, abandoned);
        }
        abandoned.removeIf(trace -> known.contains(trace.opened().epoch()));
        abandoned.forEach(trace -> closing.put(trace.opened().epoch(), close(writer, trace)));
        if (null == lines || left.size() != lines.size())
        {
            write(writer, left);
        }
    }

    private static void findAbandoned(
        final LedgerWriter writer, final Map<String, Line> lines, final Set<Id> known, final Map<String, Line> left,
        final List<EpochTrace> abandoned) throws IOException
    {
        // After another boot all lines begin there: one pass is for all of them.
        Map<Id, EpochTrace> fromBeginning = null;
        for (final Map.Entry<String, Line> line : lines.entrySet())
        {
            final Path directory = line.getValue().directory();
            final LedgerWriter.Position from = line.getValue().position();
            final Id id = Id.parse(line.getKey());
            if (null == directory || known.contains(id) || LedgerRun.isOf(directory, id))
            {
                left.put(line.getKey(), line.getValue());
                continue;
            }
            final boolean isFromBeginning = LedgerWriter.Position.BEGINNING.equals(from);
            if (isFromBeginning && null == fromBeginning)
            {
                fromBeginning = new LinkedHashMap<>();
                for (final EpochTrace open : writer.openEpochs())
                {
                    fromBeginning.put(open.opened().epoch(), open);
                }
            }
            final EpochTrace trace = isFromBeginning ? fromBeginning.get(id) : writer.lookUp(from, id);
            if (null != trace && !trace.isClosed())
            {
                left.put(line.getKey(), line.getValue());
                abandoned.add(trace);
            }
        }
    }

    /** What was closed is durable now: which epochs those were. Not those that another writer took up before that. */
    Set<Id> takeClosed()
    {
        closing.values().removeIf(EpochWriter::isFenced);
        final Set<Id> closed = new LinkedHashSet<>(closing.keySet());
        closing.clear();
        return closed;
    }

    /** Somebody goes on with it after all: with a closing that waits for the disk a writer had two successors. */
    void takeBack(final LedgerWriter writer, final Id epoch)
    {
        final EpochWriter waiting = closing.remove(epoch);
        if (null != waiting)
        {
            writer.letGo(waiting);
        }
    }

    private EpochWriter close(final LedgerWriter writer, final EpochTrace trace)
    {
        final boolean isSameBoot = !boot.isEmpty() && trace.opened().boot().equals(boot);
        final long lostNs = isSameBoot ? System.nanoTime() - trace.endNs() : untilBootNs(trace);
        final EpochWriter epoch = writer.openEpoch(trace.opened().meter(), trace.opened().epoch(),
            LedgerHome.randomId(), trace.nonce(), boot, Version.text());
        if (trace.isWhole())
        {
            final FlopCount most = most(trace.peak(), trace.endNs() - trace.opened().monotonicNs());
            final FlopCount counted = trace.counted();
            epoch.bound(null == most ? FlopInterval.unbounded(counted, counted) :
                FlopInterval.of(counted, counted, counted.max(most)), trace.opened().monotonicNs(), trace.endNs());
        }
        epoch.gap("all", isSameBoot ? REASON : REASON_ACROSS_BOOTS,
            trace.endNs(), trace.endNs() + Math.max(1, lostNs), most(trace.peak(), lostNs));
        epoch.close();
        return epoch;
    }

    /** A host that crashed did so before it was started again. Less than nothing: a wall clock was set, who knows. */
    private static long untilBootNs(final EpochTrace trace)
    {
        return LedgerClocks.bootWallNs() - trace.wallNs();
    }

    /** Null = unbounded: not known how much, or not how long. */
    static FlopCount most(final String flopPerSec, final long ns)
    {
        if (ns < 0 || !flopPerSec.matches("[0-9]{1,30}"))
        {
            return null;
        }
        final BigInteger[] parts =
            new BigInteger(flopPerSec).multiply(BigInteger.valueOf(ns)).divideAndRemainder(NS_PER_SEC);
        return FlopCount.of(parts[0].add(BigInteger.ONE));
    }

    /** Null when the file does not tell of this boot and ledger. */
    private Map<String, Line> read(final LedgerWriter writer) throws IOException
    {
        final BasicFileAttributes found = Presence.of(file);
        if (null == found || !found.isRegularFile())
        {
            return 0 == writer.blocks() ? new LinkedHashMap<>() : null;
        }
        final String[] lines = Files.readString(file, StandardCharsets.UTF_8).split("\n");
        if (!lines[0].equals(title(writer)))
        {
            return null;
        }
        final Map<String, Line> epochs = new LinkedHashMap<>();
        for (int i = 1; i < lines.length; i++)
        {
            final String[] words = lines[i].split(" ", 4);
            if (4 != words.length || !words[0].matches("[0-9a-f]{32}") || !words[1].matches("[0-9]{1,8}") ||
                !words[2].matches("[0-9]{1,18}"))
            {
                return null;
            }
            epochs.put(words[0], new Line(directory(words[3]),
                new LedgerWriter.Position(Long.parseLong(words[1]), Long.parseLong(words[2]))));
        }
        return epochs;
    }

    private static Path directory(final String text)
    {
        try
        {
            return text.startsWith("/") ? Path.of(text) : null;
        }
        catch (final InvalidPathException ex)
        {
            return null;
        }
    }

    private String title(final LedgerWriter writer)
    {
        return TITLE + ' ' + writer.ledger() + ' ' + boot;
    }

    private void write(final LedgerWriter writer, final Map<String, Line> epochs) throws IOException
    {
        final StringBuilder text = new StringBuilder(title(writer)).append('\n');
        epochs.forEach((id, line) -> text.append(id).append(' ').append(line.position().segment()).append(' ')
            .append(line.position().offset()).append(' ').append(shown(line.directory())).append('\n'));
        DocumentFiles.replace(file, text.toString());
    }

    private static String shown(final Path directory)
    {
        final String text = null == directory ? "-" : directory.toString();
        return text.indexOf('\n') < 0 ? text : "-";
    }
}
