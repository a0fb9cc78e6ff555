/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.LedgerWriter.Position;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever writes goes by what it reads here: every whole block that counts, once, with its numbers. */
class EntryScanTest
{
    private final SimulatedDisk disk = new SimulatedDisk();
    private List<String> names;
    private long blocks;

    @BeforeEach
    void write() throws IOException
    {
        final Session session = Session.begin(disk, Session.EPOCH, 2, 1_500);
        for (int i = 0; i < 9; i++)
        {
            assertTrue(session.interval());
        }
        blocks = session.writer().blocks();
        session.writer().close();
        names = SegmentScan.segments(disk.list());
        assertTrue(names.size() >= 3 && Blocks.of(disk.bytes(names.get(1))).count() > 1, names::toString);
    }

    /** Entries as they are read, each as its block, its number and itself. */
    private List<String> scanned(final Position from, final long until) throws IOException
    {
        final List<String> entries = new ArrayList<>();
        EntryScan.scan(disk, from, until,
            (entry, sequence, block) -> entries.add(block + ", " + sequence + ", " + entry));
        return entries;
    }

    private List<String> expected(final int firstSegment, final int firstBlock)
    {
        final List<String> entries = new ArrayList<>();
        long block = 0;
        for (int i = 0; i < names.size(); i++)
        {
            final Blocks there = Blocks.of(disk.bytes(names.get(i)));
            for (int j = 0; j < there.count(); j++, block++)
            {
                long sequence = there.sequence(j);
                for (final LedgerEntry entry : there.entries(j))
                {
                    if (i > firstSegment || i == firstSegment && j >= firstBlock)
                    {
                        entries.add(block + ", " + sequence + ", " + entry);
                    }
                    sequence++;
                }
            }
        }
        return entries;
    }

    @Test
    void shouldReadEverythingFromAPlaceOn() throws IOException
    {
        assertEquals(expected(0, 0), scanned(Position.BEGINNING, blocks));
        for (int i = 0; i < names.size(); i++)
        {
            final Blocks there = Blocks.of(disk.bytes(names.get(i)));
            for (int j = 0; j <= there.count(); j++)
            {
                assertEquals(expected(i, j), scanned(new Position(i + 1, there.offset(j)), blocks));
            }
        }
        assertEquals(List.of(), scanned(new Position(names.size() + 1, 64), blocks));
    }

    @Test
    void shouldStopWhereTheLedgerEnds() throws IOException
    {
        final List<String> all = expected(0, 0);
        for (long until = 0; until <= blocks; until++)
        {
            final long end = until;
            assertEquals(all.stream().filter(entry -> Long.parseLong(entry.substring(0, entry.indexOf(','))) < end)
                .toList(), scanned(Position.BEGINNING, until));
        }
    }

    /** What a later segment begins anew counts there; a block is taken once. */
    @Test
    void shouldTakeABlockFromTheSegmentThatHolds() throws IOException
    {
        final List<String> all = expected(0, 0);
        final byte[] first = disk.bytes(names.get(0));
        final int count = Blocks.of(first).count();
        disk.put(names.get(0), Blocks.of(first).withBlockOf(count));
        assertEquals(all, scanned(Position.BEGINNING, blocks));
        disk.put(names.get(0), Blocks.of(first).doubled(count - 1));
        assertEquals(all, scanned(Position.BEGINNING, blocks));
    }

    /** Damage is told by who verifies; a meter that starts goes on with what is whole. */
    @Test
    void shouldLeaveOutBlocksThatAreNotWhole() throws IOException
    {
        final byte[] first = disk.bytes(names.get(0));
        final Blocks there = Blocks.of(first);
        final List<String> all = new ArrayList<>(expected(0, 0));
        final byte[] damaged = first.clone();
        // In its last entry: those before it are whole, and are not taken either.
        damaged[(int)there.offset(2) - 20] ^= 1;
        disk.put(names.get(0), damaged);
        all.removeIf(entry -> entry.startsWith("1, "));
        assertEquals(all, scanned(Position.BEGINNING, blocks));

        final byte[] noHeader = first.clone();
        noHeader[10] ^= 1;
        disk.put(names.get(0), noHeader);
        assertEquals(expected(0, 0), scanned(Position.BEGINNING, blocks));
        final byte[] noLastHeader = disk.bytes(names.get(names.size() - 1));
        noLastHeader[10] ^= 1;
        disk.put(names.get(names.size() - 1), noLastHeader);
        assertEquals(expected(0, 0), scanned(Position.BEGINNING, blocks));
    }

    @Test
    void shouldKnowWhoSignsLast() throws IOException
    {
        assertArrayEquals(new byte[0], EntryScan.lastSigner(new SimulatedDisk()));
        assertArrayEquals(Session.SIGNER.noteKey().key().raw(), EntryScan.lastSigner(disk));
        final NoteSigner next = new NoteSigner(
            Session.SIGNER.name(), SigningKey.generate(SignatureAlgorithm.ED25519));
        final LedgerWriter writer = LedgerWriter.open(disk, new Session.Clock(), Session.SIGNER, "test");
        assertTrue(writer.rotate(next));
        assertArrayEquals(next.noteKey().key().raw(), EntryScan.lastSigner(disk));
        assertTrue(writer.revoke());
        writer.close();
        assertArrayEquals(next.noteKey().key().raw(), EntryScan.lastSigner(disk), "nobody comes after it");
    }
}
