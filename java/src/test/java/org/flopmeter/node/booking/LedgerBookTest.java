/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import static org.flopmeter.node.run.Fixtures.PEAK;
import static org.flopmeter.node.run.Fixtures.facts;
import static org.flopmeter.node.run.Fixtures.key;
import static org.flopmeter.node.run.Fixtures.reading;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.ledger.LedgerEntry.GapBooked;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerState.EpochState;
import org.flopmeter.ledger.LedgerState.KeyState;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verified;
import org.flopmeter.node.io.BootId;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.ResultBuilder;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.sidecar.SidecarScene;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of runs whose meters end without a word, and of a ledger whose disk is full. */
final class LedgerBookTest
{
    private static final long PEAK_FLOP_PER_SEC = 1_000_000_000_000_000L;
    private static final int CYCLES = Suite.rounds(5, 50);

    @TempDir
    private Path folder;
    private Path state;
    private long nowNs = 1;

    @BeforeEach
    void setUp() throws IOException
    {
        state = Files.createDirectory(folder.resolve("state"));
    }

    private LedgerBook book(final String peak, final String boot)
    {
        return new LedgerBook(state, peak, boot, () -> nowNs, place -> LedgerHome.open(place, "test"));
    }

    private Path meterDirectory(final int number) throws IOException
    {
        final Path directory = Files.createDirectories(folder.resolve("run-" + number));
        Files.write(directory.resolve("control"),
            ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(16, number).array());
        Files.writeString(directory.resolve(RunFacts.RUN),
            "{\"run\": \"r" + number + "\", \"beginNs\": 7, \"beginMonotonicNs\": 1}");
        return directory;
    }

    private static Reading counted(final long flop)
    {
        return reading(key("n", Precision.FP64, Source.BLAS, Part.COUNT, Long.toString(flop), 1));
    }

    private Verification ledger() throws IOException
    {
        final Verification verification = Verified.of(state);
        assertEquals(List.of(), verification.findings());
        return verification;
    }

    private EpochState onlyEpoch() throws IOException
    {
        assertEquals(1, ledger().state().epochs().size());
        return ledger().state().epochs().iterator().next();
    }

    /** A run that was booked while it went on; then its meter is gone. */
    private Path bookedLive(final String peak, final String boot, final long flop) throws IOException
    {
        final Path directory = meterDirectory(1);
        try (LedgerBook book = book(peak, boot))
        {
            final LedgerRun run = LedgerRun.of(directory, System.nanoTime());
            run.see(counted(flop), System.nanoTime());
            book.add(run);
            assertTrue(book.isDue());
            assertTrue(book.seal(false), book.failure());
            assertFalse(book.isDue());
        }
        assertFalse(onlyEpoch().isClosed());
        return directory;
    }

    private void bookAnother(final String boot) throws IOException
    {
        try (LedgerBook book = book("1", boot))
        {
            assertTrue(book.seal(false), book.failure());
        }
    }

    @Test
    void shouldCloseWhatALossOfPowerLeftOpenWithAGap() throws IOException
    {
        SidecarScene.delete(bookedLive(Long.toString(PEAK_FLOP_PER_SEC), BootId.text(), 70));
        // Another boot, as the file says: the ledger's epoch is of an earlier one.
        bookAnother("another boot");

        final EpochState epoch = onlyEpoch();
        assertTrue(epoch.isClosed());
        assertEquals(FlopCount.of(70), epoch.counted());
        assertEquals(1, epoch.gaps().size());
        assertEquals(LedgerOpenEpochs.REASON_ACROSS_BOOTS, epoch.gaps().get(0).reason());
        // This kernel was started before the booking: a clock was set, and how long it took nobody knows.
        assertNull(epoch.gaps().get(0).upper());
        assertFalse(epoch.flop().isBounded());
    }

