/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.ledger.EpochTrace;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.EpochWriter.KeyWriter;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerWriter;
import org.flopmeter.ledger.Presence;
import org.flopmeter.node.booking.BookedTotals.Counted;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.Version;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.RunResult;
import org.flopmeter.node.run.RunResult.Beyond;
import org.flopmeter.node.run.RunResult.ResultGap;
import org.flopmeter.node.run.Witnesses;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Source;
import tools.jackson.databind.JsonNode;

/**
 * One meter directory's epoch in a ledger: its totals as they were last seen, in memory until the ledger has them. The
 * same epoch whoever books it: a meter that was started again goes on with it. Of the ledger's thread.
 */
final class LedgerRun
{
    private static final String INTENT = "ledger.intent";
    private static final int INTENT_LENGTH_MAX = 256;
    private static final String[] NO_INTENT = { "" };
    private static final int NONCE_OFFSET = 16;
    /** In place of the begin of a run. */
    private static final long STANDING = 1;

    private final Path meterDirectory;
    private final BookedTotals totals;
    /** Of a host's devices: what is no count elsewhere is the layer here, and has three ends all the time. */
    private final DeviceBound devices;
    private final Map<Method, EpochWriter.SourceRef> sources = new LinkedHashMap<>();
    private final String run;
    /** In place of it, where a key says none. */
    private final String nameless;
    private final Id id;
    private final long beginMonotonicNs;
    private EpochWriter epoch;
    private EpochTrace before;
    private RunResult result;
    private Reading reading;
    private long seenNs;
    private boolean isSearched;
    private boolean isClosing;
    private boolean isBooked;
    private String refusal;

    /** One counting source of an epoch: what calls state of a GPU and what its counters saw are two. */
    private record Method(Source source, Basis basis)
    {
    }

    private LedgerRun(final Path meterDirectory, final String run, final long beginNs, final long beginMonotonicNs)
        throws IOException
    {
        this.meterDirectory = meterDirectory;
        this.run = run;
        this.beginMonotonicNs = beginMonotonicNs;
        id = new Id(meterNonce(meterDirectory), beginNs);
        final boolean isOfDevices = null == run && RunFacts.DEVICES.equals(meterDirectory.getFileName().toString());
        devices = isOfDevices ? new DeviceBound(meterDirectory, beginMonotonicNs) : null;
        nameless = isOfDevices ? RunFacts.HOST : RunFacts.SERVICES;
        totals = new BookedTotals(null == run ? nameless : run, BookedTotals.NAMES_MAX);
    }

    /**
     * Of a directory in which something is counted.
     *
     * @param nowNs of the monotonic clock.
     * @throws IOException it says not what it is of.
     */
    static LedgerRun of(final Path meterDirectory, final long nowNs) throws IOException
    {
        final Path start = meterDirectory.resolve(RunFacts.RUN);
        // In doubt nothing is said: services are another epoch, and would be booked beside the run.
        if (!Presence.isThere(start))
        {
            return new LedgerRun(meterDirectory, null, STANDING, nowNs);
        }
        final JsonNode json = RunFacts.parse(start);
        return new LedgerRun(meterDirectory, json.path("run").asString("?"), json.path("beginNs").asLong(0),
            json.path("beginMonotonicNs").asLong(0));
    }

    /** Of one whose run has ended. */
    static LedgerRun of(final Path meterDirectory, final RunFacts facts) throws IOException
    {
        return new LedgerRun(meterDirectory, facts.run(), facts.beginNs(), facts.beginMonotonicNs());
    }

    Path meterDirectory()
    {
        return meterDirectory;
    }

    Id id()
    {
        return id;
    }

    /** What is committed by now (monotonic). Whatever is less than before was not readable at that moment. */
    void see(final Reading now, final long nowNs)
    {
        seenNs = nowNs;
        totals.see(counted(now));
        if (null != devices)
        {
            devices.see(now);
        }
    }

    /** The end: what the result says, and nothing after it. */
    void end(final RunResult finalResult, final Reading finalReading)
    {
        result = finalResult;
        reading = finalReading;
    }

    boolean isEnding()
    {
        return null != result;
    }

    /** All of it is durable. */
    boolean isBooked()
    {
        return isBooked;
    }

    /** It can't be booked, whatever the disk does. */
    void refuse(final String why)
    {
        refusal = why;
    }

    /** Why it can't be booked; null when it can. */
    String refusal()
    {
        return refusal;
    }

    /** Another meter has taken the epoch over. */
    boolean isFenced()
    {
        return null != epoch && epoch.isFenced();
    }

