/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import org.flopmeter.ledger.FileDisk;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerState.EpochState;
import org.flopmeter.ledger.Presence;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verifier;
import org.flopmeter.node.sidecar.SteppedSidecar;
import org.flopmeter.unit.FlopCount;
import org.junit.jupiter.api.Test;

/**
 * A disk does not tell whether something is there, once, at each place where anybody asks: it is there all the same, so
 * no run is booked twice, none is left out, and no ledger is begun beside the one that there is.
 */
final class RefusedLookTest
{
    private static final String PLACE = Volume.MEMORY + "/flopmeter";
    private static final String STATE = "/state";
    private static final String LEDGER = STATE + "/ledger";
    private static final int SAMPLES = 20;
    private static final int CYCLES = 3;
    private static final int CYCLES_UNTIL_BOOKED_MAX = 200;
    /** Of each kind of question there are some. */
    private static final int LOOKS_MIN = 50;

    /** Refuses one look, or denies that anything is there. */
    private static final class Refusal implements Faults
    {
        private final int refused;
        private final boolean isDenying;
        private int looks;
        private String name;

        Refusal(final int refused, final boolean isDenying)
        {
            this.refused = refused;
            this.isDenying = isDenying;
        }

        @Override
        public void looked(final String asked) throws IOException
        {
            if (looks++ == refused)
            {
                name = asked;
                throw isDenying ? new NoSuchFileException(asked) : new IOException("Input/output error");
            }
        }

        @Override
        public String toString()
        {
            return "look " + refused + ", at " + name;
        }
    }

    /** A host with one run, whose sidecar is killed in between. */
    private static final class Life
    {
        private final SimulatedClock clock = new SimulatedClock();
        private final VolumeFileSystem system = new VolumeFileSystem(new Volume());
        private final SimulatedLanes lanes = new SimulatedLanes(system, clock);
        private final List<ByteBuffer> memory = new ArrayList<>();
        private final Refusal refusal;
        private SteppedSidecar sidecar;

        Life(final int refused, final boolean isDenying)
        {
            refusal = new Refusal(refused, isDenying);
            system.volume().putDirectory(STATE);
            system.volume().putDirectory(PLACE);
            system.volume().faults(refusal);
        }

        private void serve(final int cycles)
        {
            for (int i = 0; i < cycles; i++)
            {
                clock.advance(SimulatedClock.SECOND_NS);
                start();
                if (null != sidecar)
                {
                    sidecar.cycle();
                    sidecar.turn();
                    clock.advance(SimulatedClock.SECOND_NS / 5);
                    sidecar.cycle();
                    sidecar.turn();
                }
            }
        }

        private void start()
        {
            try
            {
                sidecar = null != sidecar ? sidecar : new SteppedSidecar(
                    system.path(PLACE), VolumeProvider.ownUid(), lanes, clock, "boot", "unbounded",
                    Life::ignore);
            }
            catch (final IOException refused)
            {
                // It is started again.
                sidecar = null;
            }
        }

        private static void ignore(final String line)
        {
            // What people would read.
        }

        private boolean isBooked(final ServedRunner run)
        {
            final EpochState epoch = onlyEpoch(false);
            return null != epoch && epoch.isClosed() && epoch.counted().equals(FlopCount.of(run.truth()));
        }

        /** Null when there is none yet. */
        private EpochState onlyEpoch(final boolean isLast)
        {
            if (null == system.volume().find(LEDGER))
            {
                return null;
            }
            system.volume().faults(Faults.NONE);
            try
            {
                final Verification found =
                    new Verifier(new FileDisk(system.path(LEDGER), true)).verify(null, null);
                assertEquals(List.of(), isLast ? found.findings() : List.of(), refusal::toString);
                assertTrue(found.state().epochs().size() <= 1, () -> refusal + ": " + found.state().epochs().size());
                return found.state().epochs().isEmpty() ? null : found.state().epochs().iterator().next();
            }
            catch (final IOException ex)
            {
                throw new AssertionError(refusal.toString(), ex);
            }
            catch (final LedgerException notYet)
            {
                assertFalse(isLast, () -> refusal + ": " + notYet.getMessage());
                return null;
            }
            finally
            {
                system.volume().faults(refusal);
            }
        }

