/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.HashMap;
import java.util.Map;

/** Names of one dataset, joined by symlinks facets: the least name stands for all. */
final class DatasetAliases
{
    private final Map<DatasetName, DatasetName> parents = new HashMap<>();

    void join(final DatasetName a, final DatasetName b)
    {
        final DatasetName left = canonical(a);
        final DatasetName right = canonical(b);
        if (left.compareTo(right) < 0)
        {
            parents.put(right, left);
        }
        else if (left.compareTo(right) > 0)
        {
            parents.put(left, right);
        }
    }

    DatasetName canonical(final DatasetName name)
    {
        DatasetName at = name;
        while (parents.containsKey(at))
        {
            at = parents.get(at);
        }
        if (!at.equals(name))
        {
            parents.put(name, at);
        }
        return at;
    }
}
