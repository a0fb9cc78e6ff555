/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

/** What the lines of an import are. */
public enum ImportFormat
{
    /** OpenLineage run events, without what no graph is made of. */
    EVENTS,
    /** Nodes of native JSON, docs/schema/graph-v1.json. */
    NODES,
    /** Edges of native JSON. */
    EDGES
}
