/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.flopmeter.wire.FoldReader;
import org.flopmeter.wire.LaneHeader;
import org.flopmeter.wire.LaneMapper;
import org.flopmeter.wire.LaneReader;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.MappedLane;
import org.flopmeter.wire.SlotKey;
import org.flopmeter.wire.SlotSums;

/** One mapped lane and how far it was read, ahead of what is committed by one duty cycle at most. */
final class LaneSession
{
    /** Each look at the cells takes cache lines away from the producer, who is in trouble already. */
    private static final long FOLD_SCAN_INTERVAL_NS = 5_000_000L;
    private static final long FILLING_NS_MAX = 1_000_000_000L;

    private final String name;
    private final MappedLane lane;
    private final LaneReader reader;
    private final FoldReader folds;
    private final LaneAccount view;
    private final int turnLength;
    private long turnNs;
    private long foldsScannedNs;
    private long halfFullNs = FILLING_NS_MAX;
    private boolean isFinished;
    private boolean isDoubtful;

    private LaneSession(final String name, final MappedLane lane, final LaneReader reader, final long nowNs)
    {
        this.name = name;
        this.lane = lane;
        this.reader = reader;
        folds = new FoldReader(lane, reader);
        foldsScannedNs = nowNs - FOLD_SCAN_INTERVAL_NS;
        view = new LaneAccount(reader.header().nonce());
        // A commit costs about the same whatever it covers; the other half of the ring is for the time that it takes.
        turnLength = Math.max(LaneReader.CHUNK_LENGTH, reader.header().ringCapacity() / 2);
    }

    /** The map that is being taken up: where a late fault ends that, somebody must let go of it. */
    static final class Adopting
    {
        private MappedLane lane;

        /** A session has it, and is known. */
        void done()
        {
            lane = null;
        }

        /** Let go of what no session came of. */
        void close()
        {
            if (null != lane)
            {
                lane.close();
                lane = null;
            }
        }
    }

    /** Map a lane and go on from what is committed about it, if anything. */
    static LaneSession adopt(
        final Path directory,
        final String name,
        final LaneMapper mapper,
        final LaneAccount committed,
        final Adopting adopting)
        throws IOException, LaneViolation
    {
        final MappedLane lane = mapper.map(directory, name, 0);
        adopting.lane = lane;
        try
        {
            final LaneHeader header = new LaneHeader(lane, LaneHeader.nonceOf(name));
            final LaneSession session = new LaneSession(
                name, lane, new LaneReader(lane, header, mapper.drainKernel()), mapper.nanoTime());
            if (null != committed)
            {
                session.restore(committed);
            }
            return session;
        }
        catch (final LaneViolation | RuntimeException | Error ex)
        {
            LateFault.settle();
            lane.close();
            throw ex;
        }
    }

    String name()
    {
        return name;
    }

    long nonce()
    {
        return view.nonce;
    }

    /** Drain a bounded part. Return 0 when there was nothing. */
    int turn(final long nowNs) throws LaneViolation
    {
        // Also for a quiet lane: a look at a page that is gone faults, and the JVM may tell when it is least expected.
        reader.checkFileLength();
        final long positionBefore = reader.position();
        int work = 0;
        if (reader.hasWork())
        {
            work += reader.drainChecked(turnLength);
        }
        if (nowNs - foldsScannedNs >= FOLD_SCAN_INTERVAL_NS && folds.hasWork())
        {
            foldsScannedNs = nowNs;
            work += folds.scan();
            reader.checkFileLength();
        }
        estimateFilling(reader.position() - positionBefore, nowNs);
        return work;
    }

    /** When half of the ring is expected to be full again, in ns after the last turn. */
    long halfFullNs()
    {
        return halfFullNs;
    }