        /** How many looks there were. */
        int live()
        {
            final SplittableRandom random = new SplittableRandom(7);
            final ServedRunner run = new ServedRunner(system, clock, lanes, PLACE, STATE, 1, 0);
            memory.add(run.beginLane(SimulatedLanes.take()));
            try
            {
                run.count(random, SAMPLES);
                serve(CYCLES);
                run.count(random, SAMPLES);
                serve(CYCLES);
                system.volume().kill();
                sidecar = null;
                run.count(random, SAMPLES);
                serve(CYCLES);
                run.end();
                boolean isTaken = false;
                for (int i = 0; i < CYCLES_UNTIL_BOOKED_MAX && !(isTaken && isBooked(run)); i++)
                {
                    serve(1);
                    isTaken = isTaken || run.takeResult(refusal::toString);
                }
                assertTrue(isTaken, () -> refusal + ": no result");
                final EpochState epoch = onlyEpoch(true);
                assertNotNull(epoch, () -> refusal + ": not booked");
                assertTrue(epoch.isClosed(), refusal::toString);
                assertEquals(FlopCount.of(run.truth()), epoch.counted(), refusal::toString);
                assertEquals(null, system.volume().find(LEDGER + ".lost-1"), refusal::toString);
            }
            finally
            {
                memory.forEach(SimulatedLanes::give);
            }
            return refusal.looks;
        }
    }

    @Test
    void shouldBookARunOnceWhateverLookIsRefused()
    {
        final int looks = new Life(-1, false).live();
        assertTrue(looks > LOOKS_MIN, "looks: " + looks);
        for (int i = 0; i < looks; i++)
        {
            new Life(i, false).live();
        }
    }

    /** The canary: where a refusal was taken for "not there", some runs would be booked twice or as something else. */
    @Test
    void shouldSeeWhatComesOfARefusalThatIsTakenForNothing()
    {
        final int looks = new Life(-1, true).live();
        boolean isSeen = false;
        for (int i = 0; i < looks && !isSeen; i++)
        {
            isSeen = isBroken(new Life(i, true));
        }
        assertTrue(isSeen, "in none of " + looks);
    }

    private static boolean isBroken(final Life life)
    {
        try
        {
            life.live();
            return false;
        }
        catch (final AssertionError found)
        {
            return true;
        }
    }

    /** What {@link java.nio.file.Files#exists} can't say. */
    @Test
    void shouldTellNothingFromAnAnswerThatIsRefused() throws IOException
    {
        final VolumeFileSystem system = new VolumeFileSystem(new Volume());
        system.volume().putDirectory(STATE);
        system.volume().putMemory(STATE + "/file", new byte[3]);
        final Path directory = system.path(STATE);
        final Path file = directory.resolve("file");
        assertTrue(Presence.isThere(file) && Presence.of(file).isRegularFile());
        assertFalse(Presence.isThere(directory.resolve("none")));
        assertFalse(Presence.isNoDirectory(directory));
        assertTrue(Presence.isNoDirectory(file) && Presence.isNoDirectory(directory.resolve("none")));
        assertEquals(List.of("file"), new FileDisk(directory, true).list());

        system.volume().faults(new Refusal(0, false));
        assertThrows(IOException.class, () -> Presence.isThere(file));
        system.volume().faults(new Refusal(0, false));
        assertFalse(Presence.isNoDirectory(directory));
        system.volume().faults(new Refusal(0, false));
        assertThrows(IOException.class, () -> new FileDisk(directory, true).list(), "a segment would be missing");
    }
}
