/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.FileDisk;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerState;
import org.flopmeter.ledger.Verifier;
import org.flopmeter.node.RunResult.ResultGap;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/**
 * Books a run in the ledger of its state directory, once: docs/design/0018-ledger.md section 3. Whatever fails becomes
 * a line for people: the result never depends on it.
 */
final class LedgerBooking
{
    private static final String STATE = "state";
    private static final String INTENT = "ledger.intent";
    private static final int NONCE_OFFSET = 16;

    private final Path meterDirectory;
    private final Messages messages;
    private final List<String> lines = new ArrayList<>();

    private LedgerBooking(final Path meterDirectory, final Messages messages)
    {
        this.meterDirectory = meterDirectory;
        this.messages = messages;
    }

    /** Null for a nested run, which the outermost one books, and for a run without a state directory. */
    static LedgerBooking of(final Path meterDirectory, final Messages messages)
    {
        final Path directory = meterDirectory.toAbsolutePath();
        return directory.getFileName().toString().startsWith("nested-") ||
            !Files.exists(directory.resolve(STATE), LinkOption.NOFOLLOW_LINKS) ?
            null : new LedgerBooking(directory, messages);
    }

    /** What people should know of it. */
    List<String> book(final RunResult result, final Reading reading)
    {
        try
        {
            final Path link = meterDirectory.resolve(STATE);
            final Path state = Files.isSymbolicLink(link) ? Files.readSymbolicLink(link) : link;
            try (LedgerHome home = LedgerHome.open(state, Version.text()))
            {
                if (null != home.lost())
                {
                    say("ledger.lost", home.lost().toString());
                }
                home.writer().repairs().forEach(repair -> say("ledger.repaired", repair));
                book(home, state, result, reading);
            }
            WitnessContacts.afterCheckpoint(
                state, (isAlarm, line) -> say(isAlarm ? "ledger.alarm" : "ledger.witness", line));
        }
        catch (final IOException | RuntimeException ex)
        {
            say("ledger.notBooked", null == ex.getMessage() ? ex.getClass().getSimpleName() : ex.getMessage());
        }
        return List.copyOf(lines);
    }

    private void book(final LedgerHome home, final Path state, final RunResult result, final Reading reading)
        throws IOException
    {
        final Id epoch = epochId(result.facts());
        final LedgerState.EpochState before = Files.exists(meterDirectory.resolve(INTENT)) ?
            new Verifier(new FileDisk(state.resolve(LedgerHome.DIRECTORY), true)).verify(null, null).state()
                .epoch(epoch) : null;
        if (null != before && before.isClosed() && before.counted().equals(result.flop().lower()))
        {
            return;
        }
        // A meter that dies between here and the end looks whether the entries are there.
        Files.write(meterDirectory.resolve(INTENT), epoch.toString().getBytes(StandardCharsets.UTF_8));
        enter(home, epoch, null == before ? Id.NONE : before.nonce(), result, reading);
        if (!home.writer().seal())
        {
            say("ledger.notBooked", home.writer().failure());
            return;
        }
        home.writer().checkpoint();
    }

    private static void enter(
        final LedgerHome home, final Id epochId, final Id resumes, final RunResult result, final Reading reading)
    {
        final RunFacts facts = result.facts();
        final EpochWriter epoch = home.writer().openEpoch(
            home.writer().ledger(), epochId, LedgerHome.randomId(), resumes, bootId(), Version.text());
        final Map<Source, EpochWriter.SourceRef> sources = new LinkedHashMap<>();
        counted(result, reading).forEach((key, total) ->
        {
            final EpochWriter.SourceRef source = sources.computeIfAbsent(key.source(), made -> epoch.source(
                made.jsonName(), Source.CUDA == made ? "accelerator" : "cpu", "", key.basis().jsonName(),
                Version.text()));
            epoch.key(key, source).use(
                total.flopCount(), total.samples(), facts.beginMonotonicNs(), facts.endMonotonicNs());
        });
        for (final ResultGap gap : result.gaps())
        {
            epoch.gap(gap.source(), gap.reason(), monotonicNs(facts, gap.beginNs()),
                Math.max(monotonicNs(facts, gap.beginNs()), monotonicNs(facts, gap.endNs())),
                null == gap.upper() ? null : FlopCount.of(gap.upper()));
        }
        epoch.bound(result.flop(), facts.beginMonotonicNs(),
            Math.max(facts.beginMonotonicNs(), facts.endMonotonicNs()));
        epoch.close();
    }

    private static long monotonicNs(final RunFacts facts, final long epochNs)
    {
        return facts.beginMonotonicNs() + (epochNs - facts.beginNs());
    }

    /** The total of a key. */
    private record Counted(FlopCount flopCount, long samples)
    {
        Counted plus(final Counted other)
        {
            return new Counted(flopCount.add(other.flopCount), samples + other.samples);
        }
    }

    /**
     * What was counted, by key; it adds up to the lower end of the result. What counters of the silicon saw beyond the
     * calls has no key in the lanes: it is what a precision has more than its calls, and belongs to no node.
     */
    private static Map<AccountKey, Counted> counted(final RunResult result, final Reading reading)
    {
        final String run = result.facts().run();
        final Map<AccountKey, Counted> counted = new LinkedHashMap<>();
        final Map<String, FlopCount> byPrecision = new LinkedHashMap<>();
        for (final KeyTotal key : reading.keys())
        {
            if (Part.COUNT != key.part() || Witnesses.isWitness(key) || key.flopCount().isZero())
            {
                continue;
            }
            final String node = null == key.node() || key.node().isEmpty() ? RunResult.UNATTRIBUTED : key.node();
            counted.merge(new AccountKey(
                run, node, key.precision(), key.basis(), key.source(), Part.COUNT),
                new Counted(key.flopCount(), key.samples()), Counted::plus);
            byPrecision.merge(key.precision().jsonName(), key.flopCount(), FlopCount::add);
        }
        final Basis basis = result.byBasis().containsKey(Basis.EXACT_EXECUTED.jsonName()) ?
            Basis.EXACT_EXECUTED : Basis.DERIVED;
        for (final Precision precision : Precision.values())
        {
            final FlopInterval whole = result.byPrecision().get(precision.jsonName());
            final FlopCount calls = byPrecision.getOrDefault(precision.jsonName(), FlopCount.ZERO);
            if (null != whole && whole.lower().compareTo(calls) > 0)
            {
                counted.merge(new AccountKey(run, RunResult.UNATTRIBUTED, precision, basis, Source.PERF,
                    Part.COUNT), new Counted(whole.lower().subtract(calls), 0), Counted::plus);
            }
        }
        return counted;
    }

    /** The same whenever it is asked: a meter that is started again says nothing new. */
    private Id epochId(final RunFacts facts) throws IOException
    {
        final ByteBuffer nonce = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel control = FileChannel.open(meterDirectory.resolve("control"), StandardOpenOption.READ))
        {
            while (nonce.hasRemaining() && control.read(nonce, NONCE_OFFSET + nonce.position()) > 0)
            {
                continue;
            }
        }
        return new Id(nonce.getLong(0), facts.beginNs());
    }

    private static String bootId()
    {
        try
        {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        }
        catch (final IOException ex)
        {
            return "";
        }
    }

    private void say(final String key, final String text)
    {
        lines.add(messages.get(key, Summary.printable(text)));
    }
}
