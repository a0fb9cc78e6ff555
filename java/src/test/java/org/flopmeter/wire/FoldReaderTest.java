/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.function.Consumer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Journals: each store of a fold is one after which a meter looks, or the producer is dead. */
final class FoldReaderTest
{
    private static final long SEED = Long.getLong("flopmeter.seed", 20_261_128);
    private static final int SLOTS = 5;
    private static final int RING = 4096;

    @TempDir
    private Path directory;

    /** A reader that was there from the beginning, one that comes now: both know all that was released. */
    private final class Look
    {
        private final LaneFixture lane;
        private final FoldReader known;
        private final MappedLane memory;
        private long looks;

        Look(final LaneFixture lane) throws IOException, LaneViolation
        {
            this.lane = lane;
            memory = new ChannelLaneMapper().map(directory, lane.file.getFileName().toString(), 0);
            known = new FoldReader(memory, new LaneReader(memory, new LaneHeader(memory, lane.nonce)));
        }

        void look()
        {
            try
            {
                final FoldReader fresh =
                    new FoldReader(memory, new LaneReader(memory, new LaneHeader(memory, lane.nonce)));
                fresh.scan();
                check(fresh);
                if (0 == looks++ % 3)
                {
                    known.scan();
                    check(known);
                    assertFalse(known.hasWork());
                }
            }
            catch (final LaneViolation ex)
            {
                throw new AssertionError("seed=" + SEED + " look=" + looks, ex);
            }
        }

        private void check(final FoldReader reader)
        {
            assertEquals(lane.folded, reader.total().samples(), "seed=" + SEED + " look=" + looks);
            assertEquals(lane.total(), sumOf(reader.total()), "seed=" + SEED + " look=" + looks);
        }

        void close()
        {
            memory.close();
        }
    }

    private static BigInteger sumOf(final RunningSum sum)
    {
        return new BigInteger(Long.toUnsignedString(sum.high())).shiftLeft(64)
            .add(new BigInteger(Long.toUnsignedString(sum.low())));
    }

    private LaneFixture lane(final int number) throws IOException
    {
        return lane(number, 2 * LaneFixture.SLOTS);
    }

    private LaneFixture lane(final int number, final int journalCapacity) throws IOException
    {
        final LaneFixture lane = LaneFixture.deadWithJournal(directory, number, RING, journalCapacity);
        for (int slot = 0; slot < SLOTS; slot++)
        {
            lane.slot("r" + slot);
        }
        return lane;
    }

    private static void addSome(final LaneFixture lane, final SplittableRandom random, final int count)
    {
        for (int i = count; i > 0; i--)
        {
            final int bits = random.nextInt(100);
            lane.journal.add(random.nextInt(SLOTS), new BigInteger(bits, new java.util.Random(random.nextLong())));
        }
    }

    @Test
    void shouldBeExactAfterEachStoreOfAProducer() throws Exception
    {
        final LaneFixture lane = lane(1);
        final Look look = new Look(lane);
        lane.journal.afterEachStore(look::look);

        addSome(lane, new SplittableRandom(SEED), 700);
        lane.journal.fold();

        assertEquals(0, lane.journal.count());
        assertTrue(look.looks > 2500, "few stores: " + look.looks);
        look.close();
    }