    private void estimateFilling(final long drainedLength, final long nowNs)
    {
        final long elapsedNs = Math.min(nowNs - turnNs, FILLING_NS_MAX);
        turnNs = nowNs;
        if (drainedLength >= turnLength)
        {
            halfFullNs = 0;
        }
        else
        {
            halfFullNs = 0 == drainedLength ?
                FILLING_NS_MAX : reader.header().ringCapacity() / 2 * elapsedNs / drainedLength;
        }
    }

    boolean isProducerAlive(final Liveness liveness)
    {
        return isDoubtful || liveness.isAlive(reader.header());
    }

    /** Read what was folded whether it has moved or not: one without a journal may be killed just before its tally. */
    int scanFolds() throws LaneViolation
    {
        reader.checkFileLength();
        final int changed = folds.scan();
        reader.checkFileLength();
        return changed;
    }

    /** The producer is gone and all is read: compare with its own tallies a last time. */
    void finish() throws LaneViolation
    {
        scanFolds();
        reader.checkEnd();
        isFinished = true;
    }

    /** Something came. From a producer that was taken for dead it proves that verdict wrong, and all later ones. */
    void heard()
    {
        isDoubtful |= isFinished;
        isFinished = false;
    }

    /** Nothing will ever come again, unless its producer was taken for dead by mistake. */
    boolean isFinished()
    {
        return isFinished;
    }

    boolean isTruncated()
    {
        return lane.fileLength() != lane.length();
    }

    boolean differsFrom(final LaneAccount committed)
    {
        return null == committed ?
            0 != reader.position() || 0 != reader.openCount() || reader.sums().isDirty() :
            committed.position != reader.position() || committed.openCount != reader.openCount() ||
            reader.sums().isDirty();
    }

    void encode(final RecordWriter out, final LaneAccount committed)
    {
        view.position = reader.position();
        view.openCount = reader.openCount();
        view.sequenceNext = reader.sequenceNext();
        view.running.set(reader.running().low(), reader.running().high(), reader.running().samples());
        view.boundary.set(reader.boundary().low(), reader.boundary().high(), reader.boundary().samples());
        view.folded.set(folds.total().low(), folds.total().high(), folds.total().samples());

        final int keyFirst = null == committed ? 0 : committed.keys.size();
        final List<SlotKey> keys = reader.slots().keysFrom(keyFirst);
        AccountCodec.lane(out, view, keys, keyFirst);
        AccountCodec.changes(out, reader.sums());
    }

    /** What was encoded is committed: the producer may have its room back. */
    void committed()
    {
        reader.sums().clean();
        reader.publishHead();
    }

    /** Samples that the producer's tallies claim beyond `committed`; 0 when they can't be read or make no sense. */
    long samplesUnread(final LaneAccount committed)
    {
        try
        {
            if (lane.fileLength() < lane.length())
            {
                return 0;
            }
            final long ringSamples = null == committed ? 0 : committed.running.samples();
            final long foldSamples = null == committed ? 0 : committed.folded.samples();
            return beyond(reader.samplesClaimed(), ringSamples) + beyond(folds.samplesClaimed(), foldSamples);
        }
        catch (final InternalError ex)
        {
            return 0;
        }
    }

    void close()
    {
        lane.close();
    }

    private static long beyond(final long claimed, final long counted)
    {
        return claimed > counted && claimed < (1L << 56) ? claimed - counted : 0;
    }

    private void restore(final LaneAccount committed)
    {
        final SlotSums sums = reader.sums();
        sums.ensureCapacity(committed.keys.size());
        for (int slot = 0; slot < committed.keys.size(); slot++)
        {
            reader.slots().restore(committed.keys.get(slot));
            sums.fold(
                slot, committed.sums.foldLow(slot), committed.sums.foldHigh(slot), committed.sums.foldSamples(slot));
        }
        reader.boundary().set(
            committed.boundary.low(), committed.boundary.high(), committed.boundary.samples());
        reader.restore(committed.sums, committed.position, committed.openCount, committed.sequenceNext);
        folds.restore();
        reader.republishHead();
    }
}
