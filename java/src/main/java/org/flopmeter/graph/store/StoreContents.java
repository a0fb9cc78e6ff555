/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.flopmeter.graph.store.FrameScan.Frame;

/** What a pass over the store found: its records in order, and what could not be read. */
public final class StoreContents
{
    private final List<Entry> entries = new ArrayList<>();
    private List<Damage> damages = List.of();
    private long tornOffset = -1;
    private long sequenceNext = 1;
    private ImportFold.Outcome imports;

    /** A record and its number. */
    public record Entry(long sequence, long offset, GraphRecord record)
    {
    }

    public List<Entry> entries()
    {
        return Collections.unmodifiableList(entries);
    }

    /** Ranges that held records which are lost: every total has to allow for them. */
    public List<Damage> damages()
    {
        return damages;
    }

    /** Where the beginning of a batch lies whose writer was killed, or -1. Nobody was told that it was kept. */
    public long tornOffset()
    {
        return tornOffset;
    }

    void add(final List<Frame> batch)
    {
        for (final Frame frame : batch)
        {
            try
            {
                entries.add(new Entry(
                    frame.sequence(), frame.offset(), RecordCodec.decode(frame.type(), frame.body())));
            }
            catch (final IllegalArgumentException ex)
            {
                throw new GraphStoreException("offset " + frame.offset() + ": " + ex.getMessage(), ex);
            }
        }
    }

    /** Number of the next record to be appended. */
    long sequenceNext()
    {
        return sequenceNext;
    }

    void next(final long sequence)
    {
        sequenceNext = sequence;
    }

    /** The same, as if these records had been appended. */
    public StoreContents with(final List<GraphRecord> records)
    {
        final StoreContents more = new StoreContents();
        more.entries.addAll(entries);
        more.damages = damages;
        more.tornOffset = tornOffset;
        more.sequenceNext = sequenceNext;
        more.imports = records.stream().anyMatch(StoreContents::isImport) ? null : imports;
        for (final GraphRecord record : records)
        {
            more.entries.add(new Entry(more.sequenceNext++, -1, record));
        }
        return more;
    }

    /** Names what was imported: nothing of it is changed without a new record, or the loss of one. */
    String importKey()
    {
        long count = 0;
        long last = 0;
        for (final Entry entry : entries)
        {
            if (isImport(entry.record()))
            {
                count++;
                last = entry.sequence();
            }
        }
        return last + "/" + count;
    }

    private static boolean isImport(final GraphRecord record)
    {
        return record instanceof GraphRecord.Imported || record instanceof GraphRecord.HumanMade;
    }

    /** What the imports make, where somebody has mapped them already; else null. */
    ImportFold.Outcome imports()
    {
        return imports;
    }

    void imports(final ImportFold.Outcome outcome)
    {
        imports = outcome;
    }

    void torn(final long offset)
    {
        tornOffset = offset;
    }

    void damaged(final List<Damage> found)
    {
        damages = List.copyOf(found);
    }
}
