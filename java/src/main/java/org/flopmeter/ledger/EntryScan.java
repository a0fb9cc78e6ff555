/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.LedgerEntry.Signer;

/** Entries of a ledger from a place on, for who writes it: whole blocks only, nothing is verified but checksums. */
final class EntryScan
{
    private final Disk disk;
    private final Verifier.EntryHandler handler;
    private long blockNext;
    private long supersededFrom;

    private EntryScan(final Disk disk, final Verifier.EntryHandler handler)
    {
        this.disk = disk;
        this.handler = handler;
    }

    /** @param blocks how many blocks there are: what is behind them was superseded. */
    static void scan(
        final Disk disk, final LedgerWriter.Position from, final long blocks, final Verifier.EntryHandler handler)
        throws IOException
    {
        new EntryScan(disk, handler).scan(from, blocks);
    }

    /** Public key that signs last, as the entries say; empty where none is. Reads the whole ledger. */
    static byte[] lastSigner(final Disk disk) throws IOException
    {
        final List<byte[]> keys = new ArrayList<>();
        scan(disk, LedgerWriter.Position.BEGINNING, Long.MAX_VALUE, (entry, sequence, block) ->
        {
            if (entry instanceof Signer change && Signer.REVOKED != change.reason())
            {
                keys.add(change.publicKey());
            }
        });
        return keys.isEmpty() ? new byte[0] : keys.get(keys.size() - 1);
    }

    private void scan(final LedgerWriter.Position from, final long blocks) throws IOException
    {
        final List<String> names = new ArrayList<>();
        for (final String name : SegmentScan.segments(disk.list()))
        {
            if (Long.parseLong(name.substring(0, 8)) >= from.segment())
            {
                names.add(name);
            }
        }
        final long[] firstBlocks = new long[names.size()];
        for (int i = 0; i < firstBlocks.length; i++)
        {
            firstBlocks[i] = firstBlock(names.get(i));
        }
        for (int i = 0; i < firstBlocks.length; i++)
        {
            supersededFrom = blocks;
            for (int j = i + 1; j < firstBlocks.length; j++)
            {
                supersededFrom = Math.min(supersededFrom, firstBlocks[j]);
            }
            final boolean isFirst = Long.parseLong(names.get(i).substring(0, 8)) == from.segment();
            scan(names.get(i), isFirst ? from.offset() : BlockLayout.SEGMENT_HEADER_LENGTH);
        }
    }

    private long firstBlock(final String name) throws IOException
    {
        try (Disk.DiskFile file = disk.open(name, false))
        {
            return new SegmentScan(name, file).header().firstBlock();
        }
        catch (final LedgerException noHeader)
        {
            return Long.MAX_VALUE;
        }
    }

    private void scan(final String name, final long offset) throws IOException
    {
        try (Disk.DiskFile file = disk.open(name, false))
        {
            new SegmentScan(name, file).scan(offset, new SegmentScan.Handler()
            {
                @Override
                public void onBlock(final String in, final long at, final ByteBuffer buffer, final int index)
                {
                    EntryScan.this.onBlock(buffer, index);
                }

                @Override
                public void onDamage(final String in, final long at, final long length, final boolean isTail)
                {
                    // Told by who verifies.
                }
            });
        }
    }

    private void onBlock(final ByteBuffer buffer, final int at)
    {
        final long index = BlockLayout.blockIndex(buffer, at);
        if (index < blockNext || index >= supersededFrom)
        {
            return;
        }
        final List<LedgerEntry> entries = new ArrayList<>();
        try
        {
            if (BlockLayout.decode(buffer, at, (entry, sequence) -> entries.add(entry)) >= 0)
            {
                return;
            }
        }
        catch (final LedgerException damaged)
        {
            return;
        }
        blockNext = index + 1;
        long sequence = BlockLayout.firstSequence(buffer, at);
        for (final LedgerEntry entry : entries)
        {
            handler.onEntry(entry, sequence, index);
            sequence++;
        }
    }
}
