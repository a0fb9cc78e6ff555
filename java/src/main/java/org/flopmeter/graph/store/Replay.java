/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.GraphRecord.Declared;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.Peaked;
import org.flopmeter.graph.store.GraphRecord.Purposed;
import org.flopmeter.graph.store.GraphRecord.Read;
import org.flopmeter.graph.store.GraphRecord.Segment;
import org.flopmeter.graph.store.GraphRecord.Weighed;
import org.flopmeter.graph.store.GraphRecord.Written;
import org.flopmeter.graph.store.StoreContents.Entry;

/** Turns records into a graph: docs/design/0012-graph-store.md section 3. */
final class Replay
{
    private final long nowNs;
    private final boolean isDamaged;
    private final Map<Long, RecordedComputation> bySequence = new HashMap<>();
    private final Map<String, RecordedComputation> computations = new LinkedHashMap<>();
    private final Map<String, RecordedArtifact> artifacts = new LinkedHashMap<>();
    private final Map<ContentDigest, List<RecordedArtifact>> versions = new HashMap<>();
    private final Map<String, Long> firstResults = new HashMap<>();
    private final Map<String, List<String>> aroundParts = new LinkedHashMap<>();
    /** By part: the first record of anything that it is behind. */
    private final Map<String, Long> firstEffects = new HashMap<>();
    private final Map<String, Entry> reads = new LinkedHashMap<>();
    private final Map<ContentDigest, Declared> declared = new HashMap<>();
    private final Map<ContentDigest, Origin> originsByDigest = new HashMap<>();
    private final Map<String, Origin> origins = new LinkedHashMap<>();
    private final List<CutMade> cuts = new ArrayList<>();
    private final List<String> findings = new ArrayList<>();
    private final ReplayEdges edges = new ReplayEdges();
    private final ImportFold imports;
    private final Map<String, Purposed> purposes = new HashMap<>();
    private final Map<String, ImportedNode> imported = new LinkedHashMap<>();
    private final ReplaySegments segments = new ReplaySegments(edges, firstResults);

    Replay(final StoreContents contents, final long nowNs)
    {
        this.nowNs = nowNs;
        isDamaged = !contents.damages().isEmpty();
        imports = ImportFold.of(contents);
        contents.entries().forEach(this::take);
        contents.entries().forEach(this::takeWritten);
    }

    RecordedGraph graph()
    {
        parts();
        bind();
        return new RecordedGraph(
            edges.build(new ReplayNodes(computations, artifacts, origins, imported, purposes), cuts), computations,
            artifacts, origins, imported, edges.cutsInForce(cuts), findings);
    }

    private void take(final Entry entry)
    {
        final GraphRecord record = entry.record();
        if (record instanceof Begun begun)
        {
            bySequence.put(entry.sequence(), computations.computeIfAbsent(
                begun.id(), ignored -> new RecordedComputation(begun, entry.sequence(), nowNs)));
        }
        else if (record instanceof Segment segment)
        {
            final RecordedComputation whole = computation(entry, segment.computation());
            if (null != whole)
            {
                final RecordedComputation stretch = segments.take(whole, segment, entry.sequence());
                bySequence.put(entry.sequence(), stretch);
                computations.put(stretch.id(), stretch);
            }
        }
        else if (record instanceof Ended ended)
        {
            final RecordedComputation computation = computation(entry, ended.computation());
            if (null != computation)
            {
                computation.add(ended, entry.sequence());
            }
        }
        else if (record instanceof Weighed weighed)
        {
            final RecordedComputation computation = computation(entry, weighed.computation());
            if (null != computation)
            {
                computation.add(weighed);
            }
        }
        else if (record instanceof Peaked peaked)
        {
            final RecordedComputation computation = computation(entry, peaked.computation());
            if (null != computation)
            {
                computation.add(peaked);
            }
        }
        else if (record instanceof Read read)
        {
            final RecordedComputation computation = computation(entry, read.computation());
            if (null != computation)
            {
                reads.putIfAbsent(
                    computation.id() + ' ' + read.digest() + ' ' + read.isChanged() + ' ' + read.path(), entry);
            }
        }
        else if (record instanceof Declared made)
        {
            declared.merge(made.digest(), made, (one, other) -> other.timeNs() >= one.timeNs() ? other : one);
        }
        else if (record instanceof CutMade made)
        {
            cuts.add(made);
        }
        else if (record instanceof Purposed made)
        {
            purposes.merge(made.computation(), made, (one, other) -> other.timeNs() >= one.timeNs() ? other : one);
        }
    }

