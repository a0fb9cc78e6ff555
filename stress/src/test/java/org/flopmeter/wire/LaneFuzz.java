/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.math.BigInteger;

import org.agrona.UnsafeApi;

/** What Jazzer runs: the readers in Java on a forged lane. A bad lane is a violation, a good one is read exactly. */
public final class LaneFuzz
{
    /** With this property the reader has a mistake. */
    static final String PLANTED = "flopmeter.fuzz.planted";

    private static final int SMALL_TURN_LENGTH = 64;
    /** Enough for a full ring in small turns, and an end to one that says without end that there is more. */
    private static final int TURNS_MAX = 2 * LaneForge.RING / SMALL_TURN_LENGTH;
    private static final int RESTART = 0x20;
    private static final int SMALL_TURNS = 0x40;
    private static final int OUT_OF_STEP = 0x80;
    private static final int NEW_SLOT = 32;
    private static final LaneForge FORGE = new LaneForge();
    private static final DrainKernel KERNEL =
        Boolean.getBoolean(PLANTED) ? new Forgetful() : JavaDrainKernel.INSTANCE;

    private LaneFuzz()
    {
    }

    /** Forgets the carries of some slots. */
    private static final class Forgetful implements DrainKernel
    {
        @Override
        public int drain(final long cursorAddress, final long lengthLimit)
        {
            final int code = JavaDrainKernel.INSTANCE.drain(cursorAddress, lengthLimit);
            final long table = UnsafeApi.getLong(cursorAddress + DrainDescriptor.TABLE_ADDRESS_OFFSET);
            final long slotCount = UnsafeApi.getLong(cursorAddress + DrainDescriptor.SLOT_COUNT_OFFSET);
            for (long slot = NEW_SLOT; slot < slotCount; slot++)
            {
                final long word = table + slot * DrainDescriptor.DELTA_LENGTH + DrainDescriptor.DELTA_WORD_OFFSET;
                UnsafeApi.putLong(word, UnsafeApi.getLong(word) & ~DrainDescriptor.CARRY_MASK);
            }
            return code;
        }

        @Override
        public int lengthLimitMax()
        {
            return JavaDrainKernel.LENGTH_LIMIT_MAX;
        }

        @Override
        public String name()
        {
            return "forgetful";
        }
    }

    /** The forged lane as a file whose length may change. */
    private record ForgedLane(int[] lengthAsked) implements MappedLane
    {
        @Override
        public long address()
        {
            return FORGE.memory.address();
        }

        @Override
        public long length()
        {
            return FORGE.lengthTold;
        }

        @Override
        public long fileLength()
        {
            return lengthAsked[0]-- > 0 ? length() : length() - 1;
        }

        @Override
        public void close()
        {
            // The forge keeps it.
        }
    }

    /** The readers of one lane, as a session of the meter has them. */
    private static final class Readers
    {
        final LaneReader ring;
        final FoldReader folds;
        final SlotSums committed = new SlotSums();

        Readers(final MappedLane lane) throws LaneViolation
        {
            ring = new LaneReader(lane, new LaneHeader(lane, LaneForge.NONCE), KERNEL);
            folds = new FoldReader(lane, ring);
        }

        void begin()
        {
            if (FORGE.isNearlyFull)
            {
                committed.ensureCapacity(1);
                ring.slots().restore(new SlotKey("r", null, null, null, null, null, false));
                committed.ring(0, -2, -1, 1);
            }
            ring.restore(committed, FORGE.position, 0, FORGE.sequence);
            folds.restore();
            ring.republishHead();
        }

        /** As a new meter goes on from what the one before committed. */
        void beginAfter(final Readers before)
        {
            final SlotSums sums = before.ring.sums();
            ring.sums().ensureCapacity(before.ring.slots().count());
            committed.ensureCapacity(before.ring.slots().count());
            for (int slot = 0; slot < before.ring.slots().count(); slot++)
            {
                ring.slots().restore(before.ring.slots().key(slot));
                committed.ring(slot, before.committed.ringLow(slot), before.committed.ringHigh(slot),
                    before.committed.ringSamples(slot));
                ring.sums().fold(slot, sums.foldLow(slot), sums.foldHigh(slot), sums.foldSamples(slot));
            }
            ring.boundary().set(before.ring.boundary());
            ring.restore(committed, before.ring.position(), before.ring.openCount(), before.ring.sequenceNext());
            folds.restore();
            ring.republishHead();
        }

