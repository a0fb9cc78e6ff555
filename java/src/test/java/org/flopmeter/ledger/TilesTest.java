/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.junit.jupiter.api.Test;

/**
 * A published ledger is read by a second reader, from its tiles alone; a log that another implementation published is
 * read by that reader, and made again by ours, byte for byte. Paths are those of Tessera's api/layout/paths_test.go.
 */
class TilesTest
{
    private static final Path TESSERA =
        Path.of(System.getProperty("flopmeter.root")).resolve("testdata/tlog/tessera");
    private static final NoteKey TESSERA_KEY =
        NoteKey.parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx");
    private static final int TESSERA_SIZE = 15;

    /** A directory in memory, which counts what is written. */
    private static final class Published implements Tiles.Target
    {
        final Map<String, byte[]> files = new TreeMap<>();

        @Override
        public boolean has(final String path, final long length)
        {
            return files.containsKey(path) && files.get(path).length == length;
        }

        @Override
        public void put(final String path, final byte[] bytes)
        {
            assertFalse(files.containsKey(path) && !Tiles.CHECKPOINT.equals(path), path + " is written twice");
            files.put(path, bytes);
        }

        TileReader reader() throws IOException
        {
            return new TileReader(files::get, Tiles.CHECKPOINT);
        }

        Note checkpoint()
        {
            return files.containsKey(Tiles.CHECKPOINT) ? Note.parse(files.get(Tiles.CHECKPOINT)) : null;
        }
    }

    private static Tiles.Published publish(final Disk disk, final Published target) throws IOException
    {
        return Tiles.publish(disk, target.checkpoint(), note -> note, target);
    }

    @Test
    void shouldNameFilesAsTesseraDoes()
    {
        assertEquals("tile/0/000", Tiles.path("0", 0, 256));
        assertEquals("tile/0/000.p/255", Tiles.path("0", 0, 255));
        assertEquals("tile/15/x455/667", Tiles.path("15", 455_667, 256));
        assertEquals("tile/15/x123/x456/789.p/41", Tiles.path("15", 123_456_789, 41));
        assertEquals("tile/entries/255.p/253", Tiles.path("entries", 255, 253));
        assertEquals("tile/entries/x123/x456/789", Tiles.path("entries", 123_456_789, 256));
        assertEquals("tile/0/x001/x234/067", Tiles.path("0", 1_234_067, 256));
        assertEquals("tile/0/x001/000", Tiles.path("0", 1_000, 256));
    }

    @Test
    void shouldMakeTheLogAgainThatTesseraPublished() throws IOException
    {
        final TileReader.Source source = path ->
            Files.exists(TESSERA.resolve(path)) ? Files.readAllBytes(TESSERA.resolve(path)) : null;
        final MerkleTree tree = new MerkleTree();
        final List<byte[]> entries = new TileReader(source, "checkpoint." + TESSERA_SIZE).entries();
        assertEquals("fivten", new String(entries.get(TESSERA_SIZE - 1)));
        for (int size = 0; size <= TESSERA_SIZE; size++)
        {
            final Note note = Note.parse(Files.readAllBytes(TESSERA.resolve("checkpoint." + size)));
            note.verify(List.of(TESSERA_KEY));
            final Checkpoint checkpoint = Checkpoint.parse(note.text());
            assertEquals(size, checkpoint.size());
            assertEquals("example.com/log/testdata", checkpoint.origin());
            if (size > 0)
            {
                tree.append(MerkleProof.leafHash(entries.get(size - 1)));
                final byte[] tile = new byte[32 * size];
                for (int i = 0; i < size; i++)
                {
                    System.arraycopy(tree.leaf(i), 0, tile, 32 * i, 32);
                }
                assertArrayEquals(source.get(Tiles.path("0", 0, size)), tile);
                assertTrue(new TileReader(source, "checkpoint." + size).isWhole());
            }
            assertArrayEquals(checkpoint.root(), tree.root());
            assertEquals(note.text(), checkpoint.text());
        }
    }

