/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/** Datasets that the caller declares to be made by people. */
final class HumanDatasets
{
    private final boolean isAll;
    private final Set<DatasetName> names = new HashSet<>();

    /** Names of {@link DatasetName#text()}; those that no event knows are noted. */
    HumanDatasets(
        final boolean isAll, final Collection<String> declared, final EventFold fold, final LineageNotes notes)
    {
        this.isAll = isAll;
        final Set<String> unknown = new HashSet<>(declared);
        for (final DatasetName name : fold.datasets())
        {
            if (declared.contains(name.text()))
            {
                names.add(fold.aliases().canonical(name));
                unknown.remove(name.text());
            }
        }
        unknown.forEach(name -> notes.assumed("no event names the dataset " + JsonFacets.shown(name) +
            " that is declared human"));
    }

    boolean contains(final DatasetName canonical)
    {
        return isAll || names.contains(canonical);
    }
}
