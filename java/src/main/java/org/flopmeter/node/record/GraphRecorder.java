/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.record;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.store.ContentDigest;
import org.flopmeter.graph.store.GraphRecord;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.Peaked;
import org.flopmeter.graph.store.GraphRecord.Purposed;
import org.flopmeter.graph.store.GraphRecord.Read;
import org.flopmeter.graph.store.GraphRecord.Segment;
import org.flopmeter.graph.store.GraphRecord.Written;
import org.flopmeter.graph.store.GraphStore;
import org.flopmeter.graph.store.RecordedComputation;
import org.flopmeter.node.io.FileDigest;
import org.flopmeter.node.record.ArtifactNotes.Note;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.RunResult;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import tools.jackson.databind.JsonNode;

/**
 * Records a run, what it reads and what it writes, in the graph store of the state directory. Hashing goes on beside
 * the program, in a thread of its own. Whatever fails becomes a line for people: the result never depends on it.
 */
public final class GraphRecorder
{
    /** Grain of the clock that the kernel stamps files with. */
    private static final long FILE_CLOCK_GRAIN_NS = TimeUnit.MILLISECONDS.toNanos(10);

    /** How long a note of the program waits at most before its file is hashed. */
    private static final long NOTES_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(200);

    /** The same, while its program has said nothing yet. */
    private static final long FIRST_NOTE_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Path meterDirectory;
    private final Messages messages;
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
    private final ArtifactNotes notes;
    private final Map<String, Long> noted = new HashMap<>();
    private final Thread reader = new Thread(this::record, "flopmeter-graph-reads");
    private volatile boolean isEnding;
    private RunFiles files;
    private GraphStore store;
    private Begun begun;
    private long computation;
    /** The computation, or its newest segment: what is read and written now is that one's. */
    private long current;
    private boolean isInSegment;
    private int segmentCount;
    /** Begun, and not yet recorded: those between which nothing is read or written go to the store together. */
    private final List<GraphRecord> pending = new ArrayList<>();
    /** By the node that their work is counted under. */
    private final Map<String, Long> segments = new LinkedHashMap<>();
    private int readCount;
    private int writtenCount;
    private boolean isRecording;

    private GraphRecorder(final Path meterDirectory, final Messages messages)
    {
        this.meterDirectory = meterDirectory;
        this.messages = messages;
        notes = new ArtifactNotes(meterDirectory);
    }

    /** Begin to record the run of a meter directory, if that was asked for, or when its program asks. */
    public static GraphRecorder begin(final Path meterDirectory, final Messages messages)
    {
        final GraphRecorder recorder = new GraphRecorder(meterDirectory, messages);
        recorder.reader.setDaemon(true);
        recorder.reader.start();
        return recorder;
    }

    /** In a thread of its own: nothing of it may hold up the draining. */
    private void record()
    {
        try
        {
            files = RunFiles.of(meterDirectory);
            while (null == files && !isEnding)
            {
                LockSupport.parkNanos(FIRST_NOTE_INTERVAL_NS);
                files = ArtifactNotes.areIn(meterDirectory) ? RunFiles.of(meterDirectory) : null;
            }
            files = null == files ? RunFiles.of(meterDirectory) : files;
            if (null != files)
            {
                store = GraphStore.of(files.stateDirectory());
                begun = begun(meterDirectory);
                recordBeginning();
                followNotes();
                // Only now: an end without all that was read would make the total too low.
                isRecording = true;
            }
        }
        catch (final RuntimeException | LinkageError | IOException ex)
        {
            say("graph.notRecorded", message(ex));
        }
    }

    private static Begun begun(final Path meterDirectory)
    {
        final JsonNode json = RunFacts.parse(meterDirectory.resolve(RunFacts.RUN));
        final List<String> words = new ArrayList<>();
        json.path("command").forEach(word -> words.add(word.asString()));
        return new Begun(json.path("beginNs").asLong(0), id(meterDirectory, json), json.path("run").asString("?"),
            node(json), String.join(" ", words), outer(meterDirectory));
    }

    /** Unique, and the same whenever it is asked: a meter that is started again says nothing new. */
    private static String id(final Path meterDirectory, final JsonNode run)
    {
        final String name = meterDirectory.getFileName().toString();
        return run.path("run").asString("?") + '/' + node(run) + '/' + name.substring(name.lastIndexOf('-') + 1);
    }

