/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.Comparator;
import org.flopmeter.json.JsonView;

/** A dataset as its producer calls it. */
record DatasetName(String namespace, String name) implements Comparable<DatasetName>
{
    private static final Comparator<DatasetName> ORDER =
        Comparator.comparing(DatasetName::namespace).thenComparing(DatasetName::name);

    static DatasetName read(final JsonView dataset)
    {
        return new DatasetName(dataset.member("namespace").string(), dataset.member("name").string());
    }

    @Override
    public int compareTo(final DatasetName other)
    {
        return ORDER.compare(this, other);
    }

    /** How people name it, `--human` too. */
    String text()
    {
        return namespace + "/" + name;
    }
}