    /** Is there something that no entry says? */
    boolean isWanted()
    {
        return isEnding() ? !isClosing : totals.isNews() || null != devices && devices.isNews();
    }

    /** Has an epoch been opened by this one? */
    boolean isOpen()
    {
        return null != epoch;
    }

    /**
     * Put what is new into the writer's hands; the ledger's lock is held. Return whether the epoch was opened.
     *
     * @param boot  of this kernel.
     * @param noted where the ledger knows the epoch from; null when it says nothing.
     */
    boolean enter(final LedgerHome home, final String peak, final String boot, final LedgerWriter.Position noted)
        throws IOException
    {
        if (!isWanted() || isBooked)
        {
            return false;
        }
        final boolean isOpened = null == epoch;
        if (isOpened)
        {
            open(home.writer(), peak, boot, noted);
        }
        if (isEnding())
        {
            close();
        }
        else
        {
            totals.enter(beforeTotals(), false, (key, total) -> use(key, total, seenNs));
            if (null != devices)
            {
                devices.enter(epoch);
            }
        }
        return isOpened && !isBooked;
    }

    /**
     * Somebody closed the epoch, thinking that nobody knows its end: this one does, and says it. Of a run that goes on,
     * another meter has the directory.
     */
    boolean takeUp()
    {
        if (isFenced() && isEnding())
        {
            epoch = null;
            before = null;
            sources.clear();
            totals.forgetEntered();
            isClosing = false;
            isSearched = true;
            return true;
        }
        return !isFenced();
    }

    /** What was entered is durable. */
    void sealed()
    {
        isBooked |= isClosing;
    }

    /** Nothing more is written by this one; who takes over the directory goes on. */
    void letGo(final LedgerHome home)
    {
        if (null != epoch && null != home && !epoch.isFenced())
        {
            home.writer().letGo(epoch);
        }
    }

    private void open(
        final LedgerWriter writer, final String peak, final String boot, final LedgerWriter.Position noted)
        throws IOException
    {
        final Path file = meterDirectory.resolve(INTENT);
        final String[] intent = intent(file);
        // Without its directory nothing says where to look: whoever cleared up may have done so for another meter.
        final boolean isGone = isEnding() && Presence.isNoDirectory(meterDirectory);
        if (null != noted)
        {
            before = writer.lookUp(noted, id);
        }
        else if (intent.length > 0 || isSearched || isGone)
        {
            // The program can write anything there.
            before = writer.lookUp(position(writer, intent), id);
        }
        if (null == before && !isSearched && !isGone)
        {
            // A meter that dies after this looks from there on whether the epoch is there.
            final LedgerWriter.Position at = writer.position();
            DocumentFiles.replace(file, writer.ledger() + " " + at.segment() + " " + at.offset() + "\n");
        }
        else if (null != before && isEnding() && before.isClosed() && before.counted().equals(result.flop().lower()))
        {
            isClosing = true;
            isBooked = true;
            return;
        }
        epoch = writer.openEpoch(writer.ledger(), id, LedgerHome.randomId(),
            null == before ? Id.NONE : before.nonce(), boot, Version.text());
        epoch.source(EpochTrace.PEAK, "machine", peak, "PHYSICAL_BOUND", Version.text());
        if (null != devices)
        {
            devices.opened(null == before ? beginMonotonicNs : before.opened().monotonicNs());
            beforeTotals().forEach((key, usage) ->
                use(key, new Counted(usage.flop(), usage.samples()), usage.endNs()));
        }
    }

    /** Empty where there is none. What the program may have put in its place makes a search longer, nothing else. */
    private static String[] intent(final Path file) throws IOException
    {
        final BasicFileAttributes found = Presence.of(file);
        if (null == found)
        {
            return new String[0];
        }
        // A pipe would be waited for.
        if (!found.isRegularFile() || found.size() > INTENT_LENGTH_MAX)
        {
            return NO_INTENT;
        }
        return new String(Files.readAllBytes(file), StandardCharsets.US_ASCII).strip().split(" ");
    }

    private static LedgerWriter.Position position(final LedgerWriter writer, final String[] intent)
    {
        if (3 != intent.length || !writer.ledger().toString().equals(intent[0]) ||
            !intent[1].matches("[0-9]{1,8}") || !intent[2].matches("[0-9]{1,18}"))
        {
            return LedgerWriter.Position.BEGINNING;
        }
        final LedgerWriter.Position end = writer.position();
        final LedgerWriter.Position noted =
            new LedgerWriter.Position(Long.parseLong(intent[1]), Long.parseLong(intent[2]));
        return noted.segment() < end.segment() || noted.segment() == end.segment() && noted.offset() <= end.offset() ?
            noted : LedgerWriter.Position.BEGINNING;
    }

