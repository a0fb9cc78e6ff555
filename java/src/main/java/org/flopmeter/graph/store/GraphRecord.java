/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import org.flopmeter.graph.Cut;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/**
 * One fact of the store. {@code computation} is the sequence number of the {@link Begun}, or {@link Segment}, that it
 * belongs to. Times are nanoseconds of the UNIX epoch. Said twice, none of them changes anything.
 */
public sealed interface GraphRecord
{
    /**
     * A computation has begun.
     *
     * @param id    unique: run, node and the mark of its meter directory.
     * @param outer ids of the runs that this one ran in, from the inside out, a space between two; "" for none. What
     *     is no computation, now or later, is none of them.
     */
    record Begun(long beginNs, String id, String run, String node, String command, String outer)
        implements GraphRecord
    {
    }

    /** @param exitCode -1 when nobody knows. */
    record Ended(long computation, long endNs, int exitCode) implements GraphRecord
    {
    }

    /** What a computation weighs in a precision, in all, as of a time: the latest holds. */
    record Weighed(long computation, long asOfNs, String precision, FlopInterval flop) implements GraphRecord
    {
    }

    /** @param path where it was, for people. */
    record Written(
        long computation, ContentDigest digest, long length, long timeNs, NodeKind kind, String path)
        implements GraphRecord
    {
    }

    /**
     * @param digest    null when it could not be had.
     * @param isChanged the file was changed after the computation began: what it read may have been something else.
     */
    record Read(
        long computation, ContentDigest digest, long length, long timeNs, boolean isChanged, String path)
        implements GraphRecord
    {
    }

    /**
     * Where content comes from that no recorded computation wrote.
     *
     * @param bound null = people made it; else no more FLOP than this are behind it.
     */
    record Declared(
        ContentDigest digest, FlopCount bound, String argument, String author, long timeNs, String path)
        implements GraphRecord
    {
    }

    /**
     * A stretch of a computation that its program marked: what it read, wrote and weighed from here on is this one's.
     * Records speak of it by its own sequence number, as they do of a computation.
     *
     * @param name the node that its work is counted under; "" where there is none, so that it weighs nothing.
     */
    record Segment(long computation, long beginNs, String name) implements GraphRecord
    {
    }

    /** What a computation can execute at most in a second while it goes on. */
    record Peaked(long computation, FlopCount flopPerSec) implements GraphRecord
    {
    }

    /**
     * Lines of JSON that came from elsewhere, each complete in itself.
     *
     * @param text   at most {@link #TEXT_LENGTH_MAX} bytes of UTF-8, a line feed between lines.
     * @param source the file that they were in.
     */
    record Imported(ImportFormat format, long timeNs, String source, String author, String text)
        implements GraphRecord
    {
        /** A record has a bounded length. */
        static final int TEXT_LENGTH_MAX = 48_000;
    }

    /** People made a dataset of imported events, where no event says which run did. */
    record HumanMade(String dataset, String argument, String author, long timeNs) implements GraphRecord
    {
    }

    /** What a computation, by its id, was for: the latest holds. */
    record Purposed(String computation, Purpose purpose, String argument, String author, long timeNs)
        implements GraphRecord
    {
    }

    /** An edge between two ids of the graph is not followed. */
    record CutMade(String cause, String effect, Cut cut, String argument, String author, long timeNs)
        implements GraphRecord
    {
    }
}