    @Test
    void shouldPublishALedgerThatGrows() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Session session = Session.begin(disk, 1);
        final Published target = new Published();
        long size = 0;
        for (final int until : new int[] { 1, 2, 255, 256, 257, 511, 512, 600 })
        {
            while (session.writer().blocks() < until)
            {
                assertTrue(session.interval());
            }
            session.writer().checkpoint();
            size = session.writer().blocks();
            final int files = target.files.size() - (target.files.isEmpty() ? 0 : 1);
            final Tiles.Published published = publish(disk, target);
            assertEquals(target.files.size() - files, published.files());
            assertEquals(size, published.checkpoint().size());
            assertEquals(size, target.reader().size());
            assertTrue(target.reader().isWhole(), "size " + size);
            target.checkpoint().verify(List.of(Session.SIGNER.noteKey()));
        }
        assertEquals(1, publish(disk, target).files(), "only the checkpoint is written again");
        assertTrue(target.files.containsKey("tile/1/000.p/2"), target.files.keySet()::toString);
        assertTrue(target.files.containsKey("tile/0/001"), target.files.keySet()::toString);
        assertTrue(target.files.containsKey("tile/entries/001"), target.files.keySet()::toString);
        assertTrue(target.files.containsKey("tile/0/002.p/" + (size - 512)), target.files.keySet()::toString);
        assertEquals(size, target.reader().entries().size());

        // Canary: every file of it, changed in one bit.
        for (final String path : List.copyOf(target.files.keySet()))
        {
            final byte[] bytes = target.files.get(path);
            final boolean isRead = path.equals(Tiles.CHECKPOINT) || !path.contains(".p/") ||
                path.equals("tile/1/000.p/2") || path.endsWith("/002.p/" + (size - 512));
            final byte[] changed = bytes.clone();
            changed[path.equals(Tiles.CHECKPOINT) ? bytes.length / 4 : bytes.length - 1] ^= 1;
            target.files.put(path, changed);
            assertEquals(!isRead, isWhole(target), path);
            target.files.put(path, bytes);
        }
        assertTrue(isWhole(target));
    }

    private static boolean isWhole(final Published target)
    {
        try
        {
            return target.reader().isWhole();
        }
        catch (final IOException | RuntimeException ex)
        {
            return false;
        }
    }

    /** An entry of a bundle has at most 64 KiB. */
    @Test
    void shouldPublishLongBlocksUnderAnotherName() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(2_000, 2);
        final Published target = new Published();
        final long size = publish(disk, target).checkpoint().size();
        assertTrue(target.files.containsKey("tile/blocks/000.p/" + size), target.files.keySet()::toString);
        assertFalse(target.files.containsKey("tile/entries/000.p/" + size));
        assertTrue(target.reader().isWhole());
        assertTrue(target.reader().entries().stream().anyMatch(entry -> entry.length > 0xFFFF));
    }

    @Test
    void shouldRefuseWhatDoesNotGoOn() throws IOException
    {
        final Published target = new Published();
        final SimulatedDisk disk = Session.ledger(2, 9);
        publish(disk, target);
        final int files = target.files.size();
        assertThrows(LedgerException.class, () -> publish(Session.ledger(1, 12), target), "another history");
        assertThrows(LedgerException.class, () -> publish(Session.ledger(2, 3), target), "an older state");
        final SimulatedDisk unsigned = disk.copy();
        unsigned.remove("checkpoint");
        assertEquals("no checkpoint; sign one: flopmeter ledger checkpoint",
            assertThrows(LedgerException.class, () -> publish(unsigned, target)).getMessage());
        final SimulatedDisk damaged = disk.copy();
        final byte[] segment = disk.bytes("00000001.ledger");
        segment[segment.length / 2] ^= 1;
        damaged.put("00000001.ledger", segment);
        assertEquals("the ledger is damaged and is not published; see: flopmeter verify",
            assertThrows(LedgerException.class, () -> publish(damaged, target)).getMessage());
        assertEquals(files, target.files.size(), "nothing of them was written");
    }
}