    @Test
    void shouldCloseWhatNobodyCanGoOnWithByPeakTimesTime() throws IOException
    {
        final Path directory = bookedLive(Long.toString(PEAK_FLOP_PER_SEC), BootId.text(), 70);
        bookAnother(BootId.text());
        assertFalse(onlyEpoch().isClosed(), "its directory is there: somebody may go on");
        final long lastNs = onlyEpoch().keys().iterator().next().flop().isZero() ? 0 : System.nanoTime();
        SidecarScene.delete(directory);
        bookAnother(BootId.text());

        final EpochState epoch = onlyEpoch();
        assertTrue(epoch.isClosed());
        assertEquals(FlopCount.of(70), epoch.flop().lower());
        final FlopCount upper = epoch.gaps().get(0).upper();
        final long lostNs = epoch.gaps().get(0).endNs() - epoch.gaps().get(0).beginNs();
        assertTrue(lostNs > 0 && epoch.gaps().get(0).endNs() >= lastNs);
        assertEquals(BigInteger.valueOf(lostNs).multiply(BigInteger.valueOf(PEAK_FLOP_PER_SEC))
            .divide(BigInteger.valueOf(1_000_000_000L)).add(BigInteger.ONE), upper.toBigInteger());
        assertTrue(epoch.flop().upper().compareTo(upper) >= 0);
        bookAnother(BootId.text());
        assertEquals(1, onlyEpoch().gaps().size());
    }

    /** Canary of the bound: without a peak there is none. */
    @Test
    void shouldSayUnboundedWhereNoPeakIsKnown() throws IOException
    {
        SidecarScene.delete(bookedLive(LedgerPeak.UNBOUNDED, BootId.text(), 70));
        bookAnother(BootId.text());

        assertNull(onlyEpoch().gaps().get(0).upper());
        assertFalse(onlyEpoch().flop().isBounded());
        assertNull(LedgerOpenEpochs.most("x", 1));
        assertNull(LedgerOpenEpochs.most("1", -1));
        assertEquals(FlopCount.of(6), LedgerOpenEpochs.most("5000000000", 1));
    }

    /** The file of open epochs is only derived: without it the ledger is read. */
    @Test
    void shouldFindWhatIsOpenWithoutTheFile() throws IOException
    {
        for (final String text : new String[] { null, "", "nonsense\n", "flopmeter open epochs v1 x y\n" })
        {
            final Path directory = bookedLive("1", "boot of " + text, 70);
            final Path file = state.resolve(LedgerHome.DIRECTORY).resolve(LedgerOpenEpochs.FILE);
            if (null == text)
            {
                Files.delete(file);
            }
            else
            {
                Files.writeString(file, text, StandardCharsets.UTF_8);
            }
            SidecarScene.delete(directory);
            bookAnother("a boot after " + text);
            assertTrue(onlyEpoch().isClosed(), text);
            SidecarScene.delete(state);
            Files.createDirectory(state);
        }
    }

    /** The meter knew the end and could not write it; somebody else closed the epoch meanwhile. */
    @Test
    void shouldSayTheEndThatSomebodyElseDidNotKnow() throws IOException
    {
        final Path directory = meterDirectory(1);
        try (LedgerBook book = book("1", BootId.text()))
        {
            final LedgerRun run = LedgerRun.of(directory, System.nanoTime());
            run.see(counted(70), System.nanoTime());
            book.add(run);
            assertTrue(book.seal(false), book.failure());
            SidecarScene.delete(directory);
            bookAnother(BootId.text());
            assertTrue(onlyEpoch().isClosed());

            final Reading last = counted(90);
            run.end(new ResultBuilder(facts().build(), last, PEAK).build(), last);
            assertTrue(book.seal(true), book.failure());
            assertTrue(run.isBooked());
        }
        assertEquals(FlopCount.of(90), onlyEpoch().counted());
        assertTrue(onlyEpoch().isClosed());
    }

    /** What only counters of a GPU saw is no work of a CPU, and each part of it rests on what it rests on. */
    @Test
    void shouldBookWhatCountersSawUnderTheirOwnSourceAndBasis() throws IOException
    {
        final Path directory = meterDirectory(1);
        final Reading last = reading(key("n", Precision.FP64, Source.BLAS, Part.COUNT, "70", 1),
            key("n", Precision.FP16, Source.CUDA, Part.COUNT, "5", 1),
            ofCard(Precision.BF16, Basis.EXACT_EXECUTED, 35), ofCard(Precision.FP32, Basis.DERIVED, 50));
        try (LedgerBook book = book("1", BootId.text()))
        {
            final LedgerRun run = LedgerRun.of(directory, facts().build());
            run.end(new ResultBuilder(facts().build(), last, PEAK).build(), last);
            book.add(run);
            assertTrue(book.seal(true), book.failure());
            assertTrue(run.isBooked(), run.refusal());
        }

        final Map<String, String> booked = new TreeMap<>();
        for (final KeyState each : onlyEpoch().keys())
        {
            assertEquals(each.key().basis().jsonName(), each.source().method());
            booked.put(each.key().source().jsonName() + ' ' + each.key().basis().jsonName() + ' ' +
                each.key().precision().jsonName() + ' ' + each.key().node(), each.flop().toString());
        }
        assertEquals(Map.of(
            "blas EXACT_BY_SHAPE fp64 n", "70", "cuda EXACT_BY_SHAPE fp16 n", "5",
            "cuda EXACT_EXECUTED bf16 unattributed", "30", "cuda DERIVED fp32 unattributed", "15"), booked);
        assertEquals(FlopCount.of(120), onlyEpoch().counted());
    }

