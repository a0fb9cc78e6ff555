/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/**
 * Entries, blocks and segments of a fuzzer's making, with their checksums mended. A block that is read is the only one
 * that says so: what is decoded, encoded again, gives the same bytes.
 */
final class BlockFuzz
{
    private static final int KINDS = 14;
    private static final int ENTRIES_MAX = 5;
    private static final int FAR = 255;
    /** Longer than what the reader holds of a file. */
    private static final int FAR_LENGTH = 2 * BlockLayout.BLOCK_LENGTH_MAX;

    private BlockFuzz()
    {
    }

    static void test(final FuzzInput input)
    {
        switch (input.next() & 3)
        {
            case 0:
                written(input);
                break;
            case 1:
                framed(input);
                break;
            case 2:
                raw(input);
                break;
            default:
                segment(input);
                break;
        }
    }

    /** What was written is read; with a byte changed it is refused, or is as canonical as before. */
    private static void written(final FuzzInput input)
    {
        final int change = input.next();
        final List<LedgerEntry> entries = new ArrayList<>();
        while (entries.isEmpty() || (input.hasMore() && entries.size() < ENTRIES_MAX))
        {
            entries.add(entry(input));
        }
        final ByteBuffer block = BlockLayout.block(input.next(), 1 + input.next(), input.next(), entries);
        final List<LedgerEntry> read = new ArrayList<>();
        if (BlockLayout.decode(block, 0, (entry, sequence) -> read.add(entry)) >= 0 || !read.equals(entries))
        {
            throw new AssertionError(entries + " are read as " + read);
        }
        if (0 != change)
        {
            final int at = Math.floorMod(input.next() << 8 | input.next(), block.limit());
            block.put(at, (byte)(block.get(at) ^ change));
            mend(block);
            canonical(block);
        }
    }

    private static LedgerEntry entry(final FuzzInput input)
    {
        return switch (input.next() % 12)
        {
            case 0 -> new LedgerEntry.Genesis(input.nextId(), input.nextLong(), input.nextText());
            case 1 -> new LedgerEntry.Signer(input.next(), input.next(), input.nextLong(), input.nextText(),
                input.nextBytes(input.next() % 40), input.nextBytes(input.next() % 70));
            case 2 -> new LedgerEntry.EpochOpened(input.nextId(), input.nextId(), input.nextId(), input.nextId(),
                input.nextLong(), input.nextLong(), input.nextText(), input.nextText());
            case 3 -> new LedgerEntry.EpochClosed(input.nextLong(), input.nextLong(), input.nextLong());
            case 4 -> new LedgerEntry.SourceRegistered(input.nextLong(), input.nextText(), input.nextText(),
                input.nextText(), input.nextText(), input.nextText());
            case 5 -> new LedgerEntry.KeyDefined(input.nextLong(), input.nextLong(), new AccountKey(
                input.nextText(), input.nextText(), Precision.values()[input.next() % Precision.values().length],
                Basis.values()[input.next() % Basis.values().length],
                Source.values()[input.next() % Source.values().length], Part.values()[input.next() % 3]));
            case 6 -> new LedgerEntry.Usage(input.nextLong(), input.nextLong(), input.nextLong(), input.nextLong(),
                input.nextLong(), input.nextCount());
            case 7 -> new LedgerEntry.Correction(input.nextLong(), input.nextLong(), input.nextCount(),
                input.nextCount(), input.nextText(), input.nextText());
            case 8 -> new LedgerEntry.Bound(input.nextLong(), input.nextLong(), input.nextLong(), input.nextLong(),
                input.nextCount(), input.nextCount(), upper(input));
            case 9 -> new LedgerEntry.GapBooked(input.nextLong(), input.nextLong(), input.nextLong(),
                input.nextLong(), upper(input), input.nextText(), input.nextText());
            case 10 -> new LedgerEntry.ParameterChanged(input.nextLong(), input.nextText(), input.nextText(),
                input.nextText(), input.nextText());
            default -> new LedgerEntry.CheckpointSigned(input.nextLong(), input.nextText());
        };
    }

    private static FlopCount upper(final FuzzInput input)
    {
        return 0 == (input.next() & 1) ? null : input.nextCount();
    }

