/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.ArrayList;
import java.util.List;
import org.flopmeter.unit.Ratio;

/** What a dataset held after a writer, or writers of one named version, were done with it: one artifact. */
final class DatasetVersion
{
    private final DatasetName dataset;
    private final String version;
    private final List<LineageRun> writers = new ArrayList<>();
    private RunKey key;
    private int number;

    /** A version of that name; null for one that only its order tells from others. */
    DatasetVersion(final DatasetName dataset, final String version)
    {
        this.dataset = dataset;
        this.version = version;
    }

    void writer(final LineageRun run)
    {
        writers.add(run);
        key = null == key || key.compareTo(run.key()) < 0 ? run.key() : key;
    }

    void number(final int place)
    {
        number = place;
    }

    /** Place among the versions of the dataset, from 1; 0 for what was there before. */
    int number()
    {
        return number;
    }

    DatasetName dataset()
    {
        return dataset;
    }

    String version()
    {
        return version;
    }

    List<LineageRun> writers()
    {
        return writers;
    }

    /** The last writer's; null where nobody is known to have written it: that was before everything. */
    RunKey key()
    {
        return key;
    }

    boolean isWrittenBy(final LineageRun run)
    {
        return writers.contains(run);
    }

    /** Is it there before that place in the order? */
    boolean isBefore(final RunKey other)
    {
        return null == key || key.compareTo(other) < 0;
    }

    /** Is nothing in it of what the dataset held before? Nobody knows how far a run came that did not end well. */
    boolean isReplacing()
    {
        return writers.stream().allMatch(run -> run.isComplete() && run.outputs().isReplaced(dataset, version));
    }

    /** When the last writer ended, in seconds; null when that is not known of all. */
    Ratio instant()
    {
        Ratio instant = null;
        for (final LineageRun run : writers)
        {
            if (null == run.end())
            {
                return null;
            }
            instant = null == instant ? run.end() : instant.max(run.end());
        }
        return instant;
    }
}
