/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A process that writes one index after another to FILE, each a chain longer by one, and says so. */
final class IndexWritingProcess
{
    private IndexWritingProcess()
    {
    }

    public static void main(final String[] args) throws IOException
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        graph.add(false, new int[0], 0);
        graph.setWeight(0, 0, 0, 1, false);
        final ClosureIndex index = ClosureIndex.build(graph, new IndexLimits(1L << 20, 1, 0));
        while (true)
        {
            final int node = index.append(0 == graph.nodeCount() % 3, new int[] {graph.nodeCount() - 1}, 1);
            index.setNewest(node, 0, 0, 1, false);
            IndexFile.write(Path.of(args[0]), index, List.of(), new byte[0]);
            System.out.println("written");
        }
    }
}