    private static String node(final JsonNode run)
    {
        return run.path("node").isString() ? run.path("node").asString() : RunResult.UNATTRIBUTED;
    }

    /** Ids of the runs around it, from the inside out: each may become a computation, by a note of its program. */
    private static String outer(final Path meterDirectory)
    {
        final List<String> around = new ArrayList<>();
        Path inner = meterDirectory.toAbsolutePath();
        while (inner.getFileName().toString().startsWith("nested-"))
        {
            inner = inner.getParent();
            if (Files.exists(inner.resolve(RunFacts.RUN)))
            {
                around.add(id(inner, RunFacts.parse(inner.resolve(RunFacts.RUN))));
            }
        }
        return String.join(" ", around);
    }

    private void recordBeginning()
    {
        computation = store.append(first -> beginning(first, CpuPeak.probe(Path.of("/"))));
        current = computation;
        files.forEachRead((file, name) -> recordRead(file, name, begun.beginNs()), this::recordUnread);
    }

    private void followNotes() throws IOException
    {
        boolean isLast;
        do
        {
            isLast = isEnding;
            for (final Note note : notes.next(isLast))
            {
                record(note);
            }
            current();
            if (!isLast)
            {
                LockSupport.parkNanos(NOTES_INTERVAL_NS);
            }
        }
        while (!isLast);
        if (notes.isDamaged())
        {
            say("graph.notesDamaged");
            append(new Read(computation, null, 0, GraphRecords.nowNs(), false, ArtifactNotes.FILE));
        }
    }

    private void record(final Note note)
    {
        if (note.isOfSegment())
        {
            recordSegment(note);
            return;
        }
        if (ArtifactNotes.READ == note.call() && !isInSegment && segmentCount > 0)
        {
            // After a segment, and behind no artifact that it wrote: a stretch of its own that weighs nothing.
            beginSegment(note.epochNs(), "");
        }
        if (noted.size() >= RunFiles.DIRECTORY_FILES_MAX)
        {
            // Beyond it nothing is known of what else it read.
            if (null == noted.put("", 0L))
            {
                say("graph.notesMany", Integer.toString(RunFiles.DIRECTORY_FILES_MAX));
                append(new Read(current(), null, 0, GraphRecords.nowNs(), false, ArtifactNotes.FILE));
            }
        }
        else if (null == note.link())
        {
            recordDigest(note);
        }
        else if (null == note.kind())
        {
            files.forEach(note.link(), note.name(), (file, name) ->
            {
                if (isNew(file, name))
                {
                    recordRead(file, name, sinceNs(note, file, name));
                }
            }, this::recordUnread);
        }
        else
        {
            files.forEach(note.link(), note.name(), (file, name) ->
            {
                if (isNew(file, name + ' ' + note.kind()))
                {
                    recordWritten(note, file, name);
                }
            }, (name, ex) -> say(
                ex instanceof NoSuchFileException ? "graph.notThere" : "graph.unwritten", name, message(ex)));
        }
    }

    private void recordSegment(final Note note)
    {
        if (ArtifactNotes.SEGMENT_ENDED == note.call())
        {
            isInSegment = false;
        }
        else
        {
            beginSegment(note.epochNs(), note.name());
        }
    }

    /** Beyond the limit all is of the last one, and work under another name of the run itself: too much behind both. */
    private void beginSegment(final long beginNs, final String name)
    {
        if (segmentCount < RunFiles.DIRECTORY_FILES_MAX)
        {
            pending.add(new Segment(computation, beginNs, name));
            isInSegment = true;
            segmentCount++;
        }
        else if (segmentCount == RunFiles.DIRECTORY_FILES_MAX)
        {
            say("graph.segmentsMany", Integer.toString(RunFiles.DIRECTORY_FILES_MAX));
            segmentCount++;
        }
    }

    /** Whose it is what is read or written now. */
    private long current()
    {
        if (!pending.isEmpty())
        {
            long sequence = store.append(List.copyOf(pending));
            for (final GraphRecord record : pending)
            {
                // Of a name that comes again all work is in the first one: it can't be missed behind an artifact.
                segments.putIfAbsent(((Segment)record).name(), sequence);
                current = sequence++;
            }
            pending.clear();
        }
        return current;
    }