    private void takeWritten(final Entry entry)
    {
        if (!(entry.record() instanceof Written written))
        {
            return;
        }
        final RecordedComputation writer = computation(entry, written.computation());
        if (null == writer || ContentDigest.EMPTY.equals(written.digest()))
        {
            return;
        }
        final List<RecordedArtifact> known = versions.computeIfAbsent(written.digest(), ignored -> new ArrayList<>());
        if (known.stream().anyMatch(version -> version.writer().equals(writer.id())))
        {
            return;
        }
        final String id = written.digest() + (known.isEmpty() ? "" : "#" + (known.size() + 1));
        final RecordedArtifact version = new RecordedArtifact(
            id, written.digest(), writer.id(), entry.sequence(), written.timeNs(), written.kind(), written.path());
        known.add(version);
        artifacts.put(id, version);
        edges.add(writer.id(), id);
        firstResults.merge(writer.id(), entry.sequence(), Math::min);
    }

    /** The computation that a record speaks of; null when its beginning was lost with other records. */
    private RecordedComputation computation(final Entry entry, final long sequence)
    {
        final RecordedComputation computation = bySequence.get(sequence);
        if (null == computation && !isDamaged)
        {
            throw new GraphStoreException(
                "offset " + entry.offset() + ": refers to record " + sequence + ", which began no computation");
        }
        return computation;
    }

    /**
     * A part is an effect of the run that it ran in and of all parts that ended before it began, and a cause of what
     * the runs around it write later. The meter of the run around may be slower to record its beginning than that of
     * the part: a run began before its parts, whatever the order of the records.
     */
    private void parts()
    {
        final Map<String, List<RecordedComputation>> partsByRoot = new LinkedHashMap<>();
        final Map<String, Long> beginnings = new HashMap<>();
        for (final RecordedComputation part : computations.values())
        {
            final List<String> around = around(part);
            if (around.isEmpty())
            {
                continue;
            }
            part.becomePart(around.get(0));
            aroundParts.put(part.id(), around);
            edges.add(around.get(0), part.id());
            if (part != part.whole())
            {
                // What it leads to the newest of its stretches leads to, and so do all before that one.
                continue;
            }
            around.forEach(outer ->
            {
                firstResults.merge(outer, part.sequence(), Math::min);
                beginnings.merge(outer, part.sequence(), Math::min);
            });
            artifacts.values().stream()
                .filter(artifact -> part.sequence() < artifact.sequence() && null != artifact.writer() &&
                    around.contains(computations.get(artifact.writer()).wholeId()))
                .forEach(artifact -> leadToLater(part, artifact));
            effect(part.id(), part.endedSequence());
            partsByRoot.computeIfAbsent(around.get(around.size() - 1), ignored -> new ArrayList<>()).add(part);
        }
        partsByRoot.values().forEach(parts -> parts.forEach(part -> parts.forEach(before ->
            leadToPart(before, part, beginnings.getOrDefault(part.id(), Long.MAX_VALUE)))));
        segmentsAroundParts();
    }

    private void leadToLater(final RecordedComputation part, final RecordedArtifact artifact)
    {
        final String cause = segments.lastBefore(part, artifact.sequence()).id();
        edges.add(cause, artifact.id());
        // What the part reads after that may come from there.
        firstResults.merge(cause, artifact.sequence(), Math::min);
        effect(part.id(), artifact.sequence());
    }

    /** @param beginning of the first of the parts of {@code part}, which may be recorded before it. */
    private void leadToPart(final RecordedComputation before, final RecordedComputation part, final long beginning)
    {
        if (before == part || !before.isEnded())
        {
            return;
        }
        final long end = before.endedSequence();
        final RecordedComputation next =
            end < Math.min(part.sequence(), beginning) ? part : segments.firstAfter(part, end);
        if (null != next)
        {
            edges.add(segments.lastBefore(before, end).id(), next.id());
        }
    }

    /** The work of a part is in the segments of the runs around it: they are behind what it writes. */
    private void segmentsAroundParts()
    {
        artifacts.values().stream().filter(artifact -> aroundParts.containsKey(artifact.writer())).forEach(artifact ->
        {
            effect(artifact.writer(), artifact.sequence());
            aroundParts.get(artifact.writer()).forEach(outer -> segments.leadToResult(outer, artifact));
        });
        aroundParts.forEach((part, around) ->
        {
            if (part.equals(computations.get(part).wholeId()))
            {
                around.forEach(outer -> segments.leadToPart(outer, part, firstEffects.get(part)));
            }
        });
    }

    /** What a part of a part does it does as well. */
    private void effect(final String part, final long sequence)
    {
        firstEffects.merge(computations.get(part).wholeId(), sequence, Math::min);
        aroundParts.get(part).forEach(outer -> firstEffects.merge(outer, sequence, Math::min));
    }

    /** Recorded runs that this one ran in, from the inside out; empty when there is none, or they run in a circle. */
    private List<String> around(final RecordedComputation part)
    {
        final List<String> around = new ArrayList<>();
        RecordedComputation outer = nearest(part);
        while (null != outer)
        {
            if (around.contains(outer.id()))
            {
                return List.of();
            }
            around.add(outer.id());
            outer = nearest(outer);
        }
        return around;
    }

    private RecordedComputation nearest(final RecordedComputation part)
    {
        return part.around().stream().map(computations::get).filter(Objects::nonNull).findFirst().orElse(null);
    }

