/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.nio.file.Path;
import java.util.List;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.Ended;

/** A process that appends batches of two records and prints the number of each that is kept: STATE NAME COUNT. */
final class AppendingProcess
{
    private AppendingProcess()
    {
    }

    public static void main(final String[] args)
    {
        final GraphStore store = GraphStore.of(Path.of(args[0]));
        for (int i = 1; i <= Integer.parseInt(args[2]); i++)
        {
            final int number = i;
            store.append(first -> List.of(
                new Begun(number, args[1] + number, args[1], "", "", ""), new Ended(first, number, 0)));
            System.out.println(number);
        }
    }
}
