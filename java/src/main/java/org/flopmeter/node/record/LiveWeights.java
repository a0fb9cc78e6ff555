/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.record;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.flopmeter.aggregate.CommittedTotals;
import org.flopmeter.graph.store.GraphRecord;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.Peaked;
import org.flopmeter.graph.store.GraphRecord.Segment;
import org.flopmeter.graph.store.GraphRecord.Weighed;
import org.flopmeter.graph.store.RecordedComputation;
import org.flopmeter.graph.store.StoreContents;
import org.flopmeter.graph.store.StoreContents.Entry;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.ResultBuilder;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.RunResult;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.FlopOverflowException;

/**
 * What runs that have not ended reported so far: read from the accounts of their meter directories when it is asked
 * for, docs/design/0012-graph-store.md section 4. Nothing of theirs is written or drained.
 */
final class LiveWeights
{
    private static final String ACCOUNT_PREFIX = "account-";
    private static final int NESTED_DEPTH_MAX = 8;

    private final List<GraphRecord> records = new ArrayList<>();
    private final Map<String, Long> asOfNs = new HashMap<>();

    private LiveWeights()
    {
    }

    static LiveWeights of(final StoreContents contents, final StateDirectory places)
    {
        final LiveWeights live = new LiveWeights();
        final Map<String, Entry> begun = new HashMap<>();
        final Map<Long, FlopCount> peaks = new HashMap<>();
        final Map<Long, Map<String, Long>> segments = new HashMap<>();
        final Set<Long> ended = new HashSet<>();
        for (final Entry entry : contents.entries())
        {
            if (entry.record() instanceof Begun record)
            {
                begun.putIfAbsent(record.id(), entry);
            }
            else if (entry.record() instanceof Ended record)
            {
                ended.add(record.computation());
            }
            else if (entry.record() instanceof Segment record)
            {
                segments.computeIfAbsent(record.computation(), ignored -> new LinkedHashMap<>())
                    .putIfAbsent(record.name(), entry.sequence());
            }
            else if (entry.record() instanceof Peaked record)
            {
                peaks.merge(record.computation(), record.flopPerSec(), FlopCount::max);
            }
        }
        begun.values().removeIf(entry -> ended.contains(entry.sequence()));
        if (!begun.isEmpty())
        {
            final Map<String, Path> directories = new HashMap<>();
            places.meterDirectories().forEach(directory -> addTo(directories, directory, NESTED_DEPTH_MAX));
            begun.forEach((id, entry) -> live.add(
                (Begun)entry.record(), entry.sequence(), directories.get(mark(id, '/')), peaks.get(entry.sequence()),
                segments.getOrDefault(entry.sequence(), new HashMap<>())));
        }
        return live;
    }

    /** Records that say it; as they are of now they are never appended. */
    List<GraphRecord> records()
    {
        return Collections.unmodifiableList(records);
    }

    /** When it was reported, by id of the computation. */
    Map<String, Long> asOfNs()
    {
        return Collections.unmodifiableMap(asOfNs);
    }

    private static String mark(final String name, final char before)
    {
        return name.substring(name.lastIndexOf(before) + 1);
    }

    private static void addTo(final Map<String, Path> directories, final Path directory, final int depth)
    {
        directories.put(mark(directory.getFileName().toString(), '-'), directory);
        if (0 == depth)
        {
            return;
        }
        try (DirectoryStream<Path> nested = Files.newDirectoryStream(directory, "nested-*"))
        {
            for (final Path inner : nested)
            {
                if (Files.isDirectory(inner, LinkOption.NOFOLLOW_LINKS))
                {
                    addTo(directories, inner, depth - 1);
                }
            }
        }
        catch (final IOException ex)
        {
            // It ended meanwhile: what it recorded then is in the store, or will be the next time.
            return;
        }
    }

    private void add(
        final Begun begun, final long computation, final Path directory, final FlopCount peakPerSec,
        final Map<String, Long> segments)
    {
        if (null == directory)
        {
            return;
        }
        try
        {
            // Before the account is read: it may be newer than that, and never is older.
            final long reportNs = reportNs(directory);
            final Reading reading = Reading.of(CommittedTotals.read(directory, new NativeLaneMapper()));
            final RunFacts facts = RunFacts.recovered(
                directory.resolve(RunFacts.RUN), reportNs, Runtime.getRuntime().availableProcessors());
            final RunResult result = new ResultBuilder(facts, reading, CpuPeak.probe(Path.of("/"))).build();
            final SortedMap<String, FlopInterval> weights = weights(result, begun, reportNs, peakPerSec);
            segments.remove(begun.node());
            GraphWeights.record(weights, result.countedByNode(), computation, segments, reportNs, records::add);
            asOfNs.put(begun.id(), reportNs);
        }
        catch (final IOException | UsageException ex)
        {
            // It ended while we looked, or has not begun to report.
            return;
        }
        catch (final FlopOverflowException ex)
        {
            records.add(new Weighed(computation, begun.beginNs(), RecordedComputation.UNKNOWN_PRECISION,
                FlopInterval.unbounded(FlopCount.ZERO, FlopCount.ZERO)));
        }
    }

    /** When the newest account was committed. */
    private static long reportNs(final Path directory) throws IOException
    {
        long newestNs = -1;
        try (DirectoryStream<Path> accounts = Files.newDirectoryStream(directory, ACCOUNT_PREFIX + "*"))
        {
            for (final Path account : accounts)
            {
                newestNs = Math.max(
                    newestNs, Files.getLastModifiedTime(account, LinkOption.NOFOLLOW_LINKS).to(TimeUnit.NANOSECONDS));
            }
        }
        if (newestNs < 0)
        {
            throw new IOException("no account yet");
        }
        return newestNs;
    }

    /** Per precision what was counted; and what can have been done unseen until then, as a result would bound it. */
    private static SortedMap<String, FlopInterval> weights(
        final RunResult result, final Begun begun, final long reportNs, final FlopCount peakPerSec)
    {
        final FlopCount point = result.flop().point();
        final SortedMap<String, FlopInterval> weights = new TreeMap<>(GraphWeights.of(
            FlopInterval.of(result.flop().lower(), point, point), result.byPrecision().entrySet().stream()
                .map(entry -> new GraphWeights.Precise(entry.getKey(), entry.getValue())).toList()));
        if (null != peakPerSec)
        {
            final BigInteger most = peakPerSec.toBigInteger()
                .multiply(BigInteger.valueOf(Math.max(0, reportNs - begun.beginNs())))
                .divide(BigInteger.valueOf(TimeUnit.SECONDS.toNanos(1))).add(BigInteger.ONE);
            weights.merge(RecordedComputation.UNKNOWN_PRECISION, FlopInterval.of(FlopCount.ZERO, FlopCount.ZERO,
                FlopCount.of(most.subtract(point.toBigInteger()).max(BigInteger.ZERO))), FlopInterval::add);
        }
        return weights;
    }
}
