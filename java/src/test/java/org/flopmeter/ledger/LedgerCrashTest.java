/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.flopmeter.sign.Note;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;

/**
 * Whatever stops a writer, what it was told to be durable is there, nothing is there twice, and the next writer starts.
 */
class LedgerCrashTest
{
    private static final int INTERVALS = 5;
    private static final int SUBSETS_MAX = Suite.rounds(256, 256);

    /** What a session was told. */
    private static final class Told
    {
        private final List<FlopCount> asked = new ArrayList<>(List.of(FlopCount.ZERO));
        private FlopCount durable = FlopCount.ZERO;
        private long covered;
    }

    /** Some intervals and checkpoints, until the disk stops the program. */
    private static Told run(final SimulatedDisk disk, final Id epoch)
    {
        final Told told = new Told();
        try
        {
            final Session session = Session.begin(disk, epoch, 2);
            for (int i = 0; i < INTERVALS; i++)
            {
                session.grow();
                told.asked.add(session.sum());
                if (session.writer().seal())
                {
                    told.durable = session.sum();
                }
                if (1 == i % 2 && null != session.writer().checkpoint())
                {
                    told.covered = session.writer().blocks();
                }
            }
            session.writer().close();
        }
        catch (final SimulatedDisk.Crash crash)
        {
            return told;
        }
        catch (final IOException ex)
        {
            throw new AssertionError(ex);
        }
        return told;
    }

    /** The next writer starts, goes on, and the whole is without a finding; nothing that was durable is gone. */
    private static void goOn(final SimulatedDisk disk, final Told told, final String what)
    {
        try
        {
            final Session next = Session.begin(disk, new Id(7, 7), 1);
            assertTrue(next.writer().blocks() >= told.covered, what);
            assertTrue(next.interval(), what);
            assertNotNull(next.writer().checkpoint(), what);
            next.writer().close();
            final Verification verification = new Verifier(disk).verify(Session.SIGNER.noteKey(), null);
            assertEquals(List.of(), verification.findings(), what);
            final LedgerState.EpochState epoch = verification.state().epoch(Session.EPOCH);
            final FlopCount found = null == epoch ? FlopCount.ZERO : epoch.counted();
            assertTrue(found.compareTo(told.durable) >= 0,
                () -> what + ": durable " + told.durable + ", found " + found);
            assertTrue(told.asked.contains(found), () -> what + ": nobody asked for " + found);
            assertEquals(next.sum(), verification.state().epoch(new Id(7, 7)).counted(), what);
        }
        catch (final IOException | LedgerException ex)
        {
            throw new AssertionError(what, ex);
        }
    }

    private static int operations()
    {
        final SimulatedDisk disk = new SimulatedDisk();
        run(disk, Session.EPOCH);
        return disk.operations;
    }

    @Test
    void shouldLoseNothingWhenKilledAtAnyWriteAndAnyTornLength()
    {
        int kills = 0;
        final int operations = operations();
        for (int at = 0; at < operations; at++)
        {
            final int step = Suite.stride(223, 1);
            for (int torn = 0; torn < 1800; torn += step)
            {
                final SimulatedDisk disk = new SimulatedDisk();
                disk.operationsUntilCrash = at;
                disk.tornBytes = torn;
                final Told told = run(disk, Session.EPOCH);
                kills++;
                goOn(disk.copy(), told, "killed at operation " + at + " with " + torn + " bytes");
            }
        }
        assertTrue(kills >= Suite.rounds(150, 150), "only " + kills);
    }

    /** Every subset of what was written and not forced, while there is little of it, else some of them. */
    @Test
    void shouldSurviveLossOfPowerAtAnyPoint()
    {
        final SplittableRandom random = new SplittableRandom(7);
        int subsets = 0;
        final int operations = operations();
        for (int at = 0; at <= operations; at++)
        {
            final SimulatedDisk disk = new SimulatedDisk();
            disk.operationsUntilCrash = at;
            disk.tornBytes = random.nextInt(1800);
            final Told told = run(disk, Session.EPOCH);
            final int bits = disk.unsyncedCount();
            final boolean isEvery = bits < Integer.SIZE - 1 && 1 << bits <= SUBSETS_MAX;
            final int count = isEvery ? 1 << bits : Suite.rounds(16, 4096);
            for (int i = 0; i < count; i++)
            {
                final long kept = isEvery ? i : random.nextLong();
                subsets++;
                goOn(disk.afterPowerLoss(bit -> 1 == (kept >> bit & 1)), told,
                    "power lost at operation " + at + ", kept " + Long.toBinaryString(kept));
            }
        }
        assertTrue(subsets >= Suite.rounds(100, 100), "only " + subsets);
    }

    @Test
    void shouldCountOnInMemoryWhileTheDiskIsFullAndRecoverByItself() throws IOException
    {
        for (int room = 0; room < 3000; room += Suite.stride(101, 1))
        {
            final SimulatedDisk disk = new SimulatedDisk();
            final Session session = Session.begin(disk, 2);
            assertTrue(session.interval());
            disk.capacity = used(disk) + room;
            boolean isRefused = false;
            for (int i = 0; i < 12; i++)
            {
                final boolean isDurable = session.interval();
                isRefused |= !isDurable;
                assertEquals(isDurable, null == session.writer().failure());
            }
            assertTrue(isRefused, "room for " + room);
            disk.capacity = Long.MAX_VALUE;
            assertTrue(session.interval());
            assertNull(session.writer().failure());
            session.writer().close();
            final Verification verification = new Verifier(disk).verify(null, null);
            assertEquals(List.of(), verification.findings(), "room for " + room);
            assertEquals(session.sum(), Session.total(verification));
        }
    }