    /** Bodies as the input has them, in frames that are mended but for what the input asks to be left alone. */
    private static void framed(final FuzzInput input)
    {
        final ByteBuffer block = ByteBuffer.allocate(1 << 14).order(ByteOrder.LITTLE_ENDIAN);
        block.position(BlockLayout.BLOCK_HEADER_LENGTH);
        final int wrong = input.next();
        int count = 0;
        while (0 == count || (input.hasMore() && count < ENTRIES_MAX))
        {
            final int begin = block.position();
            final int kind = input.next() % KINDS;
            final byte[] body = input.nextBytes(input.next());
            block.putInt(0).putInt(0).putLong(7 + count + (1 == wrong ? 1 : 0))
                .putShort((short)kind).putShort((short)(2 == wrong ? 1 : 0))
                .putInt(body.length + (3 == wrong ? input.next() - 100 : 0)).put(body);
            while (0 != (block.position() - begin) % BlockLayout.ALIGNMENT)
            {
                block.put((byte)(4 == wrong ? 1 : 0));
            }
            block.putInt(begin, block.position() - begin + (5 == wrong ? 8 * (input.next() - 100) : 0));
            count++;
        }
        final int length = block.position() + BlockLayout.BLOCK_TRAILER_LENGTH;
        block.putInt(length).putInt(6 == wrong ? length : ~length).flip();
        block.putInt(0, BlockLayout.BLOCK_MAGIC + (7 == wrong ? 1 : 0)).putInt(4, length).putLong(8, 3).putLong(16, 7)
            .putLong(24, 9).putInt(32, count + (8 == wrong ? 1 : 9 == wrong ? -1 : 0)).putInt(36, 10 == wrong ? 1 : 0);
        mend(block);
        if (11 == wrong)
        {
            block.putInt(44, 0);
        }
        canonical(block);
    }

    private static void raw(final FuzzInput input)
    {
        final byte[] bytes = input.rest();
        canonical(ByteBuffer.wrap(Arrays.copyOf(bytes, Math.max(bytes.length, BlockLayout.BLOCK_LENGTH_MIN)))
            .order(ByteOrder.LITTLE_ENDIAN));
    }

    /** Checksums of the header and of every frame whose length is possible. */
    private static void mend(final ByteBuffer block)
    {
        block.putInt(44, crc(block, 0, 44));
        for (int frame = BlockLayout.BLOCK_HEADER_LENGTH;;)
        {
            final int length = block.limit() - frame < 24 ? 0 : block.getInt(frame);
            if (length < 24 || length > block.limit() - frame)
            {
                return;
            }
            final CRC32C crc = new CRC32C();
            crc.update(block.array(), frame, 4);
            crc.update(block.array(), frame + 8, length - 8);
            block.putInt(frame + 4, (int)crc.getValue());
            frame += length;
        }
    }

    private static int crc(final ByteBuffer block, final int at, final int length)
    {
        final CRC32C crc = new CRC32C();
        crc.update(block.array(), at, length);
        return (int)crc.getValue();
    }

    private static void canonical(final ByteBuffer block)
    {
        if (!BlockLayout.isHeader(block, 0) || BlockLayout.blockLength(block, 0) != block.limit())
        {
            return;
        }
        final List<LedgerEntry> entries = new ArrayList<>();
        try
        {
            if (BlockLayout.decode(block, 0, (entry, sequence) -> entries.add(entry)) >= 0)
            {
                return;
            }
        }
        catch (final LedgerException ex)
        {
            return;
        }
        readWithoutUsage(block, entries);
        final ByteBuffer again = BlockLayout.block(BlockLayout.blockIndex(block, 0),
            BlockLayout.firstSequence(block, 0), BlockLayout.sealedNs(block, 0), entries);
        if (!again.equals(block))
        {
            throw new AssertionError("two blocks say " + entries);
        }
    }

    /** Blocks and rubbish behind each other: every byte is in one block or in one damage. */
    private static void segment(final FuzzInput input)
    {
        final int wrong = input.next();
        final ByteBuffer file = ByteBuffer.allocate(1 << 14).order(ByteOrder.LITTLE_ENDIAN);
        final ByteBuffer header =
            BlockLayout.segmentHeader(new BlockLayout.SegmentHeader(new Id(1, 2), input.next(), input.next(), 1));
        if (0 != wrong)
        {
            header.put(wrong % 64, (byte)(header.get(wrong % 64) ^ input.next()));
            header.putInt(60, crc(header, 0, 60) ^ (wrong >> 7));
        }
        file.put(header);
        for (int i = 0; i < ENTRIES_MAX && input.hasMore(); i++)
        {
            final int what = input.next();
            final ByteBuffer block = BlockLayout.block(i, 1 + i, 0, List.of(entry(input)));
            if (what < 64)
            {
                block.limit(Math.min(block.limit(), what));
            }
            else if (what < 128)
            {
                block.put(what - 64, (byte)input.next());
            }
            file.put(block);
        }
        file.limit(Math.max(0, file.position() - (input.next() < 128 ? 0 : input.next()))).position(0);
        scan(FAR == wrong && FAR == input.next() && file.limit() >= 64 ? far(file) : file);
    }

