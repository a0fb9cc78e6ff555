/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

import org.flopmeter.ledger.Disk;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.EpochWriter.KeyWriter;
import org.flopmeter.ledger.FileDisk;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerState;
import org.flopmeter.ledger.LedgerWriter;
import org.flopmeter.ledger.SmallSegments;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verifier;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;

/** The power goes at every step of a ledger's life, and any subset of the last eight unforced writes survives. */
final class PowerLossTest
{
    private static final int POINTS =
        Integer.getInteger("flopmeter.powerloss.points", Suite.rounds(250, 20_000));
    private static final int UNFORCED_MAX = 8;
    private static final int POINTS_OF_A_SESSION = 60;
    private static final int CHECKPOINT_EVERY = 2;
    private static final int POINTS_OF_A_SIGNING_SESSION = 14;
    /** A signature that is verified costs ten times what the rest of a recovery does. */
    private static final int SIGNING_SESSIONS = 16;
    private static final long SEGMENT_LENGTH_MAX = 2048;
    private static final String LEDGER = "/ledger";
    private static final Id EPOCH = new Id(3, 4);
    private static final NoteSigner SIGNER = Meter.signerOf(new Id(1, 2));

    private final SimulatedClock clock = new SimulatedClock();
    private final List<FlopCount> asked = new ArrayList<>();
    private VolumeFileSystem system = new VolumeFileSystem(new Volume());
    private FlopCount told = FlopCount.ZERO;
    private long covered;
    private int points;
    private int subsets;
    private int unforcedMost;
    private Plant plant = Plant.NONE;

    /** Before each step of the program the power goes, in every way in which it can. */
    private final class Watch implements Faults
    {
        @Override
        public void reached(final Volume.Step step, final String name)
        {
            final Volume volume = system.volume();
            volume.writeBack(UNFORCED_MAX);
            final int unforced = volume.pendingCount();
            if (Volume.Step.READ == step || Volume.Step.LIST == step || 0 == unforced || points >= POINTS)
            {
                return;
            }
            points++;
            unforcedMost = Math.max(unforcedMost, unforced);
            for (int subset = 0; subset < 1 << unforced; subset++)
            {
                final int kept = subset;
                subsets++;
                goOn(volume.afterPowerLoss(operation -> 1 == (kept >> operation & 1)),
                    "point " + points + ", before " + step + " of " + name + ", kept " + Integer.toBinaryString(kept));
            }
        }
    }

    private static KeyWriter keyOf(final EpochWriter epoch)
    {
        return epoch.key(new AccountKey(
            "run", "node", Precision.FP64, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.COUNT), null);
    }

    private void goOn(final Volume found, final String what)
    {
        try
        {
            if (null == found.find(LEDGER))
            {
                assertEquals(FlopCount.ZERO, told, what);
                return;
            }
            final VolumeFileSystem after = new VolumeFileSystem(found);
            final Disk disk = new FileDisk(after.path(LEDGER), false);
            final LedgerWriter writer = SmallSegments.open(disk, clock, SIGNER, SEGMENT_LENGTH_MAX);
            assertTrue(writer.blocks() >= covered, what);
            final EpochWriter next = writer.openEpoch(new Id(1, 2), new Id(9, 9), new Id(8, 8), Id.NONE, "", "");
            keyOf(next).use(FlopCount.of(7), 1, 0, 1);
            assertTrue(writer.seal(), what);
            writer.close();
            final Verification verification = new Verifier(disk).verify(null, null);
            assertEquals(List.of(), verification.findings(), what);
            assertEquals(FlopCount.of(7), verification.state().epoch(new Id(9, 9)).counted(), what);
            final LedgerState.EpochState epoch = verification.state().epoch(EPOCH);
            final FlopCount total = null == epoch ? FlopCount.ZERO : epoch.counted();
            assertTrue(total.compareTo(told) >= 0 && asked.contains(total),
                () -> what + ": durable " + told + ", found " + total);
        }
        catch (final IOException | LedgerException ex)
        {
            throw new AssertionError(what, ex);
        }
    }

    private void sessions() throws IOException
    {
        for (int sessions = 1; points < POINTS; sessions++)
        {
            system = new VolumeFileSystem(new Volume());
            asked.clear();
            asked.add(FlopCount.ZERO);
            told = FlopCount.ZERO;
            covered = 0;
            final boolean isSigning = 1 == sessions % SIGNING_SESSIONS;
            session(Math.min(POINTS, points + (isSigning ? POINTS_OF_A_SIGNING_SESSION : POINTS_OF_A_SESSION)),
                isSigning);
        }
    }

    /** A ledger's beginning, until there were enough points. */
    private void session(final int pointsWanted, final boolean isSigning) throws IOException
    {
        system.volume().faults(new Watch());
        Files.createDirectory(system.path(LEDGER));
        new FileDisk(system.path("/"), false).forceDirectory();
        final LedgerWriter writer = SmallSegments.open(
            plant.over(new FileDisk(system.path(LEDGER), false)), clock, SIGNER, SEGMENT_LENGTH_MAX);
        final EpochWriter epoch = writer.openEpoch(new Id(1, 2), EPOCH, new Id(5, 6), Id.NONE, "", "");
        final KeyWriter key = keyOf(epoch);
        for (long round = 1; points < pointsWanted; round++)
        {
            clock.advance(SimulatedClock.SECOND_NS);
            final FlopCount sum = FlopCount.of(round, round * 7);
            key.use(sum, round, clock.monotonicNs() - 1, clock.monotonicNs());
            epoch.bound(FlopInterval.of(sum, sum, sum), 0, clock.monotonicNs());
            asked.add(sum);
            assertTrue(writer.seal());
            told = sum;
            if (isSigning && 0 == round % CHECKPOINT_EVERY && null != writer.checkpoint())
            {
                covered = writer.blocks();
            }
        }
        writer.close();
    }

    @Test
    void shouldKeepWhatIsDurableUnderEverySubsetOfUnforcedWrites() throws IOException
    {
        sessions();

        System.out.println("loss of power: " + points + " points, " + subsets + " subsets, at most " + unforcedMost +
            " unforced writes at once; " +
            ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1_000_000 + " ms of CPU");
        assertEquals(POINTS, points);
        assertEquals(UNFORCED_MAX, unforcedMost);
        assertTrue(subsets > 20 * POINTS, "only " + subsets);
    }

    /** Canary. */
    @Test
    void shouldNoticeAWriterThatForcesNothing()
    {
        plant = Plant.NEVER_FORCED;

        assertThrows(AssertionError.class, this::sessions);
    }

    /** The model itself: a write that was forced is there, one that was not may be. */
    @Test
    void shouldModelWhatAForceDoes() throws IOException
    {
        final Volume volume = system.volume();
        volume.putDirectory(LEDGER);
        final Volume.Node node = volume.make("/ledger/a", new Volume.Node(false, false, null, 0600));
        volume.write(node, "/ledger/a", 0, ByteBuffer.wrap(new byte[] { 1, 2 }));
        volume.force(node, "/ledger/a");
        assertEquals(List.of(), volume.afterPowerLoss(operation -> false).files(LEDGER));
        volume.forceDirectory(LEDGER);
        volume.write(node, "/ledger/a", 1, ByteBuffer.wrap(new byte[] { 3 }));
        assertEquals(2, volume.afterPowerLoss(operation -> false).find("/ledger/a").bytes[1]);
        assertEquals(3, volume.afterPowerLoss(operation -> true).find("/ledger/a").bytes[1]);
    }
}
