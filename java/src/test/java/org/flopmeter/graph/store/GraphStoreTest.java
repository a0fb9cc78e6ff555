/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.StoreContents.Entry;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphStoreTest
{
    /** Every length and every bit, but for mutation tests. */
    private static final int STEP = Suite.stride(1, 1);

    @TempDir
    private Path state;

    private GraphStore store;
    private Path file;

    @BeforeEach
    void open()
    {
        store = GraphStore.of(state);
        file = store.file();
    }

    @Test
    void shouldGiveBackWhatWasAppended() throws IOException
    {
        assertEquals(List.of(), store.read().entries());

        assertEquals(1, store.append(Records::ofEveryType));
        final List<GraphRecord> second = List.of(Records.begun("train", 5));
        assertEquals(16, GraphStore.of(state).append(second));

        final List<GraphRecord> expected = new ArrayList<>(Records.ofEveryType(1));
        expected.addAll(second);
        assertEquals(expected, records(store.read()));
        assertEquals(16, store.read().entries().get(15).sequence());
        assertEquals(List.of(), store.read().damages());
        assertEquals(-1, store.read().tornOffset());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
    }

    /** What somebody derived from the records he keeps under their stamp. */
    @Test
    void shouldStampWhatIsRecorded() throws IOException
    {
        assertNull(store.stamp(), "nothing");
        store.append(List.of(Records.begun("one", 1)));
        final String one = store.stamp();
        assertTrue(one.matches("[0-9a-f]{32}/" + Files.size(file) + "/2"), one);
        assertEquals(one, store.stamp());
        assertEquals(one, GraphStore.of(state).stamp());
        final byte[] first = Files.readAllBytes(file);
        store.append(Records::ofEveryType);
        final String all = store.stamp();
        assertEquals(one.substring(0, 33) + Files.size(file) + "/17", all);
        final byte[] whole = Files.readAllBytes(file);

        // No end of a batch, no stamp: bytes behind it, a part of it, a beginning of it alone, a damaged header.
        for (final int length : new int[] {whole.length - 1, whole.length - 8, first.length + 8, first.length - 8,
            FrameLayout.HEADER_LENGTH + 32, FrameLayout.HEADER_LENGTH + 8, FrameLayout.HEADER_LENGTH - 1, 0})
        {
            Files.write(file, Arrays.copyOf(whole, length));
            assertNull(store.stamp(), "cut at " + length);
        }
        Files.write(file, Arrays.copyOf(whole, whole.length + 8));
        assertNull(store.stamp());
        final int secondLength = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getInt(first.length);
        Files.write(file, Arrays.copyOf(whole, first.length + secondLength));
        assertNull(store.stamp(), "the batch goes on");
        for (final int at : new int[] {0, 8, 20, 62})
        {
            poke(0, whole);
            poke(at, new byte[] {(byte)(whole[at] ^ 77)});
            assertNull(store.stamp(), "header, byte " + at);
        }

        Files.write(file, Arrays.copyOf(whole, FrameLayout.HEADER_LENGTH));
        assertEquals(one.substring(0, 33) + "64/1", store.stamp(), "a store without a record");
        final ByteBuffer shortest = ByteBuffer.allocate(FrameLayout.FRAME_LENGTH_MIN).order(ByteOrder.LITTLE_ENDIAN);
        FrameLayout.seal(shortest, 0, 5, 99, FrameLayout.FLAG_FIRST, 0);
        poke(FrameLayout.HEADER_LENGTH, shortest.array());
        assertEquals(one.substring(0, 33) + "96/6", store.stamp(), "whatever the record is");
        for (final byte[] length : new byte[][] {{40, 0, 0, 0}, {104, 0, 0, 0}, {0, 0, 1, 0}})
        {
            poke(FrameLayout.HEADER_LENGTH + 28, length);
            assertNull(store.stamp(), "its last word says that it began before the records, or before the file");
        }
        Files.delete(file);
        store.append(List.of(Records.begun("one", 1)));
        assertNotEquals(one, store.stamp(), "another store");
    }

    /** Killed between the header and the first record: the store is there, and empty. */
    @Test
    void shouldGoOnBehindAHeaderAlone() throws IOException
    {
        store.append(List.of(Records.begun("one", 1)));
        final byte[] header = Arrays.copyOf(Files.readAllBytes(file), FrameLayout.HEADER_LENGTH);
        Files.write(file, header);

        assertEquals(List.of(), store.read().entries());
        assertEquals(List.of(), store.read().damages());
        assertEquals(-1, store.read().tornOffset());
        assertEquals(1, store.append(List.of(Records.begun("two", 1))));
        assertArrayEquals(header, Arrays.copyOf(Files.readAllBytes(file), FrameLayout.HEADER_LENGTH));

        // A header that was damaged makes every total unbounded, and the records are there.
        poke(20, new byte[] {(byte)~header[20]});
        assertEquals(List.of(new Damage(0, 64, "a damaged header")), store.read().damages());
        assertEquals(2, store.append(List.of(Records.begun("three", 1))));
        assertEquals(List.of(Records.begun("two", 1), Records.begun("three", 1)), records(store.read()));
    }

    @Test
    void shouldTakeBatchesOfOneToTheMostRecords() throws IOException
    {
        final GraphRecord ended = new Ended(1, 2, 3);
        final GraphRecord begun = Records.begun("one", 1);
        for (final int count : new int[] {0, FrameScan.BATCH_FRAMES_MAX + 1})
        {
            assertEquals("a batch has 1 to 65536 records, not " + count, assertThrows(IllegalArgumentException.class,
                () -> store.append(Collections.nCopies(count, begun))).getMessage());
        }
        assertEquals(1, store.append(Collections.nCopies(FrameScan.BATCH_FRAMES_MAX, ended)));
        assertEquals(65_537, store.append(List.of(begun)));
        assertEquals(65_537, store.read().entries().size());
        assertEquals(65_538, store.read().sequenceNext());
    }

    @Test
    void shouldShortenATextThatDoesNotFit()
    {
        final String character = "\ud840\udc00";
        store.append(List.of(new Begun(1, "id", "run", "node", character.repeat(5000), "")));

        final Begun begun = (Begun)store.read().entries().get(0).record();
        assertEquals(character.repeat(RecordCodec.TEXT_LENGTH_MAX / 4), begun.command());
    }

    /** Killed after any byte: what was acknowledged is there, nothing of the rest, and the next append goes on. */
    @Test
    void shouldSurviveAKillAtEveryByte() throws IOException
    {
        store.append(Records::ofEveryType);
        final long acknowledged = Files.size(file);
        store.append(first -> List.of(Records.begun("train", 5), new Ended(first, 6, 0), Records.read(first, 1, 6)));
        final byte[] whole = Files.readAllBytes(file);
        int torn = 0;
        for (int length = (int)acknowledged; length < whole.length; length += STEP)
        {
            Files.write(file, Arrays.copyOf(whole, length));

            final StoreContents contents = store.read();

            assertEquals(Records.ofEveryType(1), records(contents), "cut at " + length);
            assertEquals(List.of(), contents.damages(), "cut at " + length);
            assertEquals(length == acknowledged ? -1 : acknowledged, contents.tornOffset(), "cut at " + length);
            torn += contents.tornOffset() >= 0 ? 1 : 0;
            assertEquals(16, store.append(List.of(Records.begun("again", 7))), "cut at " + length);
            assertEquals(16, store.read().entries().size(), "cut at " + length);
            assertEquals(-1, store.read().tornOffset());
            assertTrue(length == acknowledged || Arrays.equals(
                Arrays.copyOfRange(whole, (int)acknowledged, length),
                Files.readAllBytes(file.resolveSibling("records.cut-" + acknowledged))), "what was cut is kept");
        }
        assertEquals((whole.length - acknowledged - 1) / STEP, torn);
    }

    /** A file that is still being made: no record was acknowledged, so none is missed. */
    @Test
    void shouldBeginAgainWhereTheHeaderIsNotWhole() throws IOException
    {
        store.append(List.of(Records.begun("prep", 1)));
        final byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < FrameLayout.HEADER_LENGTH; length += STEP)
        {
            Files.write(file, Arrays.copyOf(whole, length));

            assertEquals(List.of(), store.read().entries());
            assertEquals(0 == length ? -1 : 0, store.read().tornOffset());
            assertEquals(1, store.append(List.of(Records.begun("prep", 2))));
            assertEquals(List.of(Records.begun("prep", 2)), records(store.read()));
        }
    }

    @Test
    void shouldDetectEveryFlippedBit() throws IOException
    {
        store.append(Records::ofEveryType);
        store.append(List.of(Records.begun("train", 5)));
        store.append(List.of(Records.begun("last", 5)));
        final byte[] whole = Files.readAllBytes(file);
        final List<GraphRecord> expected = records(store.read());

        assertEquals(List.of(), undetected(whole, expected));
    }

    /** Canary: where the CRC is made to fit, the same test finds that bits flip unseen. */
    @Test
    void shouldFindBitsThatNoCrcCovers() throws IOException
    {
        store.append(List.of(Records.begun("prep", 5)));
        final byte[] whole = Files.readAllBytes(file);
        final ByteBuffer planted = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
        planted.put(FrameLayout.HEADER_LENGTH + FrameLayout.BODY_OFFSET, (byte)4);
        final int bodyLength = planted.getInt(FrameLayout.HEADER_LENGTH + 20);
        FrameLayout.seal(planted, FrameLayout.HEADER_LENGTH, 1, 1, FrameLayout.FLAG_FIRST, bodyLength);
        Files.write(file, planted.array());

        assertFalse(isDetected(List.of(Records.begun("prep", 5))));
    }

    /** Bits whose flip gives other records, or fewer, and no word about it. */
    private List<Integer> undetected(final byte[] whole, final List<GraphRecord> expected) throws IOException
    {
        final List<Integer> bits = new ArrayList<>();
        for (int bit = 0; bit < whole.length * Byte.SIZE; bit += STEP)
        {
            final int at = bit / Byte.SIZE;
            poke(at, new byte[] { (byte)(whole[at] ^ 1 << bit % Byte.SIZE) });
            if (!isDetected(expected))
            {
                bits.add(bit);
            }
            poke(at, new byte[] { whole[at] });
        }
        return bits;
    }

    /** Is it told that the file is not what it was, and is nothing read that was never written? */
    private boolean isDetected(final List<GraphRecord> expected)
    {
        try
        {
            final StoreContents contents = store.read();
            return (!contents.damages().isEmpty() || contents.tornOffset() >= 0) &&
                expected.containsAll(records(contents));
        }
        catch (final GraphStoreException refused)
        {
            return refused.getMessage().startsWith(file + ": offset ");
        }
    }

    @Test
    void shouldLocateDamageInTheMiddleAndReadOn() throws IOException
    {
        store.append(List.of(Records.begun("one", 1)));
        final long begin = Files.size(file);
        store.append(first -> List.of(Records.begun("two", 2), new Ended(first, 3, 0), Records.read(first, 1, 3)));
        final long end = Files.size(file);
        store.append(List.of(Records.begun("three", 3)));
        poke(begin + 120, new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 });

        final StoreContents contents = store.read();

        assertEquals(List.of(Records.begun("one", 1), Records.begun("three", 3)), records(contents));
        assertEquals(begin, contents.damages().get(0).offset());
        final Damage last = contents.damages().get(contents.damages().size() - 1);
        assertEquals(end, last.offset() + last.length());
        assertEquals(6, store.append(List.of(Records.begun("four", 4))));
        assertEquals(3, store.read().entries().size());
        assertEquals(contents.damages(), store.read().damages());
    }

    @Test
    void shouldTellRecordsThatWereTakenOut() throws IOException
    {
        store.append(List.of(Records.begun("one", 1)));
        final int begin = (int)Files.size(file);
        store.append(List.of(Records.begun("two", 2)));
        final int end = (int)Files.size(file);
        store.append(List.of(Records.begun("three", 3)));
        final byte[] whole = Files.readAllBytes(file);
        final byte[] shorter = Arrays.copyOf(whole, whole.length - (end - begin));
        System.arraycopy(whole, end, shorter, begin, whole.length - end);
        Files.write(file, shorter);

        final StoreContents contents = store.read();

        assertEquals(2, contents.entries().size());
        assertEquals(List.of(new Damage(begin, 0, "missing: record 2")), contents.damages());
    }

    /** What a power cut may leave: a file that was made longer, and not filled. */
    @Test
    void shouldGoOnBehindZerosAtTheEnd() throws IOException
    {
        store.append(List.of(Records.begun("one", 1)));
        final long end = Files.size(file);
        poke(end, new byte[101]);

        assertEquals(List.of(new Damage(end, 101, "bytes that are no record")), store.read().damages());
        assertEquals(2, store.append(List.of(Records.begun("two", 2))));
        assertEquals(List.of(Records.begun("one", 1), Records.begun("two", 2)), records(store.read()));
        assertEquals(end, store.read().damages().get(0).offset());
    }

    @Test
    void shouldRefuseWhatIsNoStoreOrSaysWhatCannotBe() throws IOException
    {
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[4096]);
        assertRefused("offset 0: expected the header of a graph store");
        assertThrows(GraphStoreException.class, () -> store.append(List.of(Records.begun("one", 1))));

        Files.delete(file);
        store.append(List.of(Records.begun("one", 1)));
        final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        final int bodyLength = bytes.getInt(FrameLayout.HEADER_LENGTH + 20);
        FrameLayout.seal(bytes, FrameLayout.HEADER_LENGTH, 1, 99, FrameLayout.FLAG_FIRST, bodyLength);
        Files.write(file, bytes.array());
        assertRefused("offset 64: a record of the unknown type 99");
        FrameLayout.seal(bytes, FrameLayout.HEADER_LENGTH, 1, 2, FrameLayout.FLAG_FIRST, bodyLength);
        Files.write(file, bytes.array());
        assertRefused("offset 64: ");

        Files.delete(file);
        Files.createSymbolicLink(file, state.resolve("elsewhere"));
        assertThrows(GraphStoreException.class, () -> store.append(List.of(Records.begun("one", 1))));
        assertRefused(file + ": expected a regular file");
        assertFalse(Files.exists(state.resolve("elsewhere")));
    }

    /** Where the store's directory should be is something else: nothing is followed, nothing is written. */
    @Test
    void shouldRefuseADirectoryThatIsNone() throws IOException
    {
        final Path elsewhere = Files.createDirectory(state.resolve("elsewhere"));
        Files.createSymbolicLink(file.getParent(), elsewhere);
        assertThrows(GraphStoreException.class, () -> store.append(List.of(Records.begun("one", 1))));
        Files.delete(file.getParent());
        Files.createFile(file.getParent());
        assertThrows(GraphStoreException.class, () -> store.append(List.of(Records.begun("one", 1))));
        try (Stream<Path> files = Files.list(elsewhere))
        {
            assertEquals(0, files.count());
        }
        final GraphStore deep = GraphStore.of(state.resolve("not").resolve("yet"));
        assertEquals(1, deep.append(List.of(Records.begun("one", 1))));
    }

    private void assertRefused(final String expected)
    {
        final String message = assertThrows(GraphStoreException.class, store::read).getMessage();
        assertTrue(message.contains(expected) && message.startsWith(file.toString()), message);
    }

    @Test
    void shouldGoWithoutALockThatIsHeld() throws Exception
    {
        store.append(List.of(Records.begun("one", 1)));
        final GraphStore impatient = new GraphStore(file.getParent(), 1);
        final StoreLock held = StoreLock.take(file.getParent(), false, TimeUnit.SECONDS.toNanos(5));
        try
        {
            assertEquals(List.of(), failuresElsewhere(() ->
            {
                for (final Runnable use : List.<Runnable>of(
                    impatient::read, impatient::stamp, () -> impatient.append(List.of(Records.begun("two", 2)))))
                {
                    assertEquals(file.resolveSibling("lock") + ": locked by another process for more than 0 ms",
                        assertThrows(GraphStoreException.class, use::run).getMessage());
                }
            }));
            held.requireHeld();
        }
        finally
        {
            held.close();
        }
        assertThrows(IllegalStateException.class, held::requireHeld);
        assertEquals(List.of(), failuresElsewhere(() -> assertEquals(1, impatient.read().entries().size())));
        assertEquals("rw-------",
            PosixFilePermissions.toString(Files.getPosixFilePermissions(file.resolveSibling("lock"))));
    }

    /** Whoever could not lock keeps nobody else from it; whoever is interrupted is interrupted still. */
    @Test
    void shouldLetOthersLockWhereItCouldNot() throws Exception
    {
        final long patienceNs = TimeUnit.SECONDS.toNanos(5);
        assertThrows(IOException.class, () -> StoreLock.take(state.resolve("nowhere"), true, patienceNs));
        assertEquals(List.of(), failuresElsewhere(() -> store.append(List.of(Records.begun("one", 1)))));

        Thread.currentThread().interrupt();
        assertEquals(file.resolveSibling("lock") + ": locked by another process for more than 5000 ms",
            assertThrows(GraphStoreException.class, store::read).getMessage());
        assertTrue(Thread.interrupted());
        assertEquals(List.of(), failuresElsewhere(() -> assertEquals(1, store.read().entries().size())));
    }

    /** What fails where another thread does the work. */
    static List<Throwable> failuresElsewhere(final Runnable work) throws InterruptedException
    {
        final Thread other = new Thread(work);
        final List<Throwable> failures = new ArrayList<>();
        other.setUncaughtExceptionHandler((ignored, failure) -> failures.add(failure));
        other.start();
        other.join();
        return failures;
    }

    /** Real processes, as runs side by side are: every batch whole, every number once, in each writer's order. */
    @Test
    @Tag("process")
    void shouldTakeBatchesOfManyProcessesAtOnce() throws Exception
    {
        final int processes = 4;
        final int batches = 60;
        final List<Process> writers = new ArrayList<>();
        for (int i = 0; i < processes; i++)
        {
            writers.add(writer("writer" + i, batches).redirectOutput(ProcessBuilder.Redirect.DISCARD).start());
        }
        for (final Process writer : writers)
        {
            assertTrue(writer.waitFor(120, TimeUnit.SECONDS));
            assertEquals(0, writer.exitValue());
        }

        final StoreContents contents = store.read();

        assertEquals(List.of(), contents.damages());
        assertEquals(processes * batches * 2, contents.entries().size());
        final Map<String, Integer> next = new HashMap<>();
        for (int i = 0; i < contents.entries().size(); i += 2)
        {
            final Entry begun = contents.entries().get(i);
            assertEquals(i + 1, begun.sequence());
            final String run = ((Begun)begun.record()).run();
            assertEquals(next.merge(run, 1, Integer::sum).longValue(), ((Begun)begun.record()).beginNs(), run);
            assertEquals(begun.sequence(), ((Ended)contents.entries().get(i + 1).record()).computation());
        }
    }

    /** What a writer was told is kept is kept, whenever it is killed. */
    @Test
    @Tag("process")
    void shouldKeepWhatAKilledProcessWasTold() throws Exception
    {
        int told = 0;
        for (int i = 0; i < 6; i++)
        {
            final Process writer = writer("writer", Integer.MAX_VALUE).start();
            final BufferedReader lines = writer.inputReader();
            int last = 0;
            for (int line = 0; line < 20 + 7 * i; line++)
            {
                last = Integer.parseInt(lines.readLine());
            }
            // By its handle: destroying the process itself would close what it has printed.
            assertTrue(writer.toHandle().destroyForcibly());
            for (String line = lines.readLine(); null != line; line = lines.readLine())
            {
                last = Integer.parseInt(line);
            }
            told += last;
            writer.waitFor();

            final int kept = store.read().entries().size() / 2;

            assertTrue(kept >= told && kept <= told + 1, kept + " of " + told);
            assertEquals(List.of(), store.read().damages());
            told = kept;
        }
    }

    private ProcessBuilder writer(final String name, final int batches)
    {
        return new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"), "-Xmx64m", "-XX:TieredStopAtLevel=1",
            "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED",
            "-cp", System.getProperty("java.class.path"), AppendingProcess.class.getName(), state.toString(),
            name, Integer.toString(batches)).redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    private void poke(final long offset, final byte[] bytes) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            channel.write(ByteBuffer.wrap(bytes), offset);
        }
    }

    private static List<GraphRecord> records(final StoreContents contents)
    {
        return contents.entries().stream().map(Entry::record).toList();
    }
}