    private EpochWriter.SourceRef source(final AccountKey key)
    {
        return sources.computeIfAbsent(new Method(key.source(), key.basis()), made -> epoch.source(
            made.source().jsonName(), Source.CUDA == made.source() ? "accelerator" : "cpu", "",
            made.basis().jsonName(), Version.text()));
    }

    private Map<AccountKey, Usage> beforeTotals()
    {
        return null == before ? Map.of() : before.totals();
    }

    private void use(final AccountKey key, final Counted total, final long endNs)
    {
        final KeyWriter writer = epoch.key(key, source(key));
        if (writer.flop().isZero() && 0 == writer.endNs())
        {
            final Usage usage = null == before ? null : before.total(key);
            writer.resume(null == usage ? FlopCount.ZERO : usage.flop(), null == usage ? 0 : usage.samples(),
                null == usage ? beginMonotonicNs : usage.endNs());
        }
        if (writer.isMore(total.flopCount(), total.samples()))
        {
            writer.use(total.flopCount(), total.samples(), writer.endNs(), Math.max(writer.endNs(), endNs));
        }
        if (null != devices)
        {
            devices.said(key, writer.flop());
        }
    }

    private void close()
    {
        final RunFacts facts = result.facts();
        final long endNs = Math.max(facts.beginMonotonicNs(), facts.endMonotonicNs());
        final Map<AccountKey, Counted> last = counted(reading);
        addExecuted(last, result);
        totals.seeLast(last);
        totals.enter(beforeTotals(), true, (key, total) -> use(key, total, endNs));
        for (final ResultGap gap : result.gaps())
        {
            final long gapBeginNs = monotonicNs(facts, gap.beginNs());
            epoch.gap(gap.source(), gap.reason(), gapBeginNs, Math.max(gapBeginNs, monotonicNs(facts, gap.endNs())),
                null == gap.upper() ? null : FlopCount.of(gap.upper()));
        }
        epoch.bound(result.flop(), facts.beginMonotonicNs(), endNs);
        epoch.close();
        isClosing = true;
    }

    private static long monotonicNs(final RunFacts facts, final long epochNs)
    {
        return facts.beginMonotonicNs() + (epochNs - facts.beginNs());
    }

    /** What was counted, by key; without a run of its own each key has its. */
    private Map<AccountKey, Counted> counted(final Reading now)
    {
        final Map<AccountKey, Counted> counted = new LinkedHashMap<>();
        for (final KeyTotal key : now.keys())
        {
            if (Part.COUNT != key.part() || null == devices && Witnesses.isWitness(key) || key.flopCount().isZero())
            {
                continue;
            }
            final String named = key.run().isEmpty() ? nameless : key.run();
            counted.merge(new AccountKey(null == run ? named : run, RunResult.nodeOf(key), key.precision(), key.basis(),
                key.source(), Part.COUNT), new Counted(key.flopCount(), key.samples()), Counted::plus);
        }
        return counted;
    }

    /**
     * What counters of the silicon saw beyond the calls has no key in the lanes, and belongs to no node. With it the
     * keys add up to the lower end of the result.
     */
    private void addExecuted(final Map<AccountKey, Counted> counted, final RunResult whole)
    {
        for (final Beyond beyond : whole.beyond())
        {
            counted.merge(new AccountKey(run, RunResult.UNATTRIBUTED,
                beyond.precision(), beyond.basis(), beyond.source(), Part.COUNT),
                new Counted(beyond.flopCount(), 0), Counted::plus);
        }
    }

    /** The same whenever it is asked: a meter that is started again says nothing new. */
    private static long meterNonce(final Path meterDirectory) throws IOException
    {
        final ByteBuffer nonce = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel control = FileChannel.open(
            meterDirectory.resolve("control"), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))
        {
            while (nonce.hasRemaining() && control.read(nonce, NONCE_OFFSET + nonce.position()) > 0)
            {
                continue;
            }
        }
        return nonce.getLong(0);
    }

    /** Is this still the directory of the epoch? In doubt it is. */
    static boolean isOf(final Path meterDirectory, final Id epoch)
    {
        try
        {
            return meterNonce(meterDirectory) == epoch.high();
        }
        catch (final NoSuchFileException gone)
        {
            return false;
        }
        catch (final IOException doubt)
        {
            return true;
        }
    }
}