    private void recordDigest(final Note note)
    {
        final ContentDigest digest = new ContentDigest(note.name().substring(note.name().indexOf(':') + 1));
        if (null != noted.put(note.name() + ' ' + note.kind(), 0L))
        {
            return;
        }
        if (null == note.kind())
        {
            append(new Read(current(), digest, 0, GraphRecords.nowNs(), false, note.name()));
        }
        else
        {
            append(new Written(current(), digest, 0, GraphRecords.nowNs(), note.kind(), note.name()));
        }
    }

    /** A file that the program has written, and nobody has touched since, was what it is when the program read it. */
    private long sinceNs(final Note note, final Path file, final String name)
    {
        try
        {
            final Long changedNs = FileDigest.changedNs(file);
            final boolean isOwn = Stream.of(NodeKind.DATASET, NodeKind.MODEL, NodeKind.OUTPUT)
                .anyMatch(kind -> changedNs.equals(noted.get(name + ' ' + kind)));
            return isOwn ? changedNs + FILE_CLOCK_GRAIN_NS : note.epochNs();
        }
        catch (final IOException ex)
        {
            return note.epochNs();
        }
    }

    /** A program may say of each batch that it reads the same file: it is hashed again when it was changed. */
    private boolean isNew(final Path file, final String name)
    {
        try
        {
            final Long changedNs = FileDigest.changedNs(file);
            return !changedNs.equals(noted.put(name, changedNs));
        }
        catch (final IOException ex)
        {
            return true;
        }
    }

    private void recordWritten(final Note note, final Path file, final String name)
    {
        try
        {
            final FileDigest found = FileDigest.of(file);
            if (!found.isStable() || found.changedNs() > note.epochNs())
            {
                // A later note may speak of what it is now.
                noted.remove(name + ' ' + note.kind());
                say("graph.unwritten", name, messages.get("graph.changedSince"));
            }
            else if (!ContentDigest.EMPTY.equals(found.digest()))
            {
                append(new Written(
                    current(), found.digest(), found.length(), GraphRecords.nowNs(), note.kind(), name));
            }
        }
        catch (final IOException ex)
        {
            say("graph.unwritten", name, message(ex));
        }
    }

    /** With no accelerator about, a run can do no more than all CPUs at their peak. */
    private List<GraphRecord> beginning(final long first, final CpuPeak peak)
    {
        final List<GraphRecord> records = new ArrayList<>(List.of(begun));
        if (null != files.purpose())
        {
            records.add(new Purposed(begun.id(), files.purpose(), "flopmeter run --purpose", "", begun.beginNs()));
        }
        if (peak.isBounded() && 0 < onlineCpus() && !hasAccelerator(Path.of("/dev")))
        {
            records.add(new Peaked(first, FlopCount.of(peak.flopCountMax(BigInteger.valueOf(
                onlineCpus() * TimeUnit.SECONDS.toNanos(1))))));
        }
        return records;
    }

    /** Of the machine, not of this process; 0 when /proc does not tell. */
    private static long onlineCpus()
    {
        try (Stream<String> lines = Files.lines(Path.of("/proc/stat")))
        {
            return lines.filter(line -> line.matches("cpu[0-9].*")).count();
        }
        catch (final IOException | UncheckedIOException ex)
        {
            return 0;
        }
    }

