/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.flopmeter.ledger.EpochWriter.KeyWriter;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;

/** Several writers of one ledger, one at a time: each takes in what the others wrote. */
class LedgerTurnsTest
{
    private static final int WRITERS = 3;
    private static final int TURNS = Suite.rounds(60, 2000);
    private static final AccountKey KEY =
        new AccountKey("run", "node", Precision.FP64, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.COUNT);

    /** A process that books one run. */
    private static final class Meter
    {
        private final Session.Clock clock = new Session.Clock();
        private final LedgerWriter writer;
        private final EpochWriter epoch;
        private final KeyWriter key;
        private long flop;

        Meter(final Disk disk, final int number) throws IOException
        {
            this(LedgerWriter.open(disk, new Session.Clock(), Session.SIGNER, "test", 2000),
                new Id(9, number), new Id(1, number), Id.NONE);
        }

        Meter(final LedgerWriter writer, final Id epochId, final Id nonce, final Id resumes)
        {
            this.writer = writer;
            epoch = writer.openEpoch(Session.METER, epochId, nonce, resumes, "boot", "software");
            key = epoch.key(KEY, epoch.source("blas", "cpu", "calls", "shape", "hash"));
        }

        boolean book(final long flopCount)
        {
            flop = flopCount;
            clock.advance(1000);
            key.use(FlopCount.of(flop), 1, clock.monotonicNs() - 1000, clock.monotonicNs());
            return writer.seal();
        }
    }

    private static Verification verified(final SimulatedDisk disk) throws IOException
    {
        final Verification verification = new Verifier(disk).verify(Session.SIGNER.noteKey(), null);
        assertEquals(List.of(), verification.findings());
        return verification;
    }

