/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.util.Map;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.store.GraphRecord.Purposed;

/** Nodes of a graph in the making, by id. */
record ReplayNodes(
    Map<String, RecordedComputation> computations,
    Map<String, RecordedArtifact> artifacts,
    Map<String, Origin> origins,
    Map<String, ImportedNode> imported,
    Map<String, Purposed> purposes)
{
    /** What was said last of what a computation was for, or else this. */
    Purpose purpose(final String id, final Purpose otherwise)
    {
        final Purposed said = purposes.get(id);
        return null == said ? otherwise : said.purpose();
    }
}