    /** Device nodes as the supervisor watches them; a folder that can't be read may hold any. */
    private static boolean hasAccelerator(final Path dev)
    {
        for (final String glob : List.of("{nvidia,accel}*", "kfd", "dri/renderD*", "accel/accel*"))
        {
            final int slash = glob.indexOf('/');
            final Path folder = slash < 0 ? dev : dev.resolve(glob.substring(0, slash));
            try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, glob.substring(slash + 1)))
            {
                if (found.iterator().hasNext())
                {
                    return true;
                }
            }
            catch (final NotDirectoryException | NoSuchFileException absent)
            {
                continue;
            }
            catch (final IOException ex)
            {
                return true;
            }
        }
        return false;
    }

    /** @param sinceNs when the program, or the run, began to read it: it may have read a change after that. */
    private void recordRead(final Path file, final String name, final long sinceNs)
    {
        try
        {
            final FileDigest found = FileDigest.of(file);
            final boolean isChanged =
                !found.isStable() || found.changedNs() > sinceNs - FILE_CLOCK_GRAIN_NS;
            if (isChanged)
            {
                say("graph.changed", name);
            }
            append(new Read(current(), found.digest(), found.length(), GraphRecords.nowNs(), isChanged, name));
        }
        catch (final IOException ex)
        {
            recordUnread(name, ex);
        }
    }

    private void recordUnread(final String name, final IOException ex)
    {
        say("graph.unread", name, message(ex));
        append(new Read(current(), null, 0, GraphRecords.nowNs(), false, name));
    }

    private void append(final Read read)
    {
        readCount++;
        store.append(List.of(read));
    }

    private void append(final Written written)
    {
        writtenCount++;
        store.append(List.of(written));
    }

    /**
     * The run is over: hash what it wrote, record the rest, and return what people should know of it.
     *
     * @param result null when its totals do not fit.
     */
    public List<String> end(final RunFacts facts, final RunResult result)
    {
        try
        {
            awaitReader();
            if (isRecording)
            {
                recordEnd(facts, result);
            }
        }
        catch (final RuntimeException | LinkageError ex)
        {
            say("graph.notRecorded", message(ex));
        }
        return List.copyOf(lines);
    }

    private void awaitReader()
    {
        isEnding = true;
        LockSupport.unpark(reader);
        try
        {
            reader.join();
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            isRecording = false;
            say("graph.notRecorded", "interrupted");
        }
    }

    private void recordEnd(final RunFacts facts, final RunResult result)
    {
        final List<GraphRecord> records = new ArrayList<>();
        files.forEachWritten((file, name, kind) -> addWritten(records, file, name, kind), (name, ex) -> say(
            ex instanceof NoSuchFileException ? "graph.notThere" : "graph.unwritten", name, message(ex)));
        writtenCount += records.size();
        final SortedMap<String, FlopInterval> weights = weights(result);
        segments.remove(begun.node());
        GraphWeights.record(weights, null == result ? Map.of() : result.countedByNode(), computation, segments,
            facts.endNs(), records::add);
        records.add(new Ended(computation, facts.endNs(), null == facts.exitCode() ? -1 : facts.exitCode()));
        store.append(records);
        say("graph.recorded", Integer.toString(readCount), Integer.toString(writtenCount), begun.id());
    }

    private void addWritten(
        final List<GraphRecord> records, final Path file, final String name, final NodeKind kind)
    {
        try
        {
            if (FileDigest.changedNs(file) < begun.beginNs() - FILE_CLOCK_GRAIN_NS)
            {
                say("graph.untouched", name);
                return;
            }
            final FileDigest found = FileDigest.of(file);
            if (!found.isStable())
            {
                say("graph.unwritten", name, messages.get("graph.goesOn"));
            }
            else if (!ContentDigest.EMPTY.equals(found.digest()))
            {
                records.add(new Written(
                    current(), found.digest(), found.length(), GraphRecords.nowNs(), kind, name));
            }
        }
        catch (final IOException ex)
        {
            say("graph.unwritten", name, message(ex));
        }
    }

    /** A result that does not fit 128 bits is no result, and so anything. */
    private static SortedMap<String, FlopInterval> weights(final RunResult result)
    {
        if (null != result)
        {
            return GraphWeights.of(result);
        }
        final SortedMap<String, FlopInterval> anything = new TreeMap<>();
        anything.put(
            RecordedComputation.UNKNOWN_PRECISION, FlopInterval.unbounded(FlopCount.ZERO, FlopCount.ZERO));
        return anything;
    }

    private void say(final String key, final String... arguments)
    {
        final Object[] printable = new Object[arguments.length];
        for (int i = 0; i < arguments.length; i++)
        {
            printable[i] = Printable.of(arguments[i]);
        }
        lines.add(messages.get(key, printable));
    }

    private static String message(final Throwable ex)
    {
        return ex instanceof NoSuchFileException ? "no such file" :
            null == ex.getMessage() ? ex.getClass().getSimpleName() : ex.getMessage();
    }
}