    @Test
    void shouldTakeTurnsWithoutLosingAnything() throws IOException
    {
        final SplittableRandom random = new SplittableRandom(11);
        final SimulatedDisk disk = new SimulatedDisk();
        final List<Meter> meters = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++)
        {
            meters.add(new Meter(disk, i));
            meters.get(i).writer.pause();
        }
        for (int turn = 0; turn < TURNS; turn++)
        {
            final Meter meter = meters.get(random.nextInt(WRITERS));
            if (!resumed(meter))
            {
                continue;
            }
            disk.forcesToFail = 0 == random.nextInt(5) ? 1 : 0;
            disk.capacity = 0 == random.nextInt(7) ? used(disk) + random.nextInt(300) : Long.MAX_VALUE;
            meter.book(meter.flop + random.nextInt(100));
            if (0 == random.nextInt(4))
            {
                meter.writer.checkpoint();
            }
            meter.writer.pause();
        }
        disk.forcesToFail = 0;
        disk.capacity = Long.MAX_VALUE;
        for (final Meter meter : meters)
        {
            meter.writer.resume(Session.SIGNER);
            assertTrue(meter.book(meter.flop + 1), meter.writer.failure());
            assertTrue(null != meter.writer.checkpoint());
            meter.writer.pause();
        }
        final LedgerState state = verified(disk).state();
        for (int i = 0; i < WRITERS; i++)
        {
            assertEquals(FlopCount.of(meters.get(i).flop), state.epoch(new Id(9, i)).counted());
        }
    }

    /** A full disk may refuse that, too; the meter tries again at its next turn. */
    private static boolean resumed(final Meter meter)
    {
        try
        {
            meter.writer.resume(Session.SIGNER);
            return true;
        }
        catch (final IOException full)
        {
            return false;
        }
    }

    @Test
    void shouldLetGoOfAnEpochThatAnotherWriterTookOver() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Meter first = new Meter(disk, 1);
        assertTrue(first.book(10));
        first.epoch.gap("all", "never written", 1, 2, null);
        first.writer.pause();
        final Meter second = takeOver(disk, first);

        first.writer.resume(Session.SIGNER);
        assertTrue(first.epoch.isFenced());
        assertTrue(first.writer.seal());
        first.writer.pause();
        second.writer.resume(Session.SIGNER);
        assertFalse(second.epoch.isFenced());
        assertTrue(second.book(30));
        assertTrue(null != second.writer.checkpoint());

        final LedgerState.EpochState epoch = verified(disk).state().epoch(new Id(9, 1));
        assertEquals(FlopCount.of(30), epoch.counted());
        assertEquals(List.of(), epoch.gaps());
    }

    /** Canary: a writer that does not look what others wrote is noticed. */
    @Test
    void shouldNoticeAWriterThatDoesNotResume() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Meter first = new Meter(disk, 1);
        assertTrue(first.book(10));
        first.writer.pause();
        takeOver(disk, first);
        first.book(11);

        assertNotEquals(List.of(), new Verifier(disk).verify(null, null).findings());
    }

    private static Meter takeOver(final SimulatedDisk disk, final Meter first) throws IOException
    {
        final LedgerWriter writer = LedgerWriter.open(disk, new Session.Clock(), Session.SIGNER, "test");
        final EpochTrace trace = writer.trace(LedgerWriter.Position.BEGINNING, new Id(9, 1));
        assertEquals(FlopCount.of(first.flop), trace.counted());
        assertTrue(trace.isWhole());
        final Meter second = new Meter(writer, new Id(9, 1), new Id(1, 77), trace.nonce());
        assertTrue(second.book(20));
        writer.pause();
        return second;
    }

    /** An older copy was put back, with its checkpoint: what is gone is said again, under a nonce of its own. */
    @Test
    void shouldSayAgainWhatIsGone() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Meter meter = new Meter(disk, 1);
        assertTrue(meter.book(10));
        meter.writer.pause();
        final SimulatedDisk older = disk.copy();
        meter.writer.resume(Session.SIGNER);
        assertTrue(meter.book(20));
        meter.writer.pause();
        for (final String name : disk.list())
        {
            disk.remove(name);
        }
        older.list().forEach(name -> disk.put(name, older.bytes(name)));

        meter.writer.resume(Session.SIGNER);
        assertTrue(meter.book(25));
        meter.writer.pause();
        disk.list().forEach(disk::remove);
        meter.writer.resume(Session.SIGNER);
        assertTrue(meter.book(30));
        assertTrue(null != meter.writer.checkpoint());

        assertEquals(FlopCount.of(30), verified(disk).state().epoch(new Id(9, 1)).counted());
    }

    @Test
    void shouldFindOpenEpochsAndForgetClosedOnes() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Meter closed = new Meter(disk, 1);
        assertTrue(closed.book(10));
        closed.epoch.close();
        assertTrue(closed.writer.seal());
        final Meter open = new Meter(closed.writer, new Id(9, 2), new Id(1, 2), Id.NONE);
        open.epoch.source(EpochTrace.PEAK, "machine", "123", "PHYSICAL_BOUND", "");
        assertTrue(open.book(20));

        final List<EpochTrace> found = List.copyOf(closed.writer.openEpochs());
        assertEquals(1, found.size());
        assertEquals(new Id(9, 2), found.get(0).opened().epoch());
        assertEquals(FlopCount.of(20), found.get(0).counted());
        assertEquals("123", found.get(0).peak());
        assertTrue(closed.writer.trace(LedgerWriter.Position.BEGINNING, new Id(9, 1)).isClosed());
        assertEquals(null, closed.writer.trace(closed.writer.position(), new Id(9, 1)));
    }

    /** A segment was begun, a place in it noted, and then there was no such segment, or another of that number. */
    @Test
    void shouldFindAnEpochBySomePlaceThatIsGone() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Meter meter = new Meter(disk, 1);
        assertTrue(meter.book(10));
        final LedgerWriter.Position gone =
            new LedgerWriter.Position(meter.writer.position().segment() + 1, BlockLayout.SEGMENT_HEADER_LENGTH);

        assertEquals(null, meter.writer.trace(gone, new Id(9, 1)));
        assertEquals(FlopCount.of(10), meter.writer.lookUp(gone, new Id(9, 1)).counted());
        assertEquals(FlopCount.of(10), meter.writer.lookUp(LedgerWriter.Position.BEGINNING, new Id(9, 1)).counted());
        assertEquals(null, meter.writer.lookUp(gone, new Id(9, 2)));
        assertEquals(null, meter.writer.lookUp(LedgerWriter.Position.BEGINNING, new Id(9, 2)));
    }

    /** A disk that is full for long leaves no row of empty segments. */
    @Test
    void shouldNotLeaveSegmentsBehindWhileTheDiskIsFull() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Meter meter = new Meter(disk, 1);
        assertTrue(meter.book(10));
        disk.capacity = used(disk) + 100;
        for (int i = 0; i < 50; i++)
        {
            assertFalse(meter.book(11 + i));
            meter.writer.pause();
            meter.writer.resume(Session.SIGNER);
        }
        assertTrue(SegmentScan.segments(disk.list()).size() <= 2, disk.list().toString());
        disk.capacity = Long.MAX_VALUE;
        assertTrue(meter.book(100));
        assertEquals(FlopCount.of(100), verified2(disk));
    }

    private static FlopCount verified2(final SimulatedDisk disk) throws IOException
    {
        final Verification verification = new Verifier(disk).verify(null, null);
        assertEquals(List.of(), verification.findings());
        return verification.state().epoch(new Id(9, 1)).counted();
    }

    private static long used(final SimulatedDisk disk)
    {
        return disk.list().stream().mapToLong(name -> disk.bytes(name).length).sum();
    }
}
