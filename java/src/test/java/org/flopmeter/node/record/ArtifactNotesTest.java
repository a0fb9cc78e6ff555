/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.store.GraphRecord;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.Read;
import org.flopmeter.graph.store.GraphRecord.Segment;
import org.flopmeter.graph.store.GraphRecord.Weighed;
import org.flopmeter.graph.store.GraphRecord.Written;
import org.flopmeter.graph.store.GraphStore;
import org.flopmeter.graph.store.StoreContents.Entry;
import org.flopmeter.node.io.FileDigest;
import org.flopmeter.node.record.ArtifactNotes.Note;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.text.Messages;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a program notes of its files, whole and hostile; and what becomes of it in the records. */
class ArtifactNotesTest
{
    private static final String DIGEST = "sha256:" + "0a".repeat(32);
    private static final long LATER_NS = 4_000_000_000_000_000_000L;

    @TempDir
    private Path work;

    private Path meter;
    private ArtifactNotes notes;

    @BeforeEach
    void makeMeterDirectory() throws IOException
    {
        meter = Files.createDirectory(work.resolve("stamp-0000abcd"));
        notes = new ArtifactNotes(meter);
        Files.createSymbolicLink(meter.resolve("state"), Files.createDirectory(work.resolve("state")));
        Files.writeString(meter.resolve(RunFacts.RUN),
            "{\"run\": \"r\", \"node\": \"n\", \"command\": [\"c\"], \"beginNs\": 5, \"beginMonotonicNs\": 5}");
    }

    private static byte[] note(final int call, final int kind, final long link, final String name, final long timeNs)
    {
        final byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        final ByteBuffer note = ByteBuffer.allocate((40 + bytes.length + 7) & -8).order(ByteOrder.LITTLE_ENDIAN);
        note.putInt(ArtifactNotes.MAGIC).putInt(note.capacity()).putLong(timeNs).putLong(link);
        note.putInt(call).putInt(kind).putInt(77).putInt(bytes.length).put(bytes);
        return note.array();
    }