    private static KeyTotal ofCard(final Precision precision, final Basis basis, final long flop)
    {
        return new KeyTotal("r", null, precision, basis, Source.CUDA, Part.COUNT, FlopCount.of(flop), 1, false);
    }

    /** The program whose run it is can do anything to the note in its meter directory. */
    @Test
    void shouldGoOnWithAnEpochWhateverBecameOfItsNote() throws Exception
    {
        final Path directory = bookedLive("1", BootId.text(), 70);
        final Path note = directory.resolve("ledger.intent");
        final Path elsewhere = folder.resolve("elsewhere");
        final String ledger = Files.readString(note).split(" ")[0];
        Files.writeString(elsewhere, "not to be touched");
        long flop = 70;
        for (final String text : new String[] {
            null, "", "nothing of ours", ledger + " 1 4000000", ledger + " 99999999 0", ledger + " 1 65",
            ledger + " -1 x", "pipe", "link" })
        {
            Files.deleteIfExists(note);
            // The ledger's own list of open epochs is derived, and may be gone.
            Files.deleteIfExists(state.resolve(LedgerHome.DIRECTORY).resolve(LedgerOpenEpochs.FILE));
            if ("pipe".equals(text))
            {
                assertEquals(0, new ProcessBuilder("mkfifo", note.toString()).start().waitFor());
            }
            else if ("link".equals(text))
            {
                Files.createSymbolicLink(note, elsewhere);
            }
            else if (null != text)
            {
                Files.writeString(note, text);
            }
            try (LedgerBook book = book("1", BootId.text()))
            {
                final LedgerRun run = LedgerRun.of(directory, System.nanoTime());
                run.see(counted(++flop), System.nanoTime());
                book.add(run);
                assertTrue(book.seal(false), () -> text + ": " + book.failure() + ", " + run.refusal());
            }
            assertEquals(FlopCount.of(flop), onlyEpoch().counted(), text);
        }
        assertEquals("not to be touched", Files.readString(elsewhere));
    }

    /** Two meters came to the same end of a run, and its supervisor was quicker than the second to clear up. */
    @Test
    void shouldBookAnEndOnceThoughItsDirectoryIsGone() throws IOException
    {
        final Path directory = meterDirectory(1);
        final LedgerRun late = LedgerRun.of(directory, facts().build());
        final Reading last = counted(90);
        for (final LedgerRun run : List.of(LedgerRun.of(directory, facts().build()), late))
        {
            try (LedgerBook book = book("1", BootId.text()))
            {
                run.end(new ResultBuilder(facts().build(), last, PEAK).build(), last);
                book.add(run);
                assertTrue(book.seal(true), book.failure());
                assertTrue(run.isBooked());
            }
            if (Files.exists(directory))
            {
                SidecarScene.delete(directory);
            }
        }

        assertEquals(FlopCount.of(90), onlyEpoch().counted());
    }

    /** Another meter goes on with the directory: this one writes nothing more. */
    @Test
    void shouldLeaveARunToTheMeterThatTookItOver() throws IOException
    {
        final Path directory = meterDirectory(1);
        try (LedgerBook book = book("1", BootId.text()))
        {
            final LedgerRun run = LedgerRun.of(directory, System.nanoTime());
            run.see(counted(70), System.nanoTime());
            book.add(run);
            assertTrue(book.seal(false), book.failure());
            try (LedgerBook successor = book("1", BootId.text()))
            {
                final LedgerRun next = LedgerRun.of(directory, System.nanoTime());
                next.see(counted(80), System.nanoTime());
                successor.add(next);
                assertTrue(successor.seal(false), successor.failure());
            }
            run.see(counted(75), System.nanoTime());
            assertTrue(book.seal(false), book.failure());
            assertEquals(0, book.runs().size());
        }
        assertEquals(FlopCount.of(80), onlyEpoch().counted());
    }