    /** The blocks again, further behind than the reader reads at once. */
    private static ByteBuffer far(final ByteBuffer file)
    {
        final int first = BlockLayout.SEGMENT_HEADER_LENGTH;
        final ByteBuffer bytes = ByteBuffer.allocate(FAR_LENGTH + file.limit()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(file.array(), 0, Math.min(first, file.limit()));
        for (int at = first; at < FAR_LENGTH; at += BlockLayout.BLOCK_LENGTH_MAX)
        {
            bytes.putInt(at, BlockLayout.BLOCK_MAGIC).putInt(at + 4, BlockLayout.BLOCK_LENGTH_MAX).putInt(at + 32, 1);
            bytes.putInt(at + 44, crc(bytes, at, 44));
        }
        return bytes.position(FAR_LENGTH + first).put(file.array(), first, file.limit() - first).position(0);
    }

    /** As who verifies reads it: a usage is left where it lies, all else is the same. */
    private static void readWithoutUsage(final ByteBuffer block, final List<LedgerEntry> entries)
    {
        final List<LedgerEntry> others = new ArrayList<>();
        final int wrong = BlockLayout.decodeAllButUsage(block, 0, (entry, sequence) -> others.add(entry));
        final List<LedgerEntry> expected = new ArrayList<>(entries);
        expected.replaceAll(entry -> entry instanceof LedgerEntry.Usage ? null : entry);
        if (wrong >= 0 || !expected.equals(others))
        {
            throw new AssertionError("a block is read in two ways");
        }
    }

    private static void scan(final ByteBuffer file)
    {
        final long[] next = { BlockLayout.SEGMENT_HEADER_LENGTH };
        try
        {
            final SegmentScan scan = new SegmentScan("segment", new MemoryFile(file));
            try
            {
                scan.header();
            }
            catch (final LedgerException ex)
            {
                // Told by the reader; the blocks are looked for all the same.
                next[0] = BlockLayout.SEGMENT_HEADER_LENGTH;
            }
            scan.scan(new SegmentScan.Handler()
            {
                @Override
                public void onBlock(final String name, final long offset, final ByteBuffer buffer, final int at)
                {
                    goOn(offset, BlockLayout.blockLength(buffer, at));
                }

                @Override
                public void onDamage(
                    final String name, final long offset, final long damageLength, final boolean isTail)
                {
                    goOn(offset, damageLength);
                    if (isTail != (next[0] == file.limit()))
                    {
                        throw new AssertionError("a tail at " + offset);
                    }
                }

                private void goOn(final long offset, final long length)
                {
                    if (offset != next[0] || length <= 0)
                    {
                        throw new AssertionError("after " + next[0] + " comes " + offset + ", " + length + " bytes");
                    }
                    next[0] += length;
                }
            });
        }
        catch (final IOException ex)
        {
            throw new AssertionError(ex);
        }
        if (next[0] != Math.max(BlockLayout.SEGMENT_HEADER_LENGTH, file.limit()))
        {
            throw new AssertionError("of " + file.limit() + " bytes " + next[0] + " were told");
        }
    }

    /** A file that is only read. */
    private record MemoryFile(ByteBuffer bytes) implements Disk.DiskFile
    {
        @Override
        public long length()
        {
            return bytes.limit();
        }

        @Override
        public void read(final long position, final ByteBuffer into) throws IOException
        {
            if (position + into.remaining() > bytes.limit())
            {
                throw new EOFException();
            }
            into.put(bytes.duplicate().limit((int)position + into.remaining()).position((int)position));
        }

        @Override
        public void write(final long position, final ByteBuffer written)
        {
            throw new AssertionError("written");
        }

        @Override
        public void truncate(final long length)
        {
            throw new AssertionError("truncated");
        }

        @Override
        public void force()
        {
            throw new AssertionError("forced");
        }

        @Override
        public void close()
        {
            // Nothing is open.
        }
    }
}