    /** After a force that failed the page cache shows what the disk has not: it must not be built upon. */
    @Test
    void shouldTrustNothingThatWasWrittenBeforeAFailedForce() throws IOException
    {
        for (int failures = 1; failures <= 4; failures++)
        {
            final SimulatedDisk disk = new SimulatedDisk();
            final Session session = Session.begin(disk, 2);
            assertTrue(session.interval());
            disk.forcesToFail = failures;
            final String what = failures + " failures";
            assertFalse(session.interval(), what);
            while (disk.forcesToFail > 0)
            {
                session.interval();
            }
            assertTrue(session.interval(), what);
            session.writer().close();
            final SimulatedDisk next = disk.afterPowerLoss(ignored -> false);
            final Verification verification = new Verifier(next).verify(null, null);
            assertEquals(List.of(), verification.findings(), what);
            assertEquals(session.sum(), Session.total(verification), what);
        }
    }

    /** Canary: were the disk's promise broken, these tests would see it. */
    @Test
    void shouldFailWithADiskThatOnlyPretendsToForce()
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Told told = run(disk, Session.EPOCH);
        final SimulatedDisk lying = disk.copy();
        final byte[] bytes = lying.bytes(SegmentScan.segmentName(1));
        lying.put(SegmentScan.segmentName(1), Arrays.copyOf(bytes, bytes.length - 1));

        assertThrows(AssertionError.class, () -> goOn(lying, told, "lying"));
    }

    @Test
    void shouldRefuseToSignASecondHistory() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Session session = Session.begin(disk, 2);
        assertTrue(session.interval());
        final SimulatedDisk older = disk.copy();
        assertTrue(session.interval());
        final String note = session.writer().checkpoint();
        older.put("checkpoint", note.getBytes(StandardCharsets.UTF_8));

        assertThrows(LedgerException.class, () -> Session.begin(older, new Id(9, 9), 1));
    }

    @Test
    void shouldMakeTheTreeAgainAndGoOnBehindDamage() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(3, 6);
        disk.remove("tree");
        final Session again = Session.begin(disk, new Id(9, 9), 1);
        assertEquals(1, again.writer().repairs().size());
        assertTrue(again.interval());
        again.writer().close();
        assertTrue(new Verifier(disk).verify(null, null).isOk());

        final byte[] bytes = disk.bytes(SegmentScan.segmentName(1));
        bytes[600] ^= 4;
        disk.put(SegmentScan.segmentName(1), bytes);
        final Session behind = Session.begin(disk, new Id(9, 10), 1);
        assertTrue(behind.interval());
        behind.writer().close();
        final Verification verification = new Verifier(disk).verify(null, null);
        assertEquals("damaged", verification.findings().get(0).kind());
        assertEquals(behind.sum(), verification.state().epoch(new Id(9, 10)).counted());
    }

    @Test
    void shouldFenceTheWriterThatWasSuperseded() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Session.Clock clock = new Session.Clock();
        final LedgerWriter writer = LedgerWriter.open(disk, clock, Session.SIGNER, "test");
        writer.openEpoch(Session.METER, Session.EPOCH, new Id(0, 1), Id.NONE, "", "");
        writer.openEpoch(Session.METER, Session.EPOCH, new Id(0, 2), new Id(0, 1), "", "");
        writer.openEpoch(Session.METER, Session.EPOCH, new Id(0, 3), new Id(0, 1), "", "");
        assertTrue(writer.seal());
        writer.close();

        final List<Verification.Finding> findings = new Verifier(disk).verify(null, null).findings();

        assertEquals(1, findings.size());
        assertEquals("rule", findings.get(0).kind());
    }

    /** A checkpoint of what is there, with more lines than an entry holds. */
    private static byte[] longNote(final Disk disk) throws IOException
    {
        final Verification there = new Verifier(disk).verify(null, null);
        final String text = new Checkpoint(
            Checkpoint.originOf(there.state().genesis().ledger()), there.blocks(), there.root()).text() +
            ("x".repeat(1023) + '\n').repeat(16);
        return new Note(text, List.of(Session.SIGNER.sign(text))).encoded();
    }

    /** It is genuine, and no entry holds it: nothing could be sealed any more. */
    @Test
    void shouldGoOnBesideASignedCheckpointThatNoEntryHolds() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(2, 3);
        disk.put(Verifier.CHECKPOINT, longNote(disk));

        final Session again = Session.begin(disk, new Id(9, 9), 1);

        assertEquals(1, again.writer().repairs().size());
        assertTrue(again.writer().repairs().get(0).startsWith("checkpoint: a note of "));
        assertTrue(again.interval());
        assertNotNull(again.writer().checkpoint());
        assertTrue(again.interval());
        again.writer().close();
        assertTrue(new Verifier(disk).verify(null, null).isOk());
    }

    /** But what it covers must be there all the same. */
    @Test
    void shouldNotForgetALongCheckpointThatDoesNotFit() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Session session = Session.begin(disk, 2);
        assertTrue(session.interval());
        final SimulatedDisk older = disk.copy();
        assertTrue(session.interval());
        older.put(Verifier.CHECKPOINT, longNote(disk));

        assertThrows(LedgerException.class, () -> Session.begin(older, new Id(9, 9), 1));
    }

    private static long used(final SimulatedDisk disk)
    {
        return disk.list().stream().mapToLong(name -> disk.bytes(name).length).sum();
    }
}