    /**
     * A name that the meter can't tell apart any more, since there are too many: what it had is under no name there,
     * and stays under the name in the ledger. Every FLOP is there once, also for the meter that goes on.
     */
    @Test
    void shouldBookOnceWhatLosesItsName() throws IOException
    {
        final Path directory = meterDirectory(1);
        try (LedgerBook book = book("1", BootId.text()))
        {
            final LedgerRun run = LedgerRun.of(directory, System.nanoTime());
            book.add(run);
            run.see(named(50, 20, 0), System.nanoTime());
            assertTrue(book.seal(false), book.failure());
            run.see(named(50, 0, 29), System.nanoTime());
            assertTrue(book.seal(false), book.failure());
            assertEquals(FlopCount.of(79), onlyEpoch().counted());
        }
        try (LedgerBook book = book("1", BootId.text()))
        {
            final LedgerRun run = LedgerRun.of(directory, System.nanoTime());
            book.add(run);
            run.see(named(0, 0, 80), System.nanoTime());
            assertTrue(book.seal(false), book.failure());
            assertEquals(FlopCount.of(80), onlyEpoch().counted());
            final Reading last = named(60, 0, 31);
            run.end(new ResultBuilder(facts().build(), last, PEAK).build(), last);
            assertTrue(book.seal(true), book.failure());
            assertTrue(run.isBooked(), run.refusal());
        }
        assertEquals(FlopCount.of(91), onlyEpoch().counted());
    }

    private static Reading named(final long one, final long other, final long unnamed)
    {
        return reading(key("one", Precision.FP64, Source.BLAS, Part.COUNT, Long.toString(one), 1),
            key("other", Precision.FP64, Source.BLAS, Part.COUNT, Long.toString(other), 1),
            key(null, Precision.FP64, Source.BLAS, Part.COUNT, Long.toString(unnamed),
                1 + (0 == one ? 1 : 0) + (0 == other ? 1 : 0)));
    }

    /** Signed by the clock: when 60 s have passed and something is new, not before and not without. */
    @Test
    void shouldSignOnceAMinuteWhileThereIsNews() throws IOException
    {
        final Path signed = state.resolve(LedgerHome.DIRECTORY).resolve("checkpoint");
        try (LedgerBook book = book("1", BootId.text()))
        {
            final LedgerRun run = LedgerRun.of(meterDirectory(1), System.nanoTime());
            book.add(run);
            run.see(counted(1), System.nanoTime());
            assertTrue(book.seal(false), book.failure());
            nowNs += 60_000_000_000L - 1;
            assertFalse(book.isDue());
            run.see(counted(2), System.nanoTime());
            assertTrue(book.seal(false), book.failure());
            assertFalse(Files.exists(signed), "before its time");

            nowNs++;
            assertTrue(book.isDue(), "nothing is to be booked, but two blocks are to be signed");
            assertTrue(book.seal(false), book.failure());
            final String first = Files.readString(signed);
            assertEquals("2", first.split("\n")[1]);
            nowNs += 3_600_000_000_000L;
            assertFalse(book.isDue(), "nothing is new");

            run.see(counted(3), System.nanoTime());
            assertTrue(book.isDue());
            assertTrue(book.seal(false), book.failure());
            assertEquals("3", Files.readString(signed).split("\n")[1]);
            run.see(counted(4), System.nanoTime());
            assertTrue(book.seal(false), book.failure());
            assertEquals("3", Files.readString(signed).split("\n")[1], "once a minute");
        }
    }

    /** Two directories with the same nonce: one is booked, and the ledger stays without a finding. */
    @Test
    void shouldBookOnlyOneOfTwoCopies() throws IOException
    {
        final Path directory = meterDirectory(1);
        final Path copy = Files.createDirectory(folder.resolve("copy"));
        for (final String name : List.of("control", RunFacts.RUN))
        {
            Files.copy(directory.resolve(name), copy.resolve(name));
        }
        try (LedgerBook book = book("1", BootId.text()))
        {
            for (final Path each : List.of(directory, copy))
            {
                final LedgerRun run = LedgerRun.of(each, System.nanoTime());
                run.see(counted(70), System.nanoTime());
                book.add(run);
            }
            assertTrue(book.seal(false), book.failure());
            assertEquals(1, book.runs().size());
        }
        try (LedgerBook book = book("1", BootId.text()))
        {
            final LedgerRun run = LedgerRun.of(copy, System.nanoTime());
            run.see(counted(80), System.nanoTime());
            book.add(run);
            assertTrue(book.seal(false), book.failure());
            assertTrue(run.refusal().contains("copy"), run.refusal());
        }
        assertEquals(FlopCount.of(70), onlyEpoch().counted());
    }

