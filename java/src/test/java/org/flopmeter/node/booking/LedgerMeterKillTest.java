/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerState.EpochState;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verified;
import org.flopmeter.node.Main;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.meter.KillScene;
import org.flopmeter.node.sidecar.SidecarScene;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * SIGKILL of a run's own meter at any instant, as without a sidecar, while it books every 10 ms: right afterwards the
 * ledger verifies, and its total has not fallen. The last meter books the run exactly; where none follows, it is closed
 * with a gap.
 */
final class LedgerMeterKillTest
{
    private static final long SEED = Long.getLong("flopmeter.kill.seed", 20_261_128);
    private static final int KILLS = Suite.rounds(4, 150);
    private static final int RING_CAPACITY = 16 << 10;

    private Path state;

    @BeforeAll
    static void needsWorker()
    {
        assumeTrue(Files.isExecutable(MeteredRun.WORKER), "SKIPPED: no " + MeteredRun.WORKER + ", build the C tests");
    }

    @BeforeEach
    void setUp() throws IOException
    {
        state = Files.createTempDirectory("flopmeter-kill-state-");
    }

    @AfterEach
    void tearDown() throws IOException
    {
        SidecarScene.delete(state);
    }

    private Verification ledger() throws IOException
    {
        return Verified.of(state);
    }

    private static FlopCount counted(final Verification ledger)
    {
        return ledger.state().epochs().stream().map(EpochState::counted).reduce(FlopCount.ZERO, FlopCount::add);
    }

    /** Right after a kill; before the first meter came that far there is no ledger yet. */
    private FlopCount assertSound(final FlopCount before, final String when) throws IOException
    {
        if (!Files.exists(state.resolve(LedgerHome.DIRECTORY).resolve("00000001.ledger")))
        {
            assertEquals(FlopCount.ZERO, before, when);
            return FlopCount.ZERO;
        }
        final Verification ledger = ledger();
        assertEquals(List.of(), ledger.findings(), when);
        final FlopCount now = counted(ledger);
        assertTrue(now.compareTo(before) >= 0, () -> when + ": it fell from " + before + " to " + now);
        return now;
    }

    private FlopCount kill(final KillScene scene) throws Exception
    {
        FlopCount booked = FlopCount.ZERO;
        for (int i = 0; i < KILLS; i++)
        {
            final FlopCount before = booked;
            if (0 == i % 2)
            {
                scene.killOne();
            }
            else
            {
                scene.killWhen(() -> assertSound(before, "while it books").compareTo(before) > 0);
            }
            booked = assertSound(booked, "seed " + SEED + ", kill " + i);
        }
        return booked;
    }

    @Test
    void shouldBookTheRunOnceWhereverItsMeterWasKilled() throws Exception
    {
        try (KillScene scene = new KillScene(Main.class.getName(), SEED))
        {
            scene.bookIn(state);
            scene.startWorker(RING_CAPACITY);
            final FlopCount booked = kill(scene);
            final KillScene.Outcome outcome = scene.finish(1);
            outcome.assertExact("seed " + SEED);
            final FlopCount last = assertSound(booked, "at the end");
            assertEquals(outcome.result.at("/flop/lower").asString(), last.toString());
            final EpochState epoch = onlyEpoch();
            assertTrue(epoch.isClosed());
            assertTrue(epoch.gaps().stream().noneMatch(
                gap -> gap.reason().startsWith(LedgerOpenEpochs.REASON)), () -> epoch.gaps().toString());
            System.out.println("embedded meter killed " + KILLS + " times and once at the end, " + ledger().blocks() +
                " blocks; booked before the end " + booked + " of " + last);
            assertDamageIsSeen();
        }
    }

    private EpochState onlyEpoch() throws IOException
    {
        final Verification ledger = ledger();
        assertEquals(1, ledger.state().epochs().size());
        return ledger.state().epochs().iterator().next();
    }

    /** Canary of this verification. */
    private void assertDamageIsSeen() throws IOException
    {
        try (FileChannel segment = FileChannel.open(
            state.resolve(LedgerHome.DIRECTORY).resolve("00000001.ledger"), StandardOpenOption.WRITE))
        {
            segment.write(java.nio.ByteBuffer.wrap(new byte[] { 0x55 }), segment.size() / 2);
        }
        assertNotEquals(List.of(), ledger().findings());
    }

    /** The supervisor is gone as well, and so is the directory: the next writer closes the run with a gap. */
    @Test
    void shouldCloseARunThatNobodyGoesOnWithWithAGap() throws Exception
    {
        final FlopCount booked;
        try (KillScene scene = new KillScene(Main.class.getName(), SEED + 1))
        {
            scene.bookIn(state);
            scene.startWorker(RING_CAPACITY);
            scene.killWhen(() -> !assertSound(FlopCount.ZERO, "while it books").isZero());
            booked = assertSound(FlopCount.ZERO, "right after the kill");
            assertFalse(onlyEpoch().isClosed());
            nextRun();
            assertFalse(onlyEpoch().isClosed(), "somebody may go on with it");
        }
        nextRun();

        final EpochState epoch = onlyEpoch();
        assertTrue(epoch.isClosed());
        assertEquals(booked, epoch.flop().lower());
        assertEquals(1, epoch.gaps().size());
        assertEquals(LedgerOpenEpochs.REASON, epoch.gaps().get(0).reason());
        assertTrue(epoch.gaps().get(0).endNs() > epoch.gaps().get(0).beginNs());
        assertEquals(List.of(), ledger().findings());
        try (Stream<Path> files = Files.list(state.resolve(LedgerHome.DIRECTORY)))
        {
            assertFalse(files.anyMatch(file -> file.getFileName().toString().startsWith("ledger.lost")));
        }
    }

    private void nextRun() throws IOException
    {
        try (LedgerBook book = new LedgerBook(state))
        {
            assertTrue(book.seal(true), book.failure());
        }
    }
}
