/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.flopmeter.unit.Ratio;

/** Versions of one dataset, in the order in which they were written. */
final class DatasetHistory
{
    private static final Comparator<DatasetVersion> ORDER = Comparator.comparing(DatasetVersion::key)
        .thenComparing(DatasetVersion::version, Comparator.nullsFirst(
            Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder())));

    private final DatasetName dataset;
    private final Map<String, DatasetVersion> named = new TreeMap<>();
    private final List<DatasetVersion> written = new ArrayList<>();
    private final Map<LineageRun, List<DatasetVersion>> byWriter = new HashMap<>();
    private DatasetVersion origin;

    DatasetHistory(final DatasetName dataset)
    {
        this.dataset = dataset;
    }

    void writer(final LineageRun run)
    {
        for (final String version : run.outputs().versions(dataset))
        {
            DatasetVersion of = named.get(version);
            if (null == of)
            {
                of = new DatasetVersion(dataset, version);
                named.put(version, of);
                written.add(of);
            }
            of.writer(run);
        }
        if (run.outputs().versions(dataset).isEmpty())
        {
            final DatasetVersion unnamed = new DatasetVersion(dataset, null);
            unnamed.writer(run);
            written.add(unnamed);
        }
    }

    /** All writers are known: bring what they wrote in order. */
    void sort()
    {
        written.sort(ORDER);
        for (int i = 0; i < written.size(); i++)
        {
            final DatasetVersion version = written.get(i);
            version.number(i + 1);
            version.writers().forEach(run -> byWriter.computeIfAbsent(run, ignored -> new ArrayList<>()).add(version));
        }
    }

    /**
     * What the run read, as far as it names versions; what it can have read, where it doesn't: what was current at its
     * start and whatever was written until its end. Empty: something that was there before every writer.
     */
    Set<DatasetVersion> reads(final LineageRun run)
    {
        final Set<DatasetVersion> reads = new LinkedHashSet<>();
        for (final String version : run.inputs().versions(dataset))
        {
            final DatasetVersion read = named.computeIfAbsent(version, name -> new DatasetVersion(dataset, name));
            if (!read.isWrittenBy(run))
            {
                reads.add(read);
            }
            if (null == read.key() || read.isWrittenBy(run))
            {
                // Nobody says that he wrote this version: whoever named none can have. Its own writer read older ones.
                readable(run, reads, null == read.key());
            }
        }
        if (run.inputs().versions(dataset).isEmpty())
        {
            readable(run, reads, false);
        }
        return reads;
    }

    private void readable(final LineageRun run, final Set<DatasetVersion> reads, final boolean isUnnamedOnly)
    {
        final Ratio start = run.start();
        for (int i = countBefore(run.key()) - 1; i >= 0; i--)
        {
            final DatasetVersion version = written.get(i);
            if (!isUnnamedOnly || null == version.version())
            {
                reads.add(version);
            }
            if (null != start && version.key().time().compareTo(start) < 0)
            {
                return;
            }
        }
        if (null != origin)
        {
            reads.add(origin);
        }
    }

    /** How many versions stand before that place in the order. */
    private int countBefore(final RunKey key)
    {
        int low = 0;
        int high = written.size();
        while (low < high)
        {
            final int middle = (low + high) >>> 1;
            if (written.get(middle).isBefore(key))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low;
    }

    /** Somebody read the dataset when no known run had written it yet: something was there. */
    void requireOrigin()
    {
        origin = null == origin ? new DatasetVersion(dataset, null) : origin;
    }

    /** What was there before every known writer; null where nothing says that anything was. */
    DatasetVersion origin()
    {
        return origin;
    }

    /** What the run wrote, in order. */
    List<DatasetVersion> writtenBy(final LineageRun run)
    {
        return byWriter.get(run);
    }

    /** In order of writing. */
    List<DatasetVersion> written()
    {
        return written;
    }

    /** Versions that were read by name and that nobody is known to have written. */
    List<DatasetVersion> foreign()
    {
        return named.values().stream().filter(version -> null == version.key()).toList();
    }
}