        void turn(final int lengthLimit) throws LaneViolation
        {
            if (ring.hasWork())
            {
                ring.drain(lengthLimit);
            }
            if (folds.hasWork())
            {
                folds.scan();
            }
            commit();
            ring.publishHead();
        }

        /** What an account does: the reader's own sums of the ring are what is not committed yet. */
        private void commit()
        {
            final SlotSums sums = ring.sums();
            committed.ensureCapacity(ring.slots().count());
            for (int slot = 0; slot < ring.slots().count(); slot++)
            {
                final long low = committed.ringLow(slot) + sums.ringLow(slot);
                final long carry = Long.compareUnsigned(low, sums.ringLow(slot)) < 0 ? 1 : 0;
                committed.ring(slot, low, committed.ringHigh(slot) + sums.ringHigh(slot) + carry,
                    committed.ringSamples(slot) + sums.ringSamples(slot));
            }
            sums.clean();
        }
    }

    /** Called by Jazzer. */
    public static void fuzzerTestOneInput(final byte[] input)
    {
        FORGE.forge(input);
        checkName(FORGE.name);
        try
        {
            final Readers readers = read(new ForgedLane(new int[]{ FORGE.lengthAsked }));
            if (FORGE.isMended)
            {
                checkSums(readers.ring, readers.committed);
            }
        }
        catch (final LaneViolation violation)
        {
            if (FORGE.isMended)
            {
                throw new AssertionError("a good lane is refused: " + violation.getMessage(), violation);
            }
        }
    }

    private static Readers read(final MappedLane lane) throws LaneViolation
    {
        final int wish = FORGE.readerWish;
        final int lengthLimit = 0 == (wish & SMALL_TURNS) ? LaneReader.CHUNK_LENGTH : SMALL_TURN_LENGTH;
        Readers readers = new Readers(lane);
        readers.begin();
        for (int turn = 0; turn < TURNS_MAX && (0 == turn || readers.ring.hasWork()); turn++)
        {
            readers.turn(lengthLimit);
            if (0 != (wish & RESTART))
            {
                final Readers next = new Readers(lane);
                next.beginAfter(readers);
                readers = next;
            }
            if (0 != (wish & OUT_OF_STEP) && 0 == turn)
            {
                FORGE.step(readers.ring.position());
            }
        }
        readers.folds.scan();
        readers.ring.checkEnd();
        if (readers.ring.samplesClaimed() + readers.folds.samplesClaimed() < 0 && FORGE.isMended)
        {
            throw new AssertionError("claims");
        }
        return readers;
    }

    private static void checkName(final String name)
    {
        if (LaneHeader.isLaneName(name))
        {
            final String again = LaneHeader.nameOf(LaneHeader.nonceOf(name));
            if (!again.equals(name))
            {
                throw new AssertionError(name + " is read as " + again);
            }
        }
        else if (name.matches("[0-9a-f]{16}\\.lane"))
        {
            throw new AssertionError(name + " is refused");
        }
    }

    private static void checkSums(final LaneReader reader, final SlotSums committed)
    {
        final SlotSums sums = reader.sums();
        committed.ensureCapacity(reader.slots().count());
        for (int slot = 0; slot < reader.slots().count(); slot++)
        {
            final BigInteger sum = unsigned(committed.ringHigh(slot), committed.ringLow(slot))
                .add(unsigned(sums.foldHigh(slot), sums.foldLow(slot)));
            if (!sum.equals(FORGE.flopCounts[slot]) ||
                committed.ringSamples(slot) + sums.foldSamples(slot) != FORGE.samples[slot])
            {
                throw new AssertionError("slot " + slot + " has " + sum + ", not " + FORGE.flopCounts[slot]);
            }
        }
        for (int slot = reader.slots().count(); slot < LaneForge.SLOTS_WIDE; slot++)
        {
            if (0 != FORGE.samples[slot])
            {
                throw new AssertionError("slot " + slot + " was not read");
            }
        }
    }

    private static BigInteger unsigned(final long high, final long low)
    {
        return new BigInteger(Long.toUnsignedString(high))
            .shiftLeft(64).add(new BigInteger(Long.toUnsignedString(low)));
    }
}
