/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.Collection;
import java.util.Comparator;
import java.util.SortedSet;
import java.util.TreeSet;
import org.flopmeter.unit.CodePointOrder;

/** Sets of names in the order of documents. */
final class CodePoints
{
    static final Comparator<String> ORDER = CodePointOrder.INSTANCE;

    private CodePoints()
    {
    }

    static SortedSet<String> sorted(final Collection<String> names)
    {
        final SortedSet<String> sorted = new TreeSet<>(ORDER);
        sorted.addAll(names);
        return sorted;
    }
}