    private static byte[] joined(final byte[]... parts)
    {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        Arrays.stream(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }

    private void put(final byte[]... parts) throws IOException
    {
        Files.write(meter.resolve(ArtifactNotes.FILE), joined(parts));
    }

    @Test
    void shouldTakeNotesAsTheyCome() throws IOException
    {
        assertFalse(ArtifactNotes.areIn(meter));
        assertEquals(List.of(), notes.next(false));
        final byte[] first = note(1, 0, 10, "/a", 1);
        final byte[] second = note(2, 2, -1, "/zwölf", 2);
        put(first, Arrays.copyOf(second, 41));
        assertTrue(ArtifactNotes.areIn(meter));
        assertEquals(List.of(new Note(1, "/a", "artifact-000000000000000a", null, 1)), notes.next(false));
        assertEquals(List.of(), notes.next(false));
        put(first, second, note(1, 0, 0, DIGEST, 3));
        assertEquals(List.of(new Note(2, "/zwölf", "artifact-ffffffffffffffff", NodeKind.MODEL, 2),
            new Note(1, DIGEST, null, null, 3)), notes.next(false));
        assertEquals(List.of(), notes.next(true));
        assertFalse(notes.isDamaged());
    }

    @Test
    void shouldTellDamageAndGoOnBehindIt() throws IOException
    {
        final byte[] good = note(1, 0, 1, "/good", 1);
        for (final byte[] bad : List.of(
            new byte[] {1, 2, 3}, Arrays.copyOf(good, 20), note(3, 0, 1, "/x", 1), note(1, 1, 1, "/x", 1),
            note(2, 0, 1, "/x", 1), note(2, 4, 1, "/x", 1), note(1, 0, 1, "", 1), note(1, 0, 0, "/x", 1),
            note(1, 0, 0, "sha256:" + "0".repeat(64), 1), note(1, 0, 1, "x".repeat(4096), 1)))
        {
            put(bad, good);
            final ArtifactNotes each = new ArtifactNotes(meter);
            assertEquals(List.of("/good"), each.next(true).stream().map(Note::name).toList());
            assertTrue(each.isDamaged());
        }
        put(good, Arrays.copyOf(good, good.length - 1));
        assertEquals(1, notes.next(false).size());
        assertFalse(notes.isDamaged());
        assertEquals(0, notes.next(true).size());
        assertTrue(notes.isDamaged());
    }

    /** What is read after a segment and before the next is behind neither what was written before, nor lost. */
    @Test
    void shouldRecordWhatIsReadAndWrittenInItsSegment() throws IOException
    {
        final String made = "sha256:" + "0b".repeat(32);
        final String score = "sha256:" + "0c".repeat(32);
        put(note(1, 0, 0, DIGEST, 6), note(3, 0, 0, "segment:one", 7), note(2, 2, 0, made, 8),
            note(4, 0, 0, "segment:one", 9), note(2, 1, 0, score, 10), note(1, 0, 0, score, 11),
            note(3, 0, 0, "segment:two", 12), note(3, 0, 0, "n", 13), note(3, 0, 0, "segment:one", 14));
        record();
        final List<Segment> segments = recorded(Segment.class);
        assertEquals(List.of(
            new Segment(1, 7, "segment:one"), new Segment(1, 11, ""), new Segment(1, 12, "segment:two"),
            new Segment(1, 13, "n"), new Segment(1, 14, "segment:one")), segments);
        final List<Entry> entries = GraphStore.of(work.resolve("state")).read().entries();
        final List<Long> numbers = entries.stream().filter(entry -> entry.record() instanceof Segment)
            .map(Entry::sequence).toList();
        assertEquals(List.of(1L, numbers.get(1)), recorded(Read.class).stream().map(Read::computation).toList());
        assertEquals(List.of(numbers.get(0), numbers.get(0)),
            recorded(Written.class).stream().map(Written::computation).toList());
        assertEquals(List.of(1L), recorded(Weighed.class).stream().map(Weighed::computation).toList(),
            "without a result all of it is the run's");
    }

    /** A loop that marks each step, always by the same name: the limit is one of stretches. */
    @Test
    void shouldRecordABoundedNumberOfSegmentsInFewBatches() throws IOException
    {
        final byte[][] steps = new byte[25_000][];
        Arrays.setAll(steps, step -> note(3 + step % 2, 0, 0, "segment:step", step));
        final byte[] last = note(1, 0, 0, DIGEST, 30_000);
        put(joined(steps), last);

        final List<String> lines = record();

        assertEquals(10_000, recorded(Segment.class).size());
        assertEquals(1, lines.stream().filter(line -> line.contains("more than 10000 segments")).count());
        assertEquals(DIGEST, recorded(Read.class).get(0).digest().toString());
        final ByteBuffer bytes = ByteBuffer.wrap(
            Files.readAllBytes(work.resolve("state/graph/records.store"))).order(ByteOrder.LITTLE_ENDIAN);
        final long batches = GraphStore.of(work.resolve("state")).read().entries().stream()
            .filter(entry -> 0 != (bytes.getShort((int)entry.offset() + 18) & 2)).count();
        assertTrue(batches > 0 && batches < 10, batches + " batches");
    }

    /** No bytes make it throw, or say less than "damaged" of a note that is lost. */
    @Test
    void shouldStandAnyBytes() throws IOException
    {
        final SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 3000; round++)
        {
            final byte[] bytes = joined(note(1, 0, 1, "/a", 1), note(2, 3, 2, "/bb", 2), note(1, 0, 0, DIGEST, 3));
            for (int faults = 1 + random.nextInt(3); faults > 0; faults--)
            {
                bytes[random.nextInt(bytes.length)] = (byte)random.nextInt(256);
            }
            put(Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)));
            final ArtifactNotes each = new ArtifactNotes(meter);
            final List<Note> found = new ArrayList<>(each.next(false));
            found.addAll(each.next(true));
            assertTrue(found.size() <= 3);
        }
        Files.delete(meter.resolve(ArtifactNotes.FILE));
        try (RandomAccessFile huge = new RandomAccessFile(meter.resolve(ArtifactNotes.FILE).toFile(), "rw"))
        {
            huge.setLength(ArtifactNotes.LENGTH_MAX + 1);
        }
        assertEquals(0, notes.next(true).size());
        assertTrue(notes.isDamaged());
        Files.delete(meter.resolve(ArtifactNotes.FILE));
        Files.createSymbolicLink(meter.resolve(ArtifactNotes.FILE), work.resolve("elsewhere"));
        assertEquals(List.of(), new ArtifactNotes(meter).next(true));
    }

    private List<String> record()
    {
        return GraphRecorder.begin(meter, Messages.of(Map.of())).end(
            RunFacts.recovered(meter.resolve(RunFacts.RUN), 9, 1), null);
    }

    private <T extends GraphRecord> List<T> recorded(final Class<T> type)
    {
        return GraphStore.of(work.resolve("state")).read().entries().stream().map(Entry::record)
            .filter(type::isInstance).map(type::cast).toList();
    }

    private byte[] linked(final int call, final int kind, final long link, final Path file, final long timeNs)
        throws IOException
    {
        Files.createSymbolicLink(meter.resolve(String.format("artifact-%016x", link)), file);
        return note(call, kind, link, file.toString(), timeNs);
    }

    @Test
    void shouldRecordWhatTheProgramNamed() throws IOException
    {
        final Path data = Files.writeString(work.resolve("data"), "data");
        final Path model = Files.writeString(work.resolve("model"), "model");
        final Path shards = Files.createDirectory(work.resolve("shards"));
        Files.writeString(shards.resolve("1"), "one");
        Files.writeString(shards.resolve("2"), "two");
        Files.writeString(work.resolve("empty"), "");
        put(linked(1, 0, 1, data, LATER_NS), linked(1, 0, 2, data, LATER_NS), linked(1, 0, 3, shards, LATER_NS),
            linked(1, 0, 4, work.resolve("absent"), LATER_NS), note(1, 0, 0, DIGEST, 1), note(1, 0, 0, DIGEST, 1),
            linked(2, 2, 5, model, LATER_NS), linked(2, 3, 6, work.resolve("gone"), LATER_NS),
            note(2, 1, 0, DIGEST, 1), linked(2, 1, 7, work.resolve("empty"), LATER_NS));

        final List<String> lines = record();

        assertEquals(List.of(data.toString(), shards + "/1", shards + "/2", work.resolve("absent").toString(), DIGEST),
            recorded(Read.class).stream().map(Read::path).toList(), lines::toString);
        assertTrue(recorded(Read.class).stream().noneMatch(Read::isChanged));
        assertEquals(GraphRecords.digest(data), recorded(Read.class).get(0).digest());
        assertEquals(null, recorded(Read.class).get(3).digest());
        assertEquals(DIGEST, recorded(Read.class).get(4).digest().toString());
        assertEquals(List.of(NodeKind.MODEL, NodeKind.DATASET),
            recorded(Written.class).stream().map(Written::kind).toList());
        assertEquals(List.of(GraphRecords.digest(model).toString(), DIGEST),
            recorded(Written.class).stream().map(written -> written.digest().toString()).toList());
        assertEquals(1, recorded(Ended.class).size());
        assertTrue(lines.get(lines.size() - 1).contains("graph: 5 read, 2 written, recorded as r/n/0000abcd"),
            lines::toString);
        assertTrue(lines.toString().contains("gone is not there"), lines::toString);
    }

    @Test
    void shouldNotTakeAFileForWhatItWasBeforeItChanged() throws IOException
    {
        final Path data = Files.writeString(work.resolve("data"), "data");
        final Path model = Files.writeString(work.resolve("model"), "model");
        final long earlierNs = FileDigest.changedNs(data) - TimeUnit.SECONDS.toNanos(1);
        Files.setLastModifiedTime(model, FileTime.fromMillis(0));
        put(linked(1, 0, 1, data, earlierNs), linked(2, 2, 2, model, earlierNs), linked(2, 2, 3, data, LATER_NS),
            linked(2, 2, 4, model, LATER_NS), linked(2, 2, 5, model, LATER_NS));

        final List<String> lines = record();

        assertTrue(recorded(Read.class).get(0).isChanged());
        assertEquals(List.of(data.toString(), model.toString()),
            recorded(Written.class).stream().map(Written::path).toList());
        assertTrue(lines.toString().contains("changed after the program said"), lines::toString);
    }

    /** The kernel's clock for files is coarse, so a file that is so new may have changed; but not one's own. */
    @Test
    void shouldTakeAFileThatItJustWroteForWhatItWrote() throws IOException
    {
        final Path data = Files.writeString(work.resolve("data"), "data");
        final Path model = Files.writeString(work.resolve("model"), "model");
        put(linked(1, 0, 1, data, FileDigest.changedNs(data) + 1),
            linked(2, 2, 2, model, FileDigest.changedNs(model)),
            linked(1, 0, 3, model, FileDigest.changedNs(model) + 1));

        record();

        assertTrue(recorded(Read.class).get(0).isChanged());
        assertFalse(recorded(Read.class).get(1).isChanged());
        assertEquals(GraphRecords.digest(model), recorded(Read.class).get(1).digest());
    }

    @Test
    void shouldKnowNothingOfWhatDamageHides() throws IOException
    {
        put(new byte[] {9}, note(1, 0, 0, DIGEST, 1));
        final List<String> lines = record();
        assertEquals(2, recorded(Read.class).size());
        assertEquals(null, recorded(Read.class).get(1).digest());
        assertTrue(lines.toString().contains("damaged"), lines::toString);
    }

    @Test
    void shouldRecordNothingWhereNothingWasAskedFor() throws IOException
    {
        assertEquals(List.of(), record());
        assertFalse(Files.exists(work.resolve("state/graph")));
    }
}
