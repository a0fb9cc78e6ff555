/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The ring of a lane is Agrona's, byte by byte: the stock reader, bounds checks on, reads what the C library writes,
 * while it writes, over many wraps. Offsets are those of docs/design/0001-wire-format.md, not of the code under test.
 */
final class StockRingBufferTest
{
    private static final Path WORKER = Path.of(System.getProperty("flopmeter.native.build", "target/native"))
        .resolve("native/test/flopmeter_worker");
    private static final Path CANARY = WORKER.resolveSibling("libflopmeter_canary_next_header.so");
    private static final long FLOP_COUNT = (1L << 33) + 1_000_003;
    private static final int WRAPS = 50;
    private static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(120);

    @TempDir
    private Path directory;

    private long samples;
    private long sequence;
    private BigInteger flopTotal = BigInteger.ZERO;

    @Test
    void shouldReadWhatTheCLibraryWritesOverManyWraps() throws Exception
    {
        assumeTrue(Files.isExecutable(WORKER), "no flopmeter_worker was built");
        assertTrue(UnsafeBuffer.SHOULD_BOUNDS_CHECK, "this test is worth little without bounds checks");
        writeControl();
        readAll(null);
    }

    /** The library without the zeroing of the next header, to which the stock reader trusts. */
    @Test
    void shouldCatchThePlantedBug() throws Exception
    {
        assumeTrue(Files.isExecutable(WORKER), "no flopmeter_worker was built");
        assumeTrue(Files.isRegularFile(CANARY), "no canary was built");
        writeControl();
        final Throwable caught = assertThrows(Throwable.class, () -> readAll(CANARY));
        assertTrue(caught instanceof AssertionError || caught instanceof IndexOutOfBoundsException, caught::toString);
    }

    private void readAll(final Path preload) throws Exception
    {
        final ProcessBuilder builder = new ProcessBuilder(WORKER.toString(), "until-eof", Long.toString(FLOP_COUNT));
        builder.environment().put("FLOPMETER_LANE_DIR", directory.toString());
        builder.environment().put("FLOPMETER_LANE_RING", "16384");
        if (null != preload)
        {
            builder.environment().put("LD_PRELOAD", preload.toString());
        }
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        final Process process = builder.start();
        try
        {
            final BufferedReader printed = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            assertEquals("ready", printed.readLine());
            final MappedByteBuffer lane = mapLane();
            final OneToOneRingBuffer ring = ringOf(lane);
            readUntilWrapped(ring, process);
            process.getOutputStream().close();
            while (process.isAlive())
            {
                ring.read(this::onBatch);
            }
            while (ring.read(this::onBatch) > 0)
            {
                Thread.onSpinWait();
            }
            assertExact(lane, ring, new BigInteger(printed.readLine()));
        }
        finally
        {
            process.destroyForcibly();
        }
    }

    private void readUntilWrapped(final OneToOneRingBuffer ring, final Process process)
    {
        final long beginNs = System.nanoTime();
        while (ring.consumerPosition() < (long)WRAPS * ring.capacity())
        {
            ring.read(this::onBatch);
            assertTrue(process.isAlive(), "the producer ended");
            assertTrue(System.nanoTime() - beginNs < TIMEOUT_NS, () -> "stuck at " + ring.consumerPosition());
        }
    }

    private void onBatch(final int type, final DirectBuffer buffer, final int index, final int length)
    {
        assertEquals(1, type);
        assertEquals(++sequence, buffer.getLong(index, ByteOrder.LITTLE_ENDIAN));
        final int count = buffer.getInt(index + 16, ByteOrder.LITTLE_ENDIAN);
        assertEquals(length, 24 + 16 * count);
        addSamples(buffer, index + 24, count);
    }

    private void addSamples(final DirectBuffer buffer, final int index, final int count)
    {
        long batchSum = 0;
        for (int i = 0; i < count; i++)
        {
            assertEquals(0, buffer.getInt(index + 16 * i, ByteOrder.LITTLE_ENDIAN), "slot");
            batchSum += buffer.getLong(index + 16 * i + 8, ByteOrder.LITTLE_ENDIAN);
        }
        samples += count;
        flopTotal = flopTotal.add(BigInteger.valueOf(batchSum));
    }