    @ParameterizedTest
    @ValueSource(ints = { 2, 16, 64 })
    void shouldTakeTheShorterJournalsOfOlderLibraries(final int journalCapacity) throws Exception
    {
        final LaneFixture lane = lane(2, journalCapacity);
        final Look look = new Look(lane);
        lane.journal.afterEachStore(look::look);

        addSome(lane, new SplittableRandom(SEED), 200);

        assertTrue(look.looks > 500, "few stores: " + look.looks);
        look.close();
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, -2, 3, 96, 4 * LaneFixture.SLOTS, Integer.MIN_VALUE })
    void shouldRefuseAJournalThatNoLibraryMakes(final int journalCapacity) throws Exception
    {
        final LaneFixture lane = lane(3);
        lane.bytes.putInt(LaneDescriptor.JOURNAL_CAPACITY_OFFSET, journalCapacity);

        final LaneViolation violation = assertThrows(LaneViolation.class, () -> new Look(lane));

        assertTrue(violation.getMessage().contains("journalCapacity=" + journalCapacity), violation.getMessage());
        assertEquals(LaneDescriptor.JOURNAL_CAPACITY_OFFSET, violation.offset());
    }

    @Test
    void shouldBeExactAtTheEndOfAProducerThatIsKilledAtAnyStoreOfAFold() throws Exception
    {
        boolean isComplete = false;
        int kill = 0;
        for (; !isComplete; kill++)
        {
            final LaneFixture lane = lane(100 + kill);
            final SplittableRandom random = new SplittableRandom(SEED + kill);
            addSome(lane, random, 50 + kill);
            lane.journal.killAfter(kill);
            try
            {
                lane.journal.fold();
                isComplete = true;
            }
            catch (final JournalFixture.Killed ex)
            {
                // As it should be.
            }
            final Look look = new Look(lane);
            look.look();
            look.close();
        }
        assertEquals(4 * SLOTS + 4 + 2 + 1, kill, "stores of a fold");
    }

    /** Of lanes with a full cell table, a journal that is half folded, and one thing that is wrong. */
    @ParameterizedTest
    @ValueSource(strings = { "count beyond", "count negative", "epoch 0", "epoch ahead", "epoch behind", "slot",
        "half of a wide one", "tally ahead", "tally behind", "cell without version", "cell ahead", "sum too large" })
    void shouldFindWhatAJournalCanNotBe(final String what) throws Exception
    {
        final LaneFixture lane = lane(2);
        addSome(lane, new SplittableRandom(SEED), 40);
        lane.journal.fold();
        addSome(lane, new SplittableRandom(SEED + 1), 40);
        final Look look = new Look(lane);
        look.look();

        final int at = lane.journal.offset();
        final Consumer<LaneFixture> spoil = switch (what)
        {
            case "count beyond" -> (spoilt) -> spoilt.bytes.putInt(at + 56, 129);
            case "count negative" -> (spoilt) -> spoilt.bytes.putInt(at + 56, -1);
            case "epoch 0" -> (spoilt) -> spoilt.bytes.putLong(at, 0);
            case "epoch ahead" -> (spoilt) -> spoilt.bytes.putLong(at, 7);
            case "epoch behind" -> (spoilt) -> spoilt.bytes.putLong(at, 1);
            case "slot" -> (spoilt) -> addOf(spoilt, SLOTS);
            case "half of a wide one" -> (spoilt) -> addOf(spoilt, 1 << 31);
            case "tally ahead" -> (spoilt) -> spoilt.bytes.putLong(256, 2).putInt(at + 56, 1);
            case "tally behind" -> (spoilt) -> spoilt.bytes.putLong(256, 0).putInt(at + 56, 1);
            case "cell without version" -> (spoilt) -> spoilt.bytes.putLong(lane.foldTable, 0).putInt(at + 56, 1);
            case "cell ahead" -> (spoilt) -> spoilt.bytes.putLong(lane.foldTable, 2 * 2 + 1).putInt(at + 56, 1);
            default -> (spoilt) ->
            {
                final int first = at + 64 + 16 * lane.journal.count();
                spoilt.bytes.putInt(first, 1 << 31).putLong(first + 24, -1L);
                spoilt.bytes.putInt(at + 56, lane.journal.count() + 2);
            };
        };
        spoil.accept(lane);

        final FoldReader fresh =
            new FoldReader(look.memory, new LaneReader(look.memory, new LaneHeader(look.memory, lane.nonce)));
        assertTrue(look.known.hasWork());
        assertThrows(LaneViolation.class, look.known::scan);
        if (!"epoch behind".equals(what))
        {
            // A stranger takes what is in the journal for folded: it has no witness until the tally has it.
            assertThrows(LaneViolation.class, fresh::scan);
        }
        look.close();
    }

    private static void addOf(final LaneFixture lane, final int slot)
    {
        final int at = lane.journal.offset();
        lane.bytes.putInt(at + 64 + 16 * lane.journal.count(), slot);
        lane.bytes.putInt(at + 56, lane.journal.count() + 1);
    }

    @Test
    void shouldRefuseHeadersThatSayAnotherJournal() throws Exception
    {
        final LaneFixture lane = lane(3);
        final MappedLane memory = new ChannelLaneMapper().map(directory, lane.file.getFileName().toString(), 0);
        new LaneHeader(memory, lane.nonce);
        for (final int offset : new int[]{ 96, 104 })
        {
            lane.bytes.putInt(offset, lane.bytes.getInt(offset) + 1);
            assertThrows(LaneViolation.class, () -> new LaneHeader(memory, lane.nonce));
            lane.bytes.putInt(offset, lane.bytes.getInt(offset) - 1);
        }
        for (final int version : new int[]{ 0, 1, 3 })
        {
            lane.bytes.putInt(8, version);
            assertThrows(LaneViolation.class, () -> new LaneHeader(memory, lane.nonce), "version " + version);
        }
        memory.close();
    }

    @Test
    void shouldGoOnFromWhatWasCommitted() throws Exception
    {
        final LaneFixture lane = lane(4);
        final SplittableRandom random = new SplittableRandom(SEED);
        addSome(lane, random, 100);
        final Look look = new Look(lane);
        look.look();
        final MappedLane memory = look.memory;
        final LaneReader reader = new LaneReader(memory, new LaneHeader(memory, lane.nonce));
        final FoldReader folds = new FoldReader(memory, reader);
        folds.scan();

        // As a meter that was killed takes it up again, from sums that hold a part of a journal.
        folds.restore();
        addSome(lane, random, 100);
        folds.scan();
        look.check(folds);
        lane.journal.fold();
        folds.scan();
        look.check(folds);
        folds.restore();
        assertEquals(lane.folded, folds.total().samples());
        assertEquals(lane.folded, folds.samplesClaimed());
        look.close();
    }
}