    /** A real full disk, again and again: totals go on in memory, and are there when there is room. */
    @Test
    void shouldCountOnWhileARealDiskIsFull() throws IOException, InterruptedException
    {
        assumeTrue(0 == StateDirectory.uid() && mount(), "SKIPPED: a small tmpfs can't be mounted here");
        final Path filler = state.resolve("filler");
        try (LedgerBook book = book("1", BootId.text()))
        {
            final LedgerRun run = LedgerRun.of(meterDirectory(1), System.nanoTime());
            book.add(run);
            long flop = 0;
            int refused = 0;
            for (int cycle = 0; cycle < CYCLES; cycle++)
            {
                fill(filler);
                // What is left in a page takes some blocks.
                final int refusedBefore = refused;
                for (int i = 0; i < 200 && refused < refusedBefore + 5; i++)
                {
                    flop += 1 + i;
                    run.see(counted(flop), System.nanoTime());
                    refused += book.seal(0 == i % 3) ? 0 : 1;
                }
                assertTrue(refused > refusedBefore, "the disk was not full");
                Files.delete(filler);
                assertTrue(book.seal(true), book.failure());
                assertEquals(FlopCount.of(flop), onlyEpoch().counted());
            }
            assertEquals("ledger.recovered", book.takeNews().get(0)[0]);
        }
        finally
        {
            assertEquals(0, new ProcessBuilder("umount", state.toString()).start().waitFor());
        }
    }

    /** What a refused seal would have written is not in the ledger, also where somebody else closed the epoch then. */
    @Test
    void shouldSayAllThatARefusedSealDidNot() throws IOException, InterruptedException
    {
        assumeTrue(0 == StateDirectory.uid() && mount(), "SKIPPED: a small tmpfs can't be mounted here");
        final Path filler = state.resolve("filler");
        try (LedgerBook book = book("1", BootId.text()))
        {
            final Path directory = meterDirectory(1);
            final LedgerRun run = LedgerRun.of(directory, System.nanoTime());
            book.add(run);
            long flop = 1000;
            run.see(counted(flop), System.nanoTime());
            assertTrue(book.seal(false), book.failure());
            fill(filler);
            do
            {
                // What is left in a page takes some blocks.
                run.see(counted(++flop), System.nanoTime());
            }
            while (book.seal(false));
            final Reading last = counted(2 * flop);
            run.end(new ResultBuilder(facts().build(), last, PEAK).build(), last);
            assertFalse(book.seal(true), "the disk was not full");
            Files.delete(filler);
            SidecarScene.delete(directory);
            bookAnother(BootId.text());
            assertTrue(onlyEpoch().isClosed());

            assertTrue(book.seal(true), book.failure());
            assertTrue(run.isBooked(), run.refusal());
            assertEquals(FlopCount.of(2 * flop), onlyEpoch().counted());
        }
        finally
        {
            assertEquals(0, new ProcessBuilder("umount", state.toString()).start().waitFor());
        }
    }

    private boolean mount() throws IOException, InterruptedException
    {
        return 0 == new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=512k", "flopmeter-test", state.toString())
            .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
    }

    private static void fill(final Path file) throws IOException
    {
        final byte[] page = new byte[4096];
        try (var out = Files.newOutputStream(file))
        {
            for (int i = 0; i < 10_000; i++)
            {
                out.write(page);
            }
            throw new AssertionError("it does not get full");
        }
        catch (final IOException full)
        {
            return;
        }
    }

    /** Too many to be kept: one gap, at the time of the book's own clock. */
    @Test
    void shouldBookWhatItDroppedAsAGapOfItsOwnClock() throws IOException
    {
        final Path directory = meterDirectory(1);
        try (LedgerBook book = book("1", BootId.text()))
        {
            for (int i = 0; i < LedgerBook.UNBOOKED_MAX + 1; i++)
            {
                final LedgerRun run = LedgerRun.of(directory, facts().build());
                run.end(new ResultBuilder(facts().build(), counted(1), PEAK).build(), counted(1));
                book.add(run);
            }
            book.keep();
            List.copyOf(book.runs()).forEach(book::letGo);
            assertTrue(book.seal(false), book.failure());
        }
        final GapBooked gap = onlyEpoch().gaps().get(0);
        assertEquals("1 run ended while nothing could be written, beyond what can be kept", gap.reason());
        assertEquals(nowNs, gap.beginNs());
        assertEquals(nowNs, gap.endNs());
    }
}
