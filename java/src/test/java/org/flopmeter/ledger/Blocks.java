/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/** A segment in pieces, for those who put it together in another way. */
record Blocks(byte[] header, List<byte[]> blocks)
{
    static Blocks of(final byte[] segment)
    {
        final ByteBuffer buffer = ByteBuffer.wrap(segment).order(ByteOrder.LITTLE_ENDIAN);
        final List<byte[]> blocks = new ArrayList<>();
        for (int at = BlockLayout.SEGMENT_HEADER_LENGTH; at < segment.length;)
        {
            final int length = BlockLayout.blockLength(buffer, at);
            blocks.add(Arrays.copyOfRange(segment, at, at + length));
            at += length;
        }
        return new Blocks(Arrays.copyOf(segment, BlockLayout.SEGMENT_HEADER_LENGTH), blocks);
    }

    int count()
    {
        return blocks.size();
    }

    /** Where it begins in the segment. */
    long offset(final int index)
    {
        return header.length + blocks.subList(0, index).stream().mapToLong(block -> block.length).sum();
    }

    /** Number of its first entry; of the one behind all where the index is one too high. */
    long sequence(final int index)
    {
        return index == count() ? sequence(index - 1) + entries(index - 1).size() :
            BlockLayout.firstSequence(ByteBuffer.wrap(blocks.get(index)).order(ByteOrder.LITTLE_ENDIAN), 0);
    }

    byte[] without(final int index)
    {
        final List<byte[]> changed = new ArrayList<>(blocks);
        changed.remove(index);
        return joined(changed);
    }

    byte[] doubled(final int index)
    {
        final List<byte[]> changed = new ArrayList<>(blocks);
        changed.add(index, blocks.get(index));
        return joined(changed);
    }

    byte[] swapped(final int one, final int other)
    {
        final List<byte[]> changed = new ArrayList<>(blocks);
        changed.set(one, blocks.get(other));
        changed.set(other, blocks.get(one));
        return joined(changed);
    }

    List<LedgerEntry> entries(final int index)
    {
        final List<LedgerEntry> entries = new ArrayList<>();
        BlockLayout.decode(ByteBuffer.wrap(blocks.get(index)).order(ByteOrder.LITTLE_ENDIAN), 0,
            (entry, sequence) -> entries.add(entry));
        return entries;
    }

    /** The segment with an entry removed, doubled, or swapped with the next, everything else repaired. */
    List<byte[]> forgeries(final int index, final int entry)
    {
        final List<byte[]> forgeries = new ArrayList<>();
        final List<LedgerEntry> entries = entries(index);
        if (entries.size() > 1)
        {
            final List<LedgerEntry> removed = new ArrayList<>(entries);
            removed.remove(entry);
            forgeries.add(rebuilt(index, removed));
        }
        final List<LedgerEntry> doubled = new ArrayList<>(entries);
        doubled.add(entry, entries.get(entry));
        forgeries.add(rebuilt(index, doubled));
        if (entry + 1 < entries.size())
        {
            final List<LedgerEntry> swapped = new ArrayList<>(entries);
            swapped.set(entry, entries.get(entry + 1));
            swapped.set(entry + 1, entries.get(entry));
            forgeries.add(rebuilt(index, swapped));
        }
        return forgeries;
    }

    /** The segment with one more block behind it, of that number, everything else right. */
    byte[] withBlockOf(final long number)
    {
        final int last = count() - 1;
        final ByteBuffer before = ByteBuffer.wrap(blocks.get(last)).order(ByteOrder.LITTLE_ENDIAN);
        final List<LedgerEntry> entries = entries(last);
        final ByteBuffer made = BlockLayout.block(number, BlockLayout.firstSequence(before, 0) + entries.size(),
            BlockLayout.sealedNs(before, 0), entries);
        return followedBy(made);
    }

    /** The segment with another entry in place of one, everything else repaired. */
    byte[] replaced(final int index, final int entry, final LedgerEntry other)
    {
        final List<LedgerEntry> entries = new ArrayList<>(entries(index));
        entries.set(entry, other);
        return rebuilt(index, entries);
    }

    /** The segment with the first entry of a block said to be of another kind, its checksum repaired. */
    byte[] withKind(final int index, final int kind)
    {
        final List<byte[]> changed = new ArrayList<>(blocks);
        final ByteBuffer block = ByteBuffer.wrap(blocks.get(index).clone()).order(ByteOrder.LITTLE_ENDIAN);
        final int frame = BlockLayout.firstFrame(0);
        final int length = BlockLayout.nextFrame(block, frame) - frame;
        block.putShort(frame + 16, (short)kind);
        checkFrame(block, frame, length);
        changed.set(index, block.array());
        return joined(changed);
    }

    /** Make the checksum of a frame that was changed fit what is in it, so that nothing else is wrong with it. */
    static void checkFrame(final ByteBuffer block, final int frame, final int length)
    {
        final CRC32C crc = new CRC32C();
        crc.update(block.array(), frame, 4);
        crc.update(block.array(), frame + 8, length - 8);
        block.putInt(frame + 4, (int)crc.getValue());
    }

    /** The segment with another block behind it. */
    byte[] followedBy(final ByteBuffer block)
    {
        final List<byte[]> changed = new ArrayList<>(blocks);
        changed.add(Arrays.copyOf(block.array(), block.limit()));
        return joined(changed);
    }

    /** Later blocks get the numbers that follow. */
    private byte[] rebuilt(final int index, final List<LedgerEntry> entries)
    {
        final List<byte[]> changed = new ArrayList<>(blocks.subList(0, index));
        long sequence = BlockLayout.firstSequence(
            ByteBuffer.wrap(blocks.get(index)).order(ByteOrder.LITTLE_ENDIAN), 0);
        for (int i = index; i < blocks.size(); i++)
        {
            final List<LedgerEntry> inBlock = i == index ? entries : entries(i);
            final ByteBuffer old = ByteBuffer.wrap(blocks.get(i)).order(ByteOrder.LITTLE_ENDIAN);
            final ByteBuffer made = BlockLayout.block(i, sequence, BlockLayout.sealedNs(old, 0), inBlock);
            changed.add(Arrays.copyOf(made.array(), made.limit()));
            sequence += inBlock.size();
        }
        return joined(changed);
    }

    private byte[] joined(final List<byte[]> changed)
    {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(header);
        changed.forEach(bytes::writeBytes);
        return bytes.toByteArray();
    }
}
