/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerEntry.Bound;
import org.flopmeter.ledger.LedgerEntry.CheckpointSigned;
import org.flopmeter.ledger.LedgerEntry.Correction;
import org.flopmeter.ledger.LedgerEntry.EpochClosed;
import org.flopmeter.ledger.LedgerEntry.EpochOpened;
import org.flopmeter.ledger.LedgerEntry.GapBooked;
import org.flopmeter.ledger.LedgerEntry.Genesis;
import org.flopmeter.ledger.LedgerEntry.KeyDefined;
import org.flopmeter.ledger.LedgerEntry.ParameterChanged;
import org.flopmeter.ledger.LedgerEntry.SourceRegistered;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The rules of docs/design/0018-ledger.md section 2, one by one, each on both sides of its edge. What is refused
 * changes nothing: the entry that follows is judged as if it had not been there.
 */
class LedgerRulesTest
{
    private static final Id METER = new Id(1, 2);
    private static final Id EPOCH = new Id(3, 4);
    private static final Id NONCE = new Id(5, 6);
    private static final Id NEXT = new Id(7, 8);

    private final LedgerState state = new LedgerState();
    private long sequence;

    private static AccountKey key(final String node, final Part part)
    {
        return new AccountKey("run", node, Precision.FP64, Basis.EXACT_BY_SHAPE, Source.BLAS, part);
    }

    private static EpochOpened opened(final Id meter, final Id epoch, final Id nonce, final Id resumes)
    {
        return new EpochOpened(meter, epoch, nonce, resumes, 1, 2, "boot", "software");
    }

    /** Its number. */
    private long take(final LedgerEntry entry)
    {
        state.apply(entry, ++sequence, 9);
        return sequence;
    }