    /** What the stock reader saw, the batch that was open when the producer ended, and what found no room. */
    private void assertExact(final MappedByteBuffer lane, final OneToOneRingBuffer ring, final BigInteger printed)
    {
        final long byReader = samples;
        final int record = ringOffset(lane) + (int)(ring.consumerPosition() % ring.capacity());
        if (lane.getInt(record) < 0)
        {
            addSamples(new UnsafeBuffer(lane), record + 32, lane.getInt(record + 24));
        }
        final long ofRing = samples;
        final int folds = (int)lane.getLong(64);
        for (int slot = 0; slot < lane.getInt(132); slot++)
        {
            final int cell = folds + 64 * slot;
            final int copy = cell + (0 == (lane.getLong(cell) & 1) ? 8 : 32);
            assertEquals(0, lane.getLong(copy + 8), "more than 64 bits were not expected");
            flopTotal = flopTotal.add(new BigInteger(Long.toUnsignedString(lane.getLong(copy))));
            samples += lane.getLong(copy + 16);
        }
        addJournal(lane, folds);
        assertEquals(printed, flopTotal, () -> "ring " + ofRing + " samples, folded " + (samples - ofRing));
        assertEquals(printed, BigInteger.valueOf(FLOP_COUNT).multiply(BigInteger.valueOf(samples)));
        // 126 samples fill a record of 2048 bytes: so much at least must have come through so many wraps.
        assertTrue(byReader > (long)WRAPS * ring.capacity() / 2048 * 100, () -> byReader + " samples by the reader");
    }

    /** What was folded last and is in no cell yet. */
    private void addJournal(final MappedByteBuffer lane, final int folds)
    {
        final int journal = (int)lane.getLong(96);
        for (int i = 0; i < lane.getInt(journal + 56); i++)
        {
            final int sample = journal + 64 + 16 * i;
            final long cellEpoch = lane.getLong(folds + 64 * lane.getInt(sample)) >>> 1;
            if (cellEpoch < lane.getLong(journal))
            {
                flopTotal = flopTotal.add(new BigInteger(Long.toUnsignedString(lane.getLong(sample + 8))));
                samples++;
            }
        }
    }

    private OneToOneRingBuffer ringOf(final MappedByteBuffer lane)
    {
        final int capacity = lane.getInt(52);
        assertEquals(16384, capacity);
        assertEquals(768, RingBufferDescriptor.TRAILER_LENGTH);
        return new OneToOneRingBuffer(
            new UnsafeBuffer(lane, ringOffset(lane), capacity + RingBufferDescriptor.TRAILER_LENGTH));
    }

    private static int ringOffset(final MappedByteBuffer lane)
    {
        return (int)lane.getLong(72);
    }

    private MappedByteBuffer mapLane() throws IOException
    {
        final long beginNs = System.nanoTime();
        while (System.nanoTime() - beginNs < TIMEOUT_NS)
        {
            try (Stream<Path> files = Files.list(directory))
            {
                final Path lane = files.filter((file) -> file.toString().endsWith(".lane")).findAny().orElse(null);
                if (null != lane)
                {
                    return map(lane);
                }
            }
        }
        throw new IllegalStateException("no lane appeared");
    }

    private static MappedByteBuffer map(final Path lane) throws IOException
    {
        try (FileChannel channel = FileChannel.open(lane, StandardOpenOption.READ, StandardOpenOption.WRITE))
        {
            final MappedByteBuffer bytes = channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size());
            bytes.order(ByteOrder.LITTLE_ENDIAN);
            return bytes;
        }
    }

    /** A meter that accepts. */
    private void writeControl() throws IOException
    {
        final ByteBuffer control = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
        control.putLong(0, 0x4C525443504F4C46L).putInt(8, 1).putInt(12, 8192).putLong(16, 1);
        control.putInt(24, 1).putInt(28, 1).putLong(64, System.nanoTime());
        Files.write(directory.resolve("control"), control.array());
        Files.setPosixFilePermissions(directory.resolve("control"), PosixFilePermissions.fromString("rw-------"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
}
