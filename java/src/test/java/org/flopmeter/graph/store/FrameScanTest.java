/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files made frame by frame: what a pass finds in them, through a mapping that holds few of them at a time. */
class FrameScanTest
{
    private static final int ALONE = FrameLayout.FLAG_FIRST;
    private static final int BEGINS = FrameLayout.FLAG_FIRST | FrameLayout.FLAG_GOES_ON;
    private static final int WITHIN = FrameLayout.FLAG_GOES_ON;
    private static final int ENDS = 0;
    /** A mapping begins anew where a frame of the greatest length might not be in it. */
    private static final int WINDOW_LENGTH = 2 * FrameLayout.FRAME_LENGTH_MAX;

    @TempDir
    private Path work;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<String> batches = new ArrayList<>();

    /** Puts a frame at the end and returns where. */
    private int frame(final long sequence, final int flags, final int bodyLength)
    {
        header();
        final int at = bytes.size();
        final ByteBuffer frame =
            ByteBuffer.allocate(FrameLayout.frameLength(bodyLength)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < bodyLength; i++)
        {
            frame.put(FrameLayout.BODY_OFFSET + i, (byte)(sequence + i));
        }
        FrameLayout.seal(frame, 0, sequence, 7, flags, bodyLength);
        bytes.writeBytes(frame.array());
        return at;
    }

    private void header()
    {
        if (0 == bytes.size())
        {
            bytes.writeBytes(FrameLayout.header(new byte[16], 5).array());
        }
    }