    private void refuse(final String message, final LedgerEntry entry)
    {
        final LedgerException refused =
            assertThrows(LedgerException.class, () -> state.apply(entry, sequence + 1, 9), message);
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    private static Usage usage(final long key, final long flopHigh, final long flopLow, final long samples)
    {
        return new Usage(key, 10, 20, 1, samples, FlopCount.of(flopHigh, flopLow));
    }

    private static FlopCount flop(final long low)
    {
        return FlopCount.of(low);
    }

    private LedgerState.EpochState epoch()
    {
        return state.epoch(EPOCH);
    }

    @BeforeEach
    void begin()
    {
        take(new Genesis(new Id(1, 1), 1, "test"));
        take(opened(METER, EPOCH, NONCE, Id.NONE));
    }

    @Test
    void shouldBeginWithOneGenesis()
    {
        final LedgerState empty = new LedgerState();
        assertNull(empty.genesis());
        final LedgerException refused = assertThrows(
            LedgerException.class, () -> empty.apply(opened(METER, EPOCH, NONCE, Id.NONE), 1, 0));
        assertEquals("the first entry is not the genesis", refused.getMessage());
        assertThrows(LedgerException.class, () -> empty.applyUsage(null, 0));
        refuse("a second genesis", new Genesis(new Id(1, 1), 1, "test"));
        assertEquals(new Id(1, 1), state.genesis().ledger());
    }

    /** Damage is told; what is behind it is added up all the same. */
    @Test
    void shouldTakeWhatFollowsAFirstBlockThatIsLost()
    {
        final LedgerState behind = new LedgerState();
        behind.loseBlock();
        behind.apply(opened(METER, EPOCH, NONCE, Id.NONE), 5, 1);
        behind.apply(new KeyDefined(5, 0, key("node", Part.COUNT)), 6, 1);
        behind.apply(usage(6, 0, 77, 1), 7, 1);
        assertEquals(flop(77), behind.epoch(EPOCH).counted());
        behind.applyUsage(encoded(usage(6, 1, 78, 2)), 16);
        assertEquals(FlopCount.of(1, 78), behind.epoch(EPOCH).counted());

        // Where the genesis was read, a later block that is lost allows no second one.
        state.loseBlock();
        refuse("a second genesis", new Genesis(new Id(1, 1), 1, "test"));
    }

    /** Behind 16 other bytes. */
    private static ByteBuffer encoded(final Usage usage)
    {
        final ByteBuffer bytes = ByteBuffer.allocate(16 + EntryCodec.USAGE_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        EntryCodec.encode(usage, bytes.position(16));
        return bytes;
    }

    /** The same rules where it is read from its frame. */
    @Test
    void shouldJudgeAUsageWhereItLies()
    {
        final long key = take(new KeyDefined(2, 0, key("node", Part.COUNT)));
        state.applyUsage(encoded(new Usage(key, 10, 10, -9, 4, FlopCount.of(3, 5))), 16);
        for (final Usage wrong : List.of(usage(key, 3, 4, 4), usage(key, 2, 6, 4), usage(key, 3, 5, 3),
            new Usage(key, 10, 9, 1, 4, FlopCount.of(3, 5)), usage(key + 1, 3, 5, 4)))
        {
            assertThrows(LedgerException.class, () -> state.applyUsage(encoded(wrong), 16), wrong::toString);
        }
        final LedgerState.KeyState found = epoch().keys().iterator().next();
        assertEquals(FlopCount.of(3, 5), found.flop());
        assertEquals(4, found.samples());
    }

    @Test
    void shouldRefuseATotalThatFallsInEitherHalf()
    {
        final long key = take(new KeyDefined(2, 0, key("node", Part.COUNT)));
        take(usage(key, 3, 5, -2));
        refuse("a total falls", usage(key, 3, 4, -2));
        refuse("a total falls", usage(key, 2, 6, -2));
        refuse("a total falls", usage(key, 3, 5, -3));
        refuse("a total falls", usage(key, 3, 5, 4));
        take(usage(key, 3, 5, -2));
        take(usage(key, 4, 1, -1));

        final LedgerState.KeyState found = epoch().keys().iterator().next();
        assertEquals(FlopCount.of(4, 1), found.flop());
        assertEquals(-1, found.samples());
        assertEquals(FlopCount.of(4, 1), epoch().counted());
    }

    @Test
    void shouldRefuseAnIntervalThatEndsBeforeItBegins()
    {
        final long key = take(new KeyDefined(2, 0, key("node", Part.COUNT)));
        refuse("ends before it begins", new Usage(key, 10, 9, 1, 1, flop(1)));
        take(new Usage(key, 10, 10, 1, 1, flop(1)));
        refuse("ends before it begins", new GapBooked(2, 10, 9, 1, null, "all", "why"));
        take(new GapBooked(2, 10, 10, 1, null, "all", "why"));
        refuse("ends before it begins", new Bound(2, 10, 9, 1, flop(1), flop(1), null));
        take(new Bound(2, 10, 10, 1, flop(1), flop(1), null));
        assertEquals(1, epoch().gaps().size());
    }

    /** All keys of an epoch, and only those that count, are added up with their carries. */
    @Test
    void shouldAddUpTheKeysOfAnEpochPartByPart()
    {
        final long one = take(new KeyDefined(2, 0, key("one", Part.COUNT)));
        final long two = take(new KeyDefined(2, 0, key("two", Part.COUNT)));
        final long estimate = take(new KeyDefined(2, 0, key("one", Part.ESTIMATE)));
        final long bound = take(new KeyDefined(2, 0, key("one", Part.BOUND)));
        take(usage(one, 0, -1, 1));
        take(usage(two, 0, 3, 1));
        take(usage(estimate, 0, 100, 1));
        take(usage(bound, 0, 7_000, 1));
        assertEquals(FlopCount.of(1, 2), epoch().counted());
        take(usage(one, 1, 1, 2));
        assertEquals(FlopCount.of(1, 4), epoch().counted());
        assertEquals(FlopInterval.unbounded(FlopCount.of(1, 4), FlopCount.of(1, 104)), epoch().flop());

        refuse("add up to", new Bound(2, 10, 20, 1, FlopCount.of(1, 5), FlopCount.of(1, 5), null));
        take(new Bound(2, 10, 20, 1, FlopCount.of(1, 4), FlopCount.of(1, 4), null));
    }

    @Test
    void shouldRefuseASumThatNeedsMoreBitsAndKeepWhatWasThere()
    {
        final long one = take(new KeyDefined(2, 0, key("one", Part.COUNT)));
        final long two = take(new KeyDefined(2, 0, key("two", Part.COUNT)));
        take(usage(one, -1, -1, 1));
        assertThrows(FlopOverflowException.class, () -> take(usage(two, 0, 1, 5)));
        assertEquals(FlopCount.MAX, epoch().counted());
        take(usage(two, 0, 0, 4));
    }

    /** Whoever says a key twice goes on with its total. */
    @Test
    void shouldKnowAKeyThatIsDefinedAgain()
    {
        refuse("a source that is not there", new KeyDefined(2, 77, key("node", Part.COUNT)));
        final long source = take(new SourceRegistered(2, "blas", "cpu", "calls", "shape", "hash"));
        final long one = take(new KeyDefined(2, source, key("node", Part.COUNT)));
        take(usage(one, 0, 10, 1));
        final long again = take(new KeyDefined(2, 0, key("node", Part.COUNT)));
        refuse("a total falls", usage(again, 0, 9, 1));
        take(usage(again, 0, 11, 1));
        take(usage(one, 0, 12, 1));
        assertEquals(flop(12), epoch().counted());
        assertEquals(1, epoch().keys().size());
        final LedgerState.KeyState found = epoch().keys().iterator().next();
        assertEquals("blas", found.source().source());
        assertEquals(key("node", Part.COUNT), found.key());
    }

    @Test
    void shouldRefuseWhatNamesNothing()
    {
        refuse("never opened: 9", new KeyDefined(9, 0, key("node", Part.COUNT)));
        refuse("never opened: 9", new SourceRegistered(9, "", "", "", "", ""));
        refuse("never opened: 9", new EpochClosed(9, 1, 1));
        refuse("never opened: 9", new GapBooked(9, 1, 1, 1, null, "", ""));
        refuse("never opened: 9", new Bound(9, 1, 1, 1, flop(0), flop(0), null));
        refuse("never defined: 9", usage(9, 0, 1, 1));
        refuse("a key that is not there", new Correction(9, 1, flop(1), flop(1), "", ""));
        assertNull(state.epoch(NEXT));
    }

    /** Nothing is charged to it any more, whatever the entry is; another writer may resume it. */
    @Test
    void shouldRefuseEverythingBehindTheEndOfAnEpoch()
    {
        final long key = take(new KeyDefined(2, 0, key("node", Part.COUNT)));
        take(usage(key, 0, 10, 1));
        assertFalse(epoch().isClosed());
        take(new EpochClosed(2, 1, 1));
        assertTrue(epoch().isClosed());
        for (final LedgerEntry entry : List.of(usage(key, 0, 11, 1), new EpochClosed(2, 1, 1),
            new KeyDefined(2, 0, key("other", Part.COUNT)), new SourceRegistered(2, "", "", "", "", ""),
            new GapBooked(2, 1, 1, 1, null, "", ""), new Bound(2, 1, 1, 1, flop(10), flop(10), null)))
        {
            refuse("after its end", entry);
        }
        final long resumed = take(opened(METER, EPOCH, NEXT, NONCE));
        assertFalse(epoch().isClosed());
        final long again = take(new KeyDefined(resumed, 0, key("node", Part.COUNT)));
        take(usage(again, 0, 11, 1));
        assertEquals(flop(11), epoch().counted());
    }

    /** A clone, too, goes on from the nonce that it knows; one of the two finds that it is not the last any more. */
    @Test
    void shouldRefuseAWriterThatIsNoSuccessor()
    {
        refuse("resumes what is not there", opened(METER, NEXT, NONCE, NONCE));
        final long key = take(new KeyDefined(2, 0, key("node", Part.COUNT)));
        refuse("second writer", opened(METER, EPOCH, NEXT, Id.NONE));
        refuse("second writer", opened(METER, EPOCH, NEXT, NEXT));
        refuse("second writer", opened(METER, EPOCH, NONCE, NONCE));
        refuse("second writer", opened(new Id(9, 9), EPOCH, NEXT, NONCE));
        take(usage(key, 0, 10, 1));
        final long number = take(opened(METER, EPOCH, NEXT, NONCE));
        assertEquals(NEXT, epoch().nonce());
        refuse("second writer", opened(METER, EPOCH, new Id(9, 9), NONCE));
        refuse("superseded", usage(key, 0, 11, 1));
        refuse("superseded", new GapBooked(2, 1, 1, 1, null, "", ""));
        take(new GapBooked(number, 1, 1, 1, null, "", ""));
        assertEquals(1, state.epochs().size());
        assertEquals(NONCE, epoch().opened().nonce());
    }

    @Test
    void shouldLetNeitherColumnOfACorrectionFall()
    {
        final long key = take(new KeyDefined(2, 0, key("node", Part.COUNT)));
        take(new Correction(key, 1, flop(5), flop(3), "", ""));
        refuse("a correction falls", new Correction(key, 1, flop(4), flop(3), "", ""));
        refuse("a correction falls", new Correction(key, 1, flop(5), flop(2), "", ""));
        take(new Correction(key, 1, flop(5), flop(3), "", ""));
        take(new Correction(key, 1, flop(6), flop(4), "", ""));
        final LedgerState.KeyState found = epoch().keys().iterator().next();
        assertEquals(flop(6), found.added());
        assertEquals(flop(4), found.removed());
        assertTrue(found.flop().isZero());
        assertNull(found.source());
    }

    @Test
    void shouldRefuseABoundWhoseEndsAreCrossed()
    {
        final long key = take(new KeyDefined(2, 0, key("node", Part.COUNT)));
        take(usage(key, 0, 10, 1));
        refuse("are crossed", new Bound(2, 1, 1, 1, flop(10), flop(9), flop(20)));
        refuse("are crossed", new Bound(2, 1, 1, 1, flop(10), flop(12), flop(11)));
        assertNull(epoch().bound());
        take(new Bound(2, 1, 1, 1, flop(10), flop(10), flop(10)));
        assertEquals(FlopInterval.exact(flop(10)), epoch().flop());
        take(new Bound(2, 1, 1, 1, flop(10), flop(12), null));
        assertEquals(FlopInterval.unbounded(flop(10), flop(12)), epoch().flop());
        assertNull(epoch().bound().upper());
    }

    /** Unknown is never zero: what is behind the last bound raises its upper end, or takes it away. */
    @Test
    void shouldRaiseTheUpperEndByEveryGapBehindTheBound()
    {
        final long key = take(new KeyDefined(2, 0, key("node", Part.COUNT)));
        take(usage(key, 0, 10, 1));
        take(new Bound(2, 1, 50, 1, flop(10), flop(12), flop(20)));
        take(new GapBooked(2, 40, 50, 1, flop(1_000), "", "within"));
        take(new GapBooked(2, 40, 51, 1, flop(100), "", "behind"));
        take(new GapBooked(2, 60, 70, 1, flop(5), "", "behind"));
        assertEquals(FlopInterval.of(flop(10), flop(12), flop(125)), epoch().flop());
        take(usage(key, 0, 15, 2));
        assertEquals(FlopInterval.of(flop(15), flop(15), flop(125)), epoch().flop());
        take(usage(key, 0, 500, 3));
        assertEquals(FlopInterval.exact(flop(500)), epoch().flop());
        take(new GapBooked(2, 60, 70, 1, null, "", "unbounded"));
        take(new GapBooked(2, 60, 70, 1, flop(5), "", "behind"));
        assertEquals(FlopInterval.unbounded(flop(500), flop(500)), epoch().flop());
        assertEquals(5, epoch().gaps().size());
    }

    @Test
    void shouldTakeACheckpointOfTheBlocksBeforeItOnly()
    {
        refuse("of size 8 in block 9", new CheckpointSigned(8, ""));
        refuse("of size 10 in block 9", new CheckpointSigned(10, ""));
        take(new CheckpointSigned(9, "note"));
        take(new ParameterChanged(1, "a", "b", "c", "d"));
        assertEquals(List.of(new CheckpointSigned(9, "note")), new ArrayList<>(state.checkpoints()));
    }
}