    /**
     * Versions recorded before the read first: these edges go forward in the sequence and close no cycle, unless the
     * read was recorded after results of the reader (its parts', mostly). Then versions that were recorded later.
     */
    private void bind()
    {
        final Set<Entry> bound = new HashSet<>();
        for (final boolean isLate : new boolean[] { false, true })
        {
            for (final Entry entry : reads.values())
            {
                final Read read = (Read)entry.record();
                for (final RecordedArtifact version : versions.getOrDefault(read.digest(), List.of()))
                {
                    if (isLate == version.sequence() > entry.sequence() && bind(entry, version, isLate))
                    {
                        bound.add(entry);
                    }
                }
            }
        }
        final ReplayImports links = new ReplayImports(imports, edges, cuts, findings);
        links.addTo(computations.keySet(), imported, origins);
        links.link(versions, reads.values(), this::reader, bound);
        reads.values().forEach(entry -> bindToOrigin(entry, bound.contains(entry)));
    }

    private boolean bind(final Entry entry, final RecordedArtifact version, final boolean isLate)
    {
        final RecordedComputation reader = reader(entry);
        final RecordedComputation writer = computations.get(version.writer());
        if (writer.wholeId().equals(reader.wholeId()))
        {
            // What it wrote before it read it comes from itself; what it wrote later, from somewhere else as well.
            return !isLate;
        }
        if (!isLate && isWithin(writer, reader) && isDoneWith(writer, reader, entry.sequence()))
        {
            return true;
        }
        if (isLate && reader.isEnded() && writer.beginNs() > reader.endNs())
        {
            return false;
        }
        final boolean isForward = !isLate && entry.sequence() < firstResults.getOrDefault(reader.id(), Long.MAX_VALUE);
        if (!isForward && edges.isReachable(reader.id(), version.id()))
        {
            findings.add(reader.id() + " read " + version.id() + " (" + version.path() +
                "), which depends on it already: this edge is left out");
            return false;
        }
        edges.add(version.id(), reader.id());
        return true;
    }

    private boolean isWithin(final RecordedComputation part, final RecordedComputation outer)
    {
        return aroundParts.getOrDefault(part.id(), List.of()).contains(outer.wholeId());
    }

    /**
     * Is it told by other edges already what {@code outer} passes on when it reads a result of its own part? The part
     * is a cause of what the runs around it write later and of the parts that begin after its end. One that began
     * before that end and goes on at the read could be told of it.
     */
    private boolean isDoneWith(final RecordedComputation part, final RecordedComputation outer, final long sequence)
    {
        return hasEndedBefore(part, sequence) && computations.values().stream().noneMatch(other ->
            other != part && isWithin(other, outer) && other.sequence() < part.endedSequence() &&
            !hasEndedBefore(other, sequence));
    }

    private static boolean hasEndedBefore(final RecordedComputation computation, final long sequence)
    {
        return computation.isEnded() && computation.endedSequence() < sequence;
    }

    private void bindToOrigin(final Entry entry, final boolean isBound)
    {
        final Read read = (Read)entry.record();
        if (null == read.digest())
        {
            unknown(entry, "it could not be hashed");
            return;
        }
        if (read.isChanged())
        {
            unknown(entry, "it changed after the run had begun, before it was hashed");
        }
        if (!isBound && !ContentDigest.EMPTY.equals(read.digest()))
        {
            edges.add(origin(read, entry.sequence()).artifact(), reader(entry).id());
        }
    }

    private RecordedComputation reader(final Entry entry)
    {
        return bySequence.get(((Read)entry.record()).computation());
    }

    /** The content's one origin that is not recorded. */
    private Origin origin(final Read read, final long sequence)
    {
        return originsByDigest.computeIfAbsent(read.digest(), digest ->
        {
            final String artifact = versions.containsKey(digest) ? digest + "#unrecorded" : digest.toString();
            return add(artifact, digest, read, sequence, "no recorded run wrote it", declared.get(digest));
        });
    }

    /** An origin of its own: what was read is not known, so nothing can be said of it either. */
    private void unknown(final Entry entry, final String why)
    {
        final String reader = reader(entry).id();
        final String artifact = "unread:" + reader + '#' + entry.sequence();
        edges.add(add(artifact, null, (Read)entry.record(), entry.sequence(), why, null).artifact(), reader);
    }

    private Origin add(
        final String artifact,
        final ContentDigest digest,
        final Read read,
        final long sequence,
        final String why,
        final Declared declaration)
    {
        artifacts.put(artifact, new RecordedArtifact(
            artifact, digest, null, sequence, read.timeNs(), NodeKind.DATASET, read.path()));
        final String prefix = null == declaration ? "unknown:" : null == declaration.bound() ? "human:" : "declared:";
        final Origin origin = new Origin(prefix + artifact, artifact, read.path(), why, declaration);
        origins.put(origin.id(), origin);
        edges.add(origin.id(), artifact);
        return origin;
    }
}