    private FrameScan scan() throws IOException
    {
        final Path file = Files.write(work.resolve("store"), bytes.toByteArray());
        batches.clear();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ))
        {
            return FrameScan.of(channel, batch -> batches.add(text(batch)), WINDOW_LENGTH);
        }
    }

    private static String text(final List<FrameScan.Frame> batch)
    {
        final StringBuilder text = new StringBuilder();
        for (final FrameScan.Frame frame : batch)
        {
            final ByteBuffer body = frame.body();
            for (int i = 0; i < body.limit(); i++)
            {
                assertEquals((byte)(frame.sequence() + i), body.get(i));
            }
            assertEquals(7, frame.type());
            text.append(text.isEmpty() ? "" : " ").append(frame.sequence()).append('@').append(frame.offset())
                .append('+').append(body.limit());
        }
        return text.toString();
    }

    private void assertFound(final List<Damage> damages, final long torn, final long sequenceNext, final long end)
        throws IOException
    {
        final FrameScan scan = scan();
        assertEquals(damages, scan.damages());
        assertEquals(torn, scan.tornOffset());
        assertEquals(sequenceNext, scan.sequenceNext());
        assertEquals(end, scan.endOffset());
    }

    @Test
    void shouldFindBatchesWholeAndInOrder() throws IOException
    {
        header();
        assertFound(List.of(), -1, 1, 64);
        frame(1, ALONE, 0);
        frame(2, BEGINS, 65_504);
        frame(3, WITHIN, 1);
        frame(4, ENDS, 65_504);
        frame(5, ALONE, 3);

        assertFound(List.of(), -1, 6, 64 + 32 + 65_536 + 40 + 65_536 + 40);
        assertEquals(List.of("1@64+0", "2@96+65504 3@65632+1 4@65672+65504", "5@131208+3"), batches);
    }

    @Test
    void shouldReadOnBehindDamageOfManyWindows() throws IOException
    {
        final SplittableRandom random = new SplittableRandom(3);
        final List<String> expected = new ArrayList<>();
        final List<Damage> damages = new ArrayList<>();
        for (long sequence = 1; sequence <= 60; sequence++)
        {
            if (0 == sequence % 20)
            {
                // Zeros, as a file system leaves them; the record that lay there is lost.
                final int length = 8 * (1 + random.nextInt(30_000));
                damages.add(new Damage(bytes.size(), length, "bytes that are no record"));
                bytes.writeBytes(new byte[length]);
                continue;
            }
            final int bodyLength = random.nextInt(20_000);
            expected.add(sequence + "@" + Math.max(64, bytes.size()) + "+" + bodyLength);
            frame(sequence, ALONE, bodyLength);
        }
        // The last of the zeros have nothing behind them.
        assertFound(damages, -1, 60, bytes.size());
        assertEquals(expected, batches);
    }

    @Test
    void shouldTellABatchWhoseEndOrBeginningIsGone() throws IOException
    {
        final int one = frame(1, BEGINS, 8);
        final int two = frame(2, ALONE, 8);
        final int three = frame(3, ENDS, 8);
        final int four = frame(4, BEGINS, 8);
        bytes.writeBytes(new byte[16]);
        final int six = frame(6, ENDS, 8);
        final int seven = frame(7, ALONE, 8);

        assertFound(List.of(
            new Damage(one, two - one, "a batch that is not whole"),
            new Damage(three, four - three, "a batch that is not whole"),
            new Damage(four, six - four, "bytes that are no record"),
            new Damage(six, seven - six, "a batch that is not whole")), -1, 8, bytes.size());
        assertEquals(List.of("2@" + two + "+8", "7@" + seven + "+8"), batches);
    }

    /** A hole is told once: either as bytes, or where the bytes are gone too as numbers. */
    @Test
    void shouldTellMissingRecordsOnce() throws IOException
    {
        final int two = frame(2, ALONE, 8);
        bytes.writeBytes(new byte[40]);
        frame(5, ALONE, 8);
        final int nine = frame(9, ALONE, 8);

        assertFound(List.of(new Damage(two, 0, "missing: record 1"),
            new Damage(two + 40, 40, "bytes that are no record"),
            new Damage(nine, 0, "missing: records 6 to 8")), -1, 10, bytes.size());
        assertEquals(3, batches.size());
        assertEquals("missing: record 1 at offset 64, length 0", scan().damages().get(0).toString());
    }

    /** The shortest frame at the very end is found, too. */
    @Test
    void shouldReadOnBehindDamageToTheLastByte() throws IOException
    {
        header();
        bytes.writeBytes(new byte[48]);
        frame(2, ALONE, 0);
        assertFound(List.of(new Damage(64, 48, "bytes that are no record")), -1, 3, 144);
        assertEquals(List.of("2@112+0"), batches);
    }

    /** A block that was written twice, or comes from an older copy: its records have been there. */
    @Test
    void shouldTakeNoRecordTwice() throws IOException
    {
        frame(1, ALONE, 8);
        frame(2, ALONE, 8);
        final int again = frame(1, ALONE, 8);
        frame(2, ALONE, 8);
        final int three = frame(3, ALONE, 8);
        final int last = frame(3, ALONE, 8);

        assertFound(List.of(new Damage(again, three - again, "bytes that are no record"),
            new Damage(last, 40, "bytes that are no record")), -1, 4, bytes.size());
        assertEquals(List.of("1@64+8", "2@104+8", "3@" + three + "+8"), batches);
    }

    /** The beginning of a frame, or of a batch, at the end: its writer was killed. Anything else is damage. */
    @Test
    void shouldTellATornEndFromADamagedOne() throws IOException
    {
        final int one = frame(1, ALONE, 8);
        final int end = bytes.size();
        frame(2, BEGINS, 8);
        assertFound(List.of(), end, 2, end);
        frame(3, WITHIN, 8);
        assertFound(List.of(), end, 2, end);
        bytes.writeBytes(new byte[3]);
        assertFound(List.of(), end, 2, end);

        // 31 bytes may be the beginning of a frame, whatever they are; of 32 their first word must say so.
        truncate(end);
        bytes.writeBytes(new byte[31]);
        assertFound(List.of(), end, 2, end);
        bytes.writeBytes(new byte[1]);
        assertFound(List.of(new Damage(end, 32, "bytes that are no record")), -1, 2, end + 32);
        for (final int[] lengthAndBytes : new int[][] {{40, 32}, {65_536, 65_528}})
        {
            truncate(end);
            bytes.writeBytes(ByteBuffer.allocate(lengthAndBytes[1]).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(lengthAndBytes[0]).array());
            assertFound(List.of(), end, 2, end);
        }
        // As many bytes as the word says, or more of them than it says, and no frame: nobody's beginning.
        for (final int[] lengthAndBytes : new int[][] {{32, 32}, {40, 300_000}, {65_544, 65_536}})
        {
            truncate(end);
            bytes.writeBytes(ByteBuffer.allocate(lengthAndBytes[1]).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(lengthAndBytes[0]).array());
            assertFound(List.of(new Damage(end, lengthAndBytes[1], "bytes that are no record")), -1, 2, bytes.size());
        }
        assertEquals(List.of("1@" + one + "+8"), batches);
    }

    private void truncate(final int length)
    {
        final byte[] all = bytes.toByteArray();
        bytes.reset();
        bytes.write(all, 0, length);
    }

    @Test
    void shouldTellADamagedHeaderAndReadOn() throws IOException
    {
        frame(1, ALONE, 8);
        final byte[] all = bytes.toByteArray();
        all[20] ^= 1;
        bytes.reset();
        bytes.writeBytes(all);
        assertFound(List.of(new Damage(0, 64, "a damaged header")), -1, 2, 104);
        assertEquals(List.of("1@64+8"), batches);
    }

    @Test
    void shouldRefuseAnotherVersionAndOtherFiles() throws IOException
    {
        final ByteBuffer header = FrameLayout.header(new byte[16], 5);
        header.putInt(8, 2);
        final CRC32C crc = new CRC32C();
        crc.update(header.array(), 0, 60);
        header.putInt(60, (int)crc.getValue());
        bytes.writeBytes(header.array());
        assertEquals("offset 8: expected version 1, found 2",
            assertThrows(GraphStoreException.class, this::scan).getMessage());
        header.put(8, (byte)1);
        header.put(0, (byte)1);
        bytes.reset();
        bytes.writeBytes(header.array());
        assertEquals("offset 0: expected the header of a graph store, found other bytes",
            assertThrows(GraphStoreException.class, this::scan).getMessage());
    }

    @Test
    void shouldTakeTheLongestBatchAndRefuseOneThatIsLonger() throws IOException
    {
        frame(1, BEGINS, 0);
        for (long sequence = 2; sequence < FrameScan.BATCH_FRAMES_MAX; sequence++)
        {
            frame(sequence, WITHIN, 0);
        }
        final int last = frame(FrameScan.BATCH_FRAMES_MAX, ENDS, 0);
        assertFound(List.of(), -1, FrameScan.BATCH_FRAMES_MAX + 1, last + 32);
        assertTrue(1 == batches.size() && batches.get(0).endsWith(" 65536@" + last + "+0"));

        truncate(last);
        frame(FrameScan.BATCH_FRAMES_MAX, WITHIN, 0);
        assertEquals("offset 64: a batch of more than 65536 records",
            assertThrows(GraphStoreException.class, this::scan).getMessage());
    }
}
