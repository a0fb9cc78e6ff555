/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** `run --nvtx` from the launcher to the document: docs/nvtx.md. */
class RunNvtxIT
{
    private static final String[] CALLS = {
        "1", "range:forward pass", "flop:20", "range:layer", "flop:300", "pop", "segment:s", "range:within",
        "flop:4000", "pop", "end", "pop", "flop:50000", "pop"
    };

    @TempDir
    private Path work;

    private MeteredRun run(final String... options) throws Exception
    {
        final String[] command = new String[CALLS.length + 2];
        command[0] = MeteredRun.WORKER.toString();
        command[1] = "artifacts";
        System.arraycopy(CALLS, 0, command, 2, CALLS.length);
        final MeteredRun run = new MeteredRun(work).option("--node", "train").option(options).run(command);
        assertEquals(0, run.exitCode(), run::stderr);
        assertEquals("54321", run.result().at("/flop/lower").asString(), run::stderr);
        assertTrue(run.result().path("conserved").asBoolean());
        return run;
    }

    private static String nodes(final MeteredRun run) throws IOException
    {
        final TreeMap<String, String> nodes = new TreeMap<>();
        run.result().path("byNode").properties().forEach(node ->
            nodes.put(node.getKey(), node.getValue().path("lower").asString()));
        return nodes.toString();
    }

    @Test
    void shouldSplitARunByItsRanges() throws Exception
    {
        // The last pop finds no range: twelve calls of thirteen did what they say.
        final MeteredRun split = run("--nvtx");
        assertEquals("12\n", split.stdout());
        assertEquals("{forward_pass=20, layer=300, segment:s=4000, train=50001}", nodes(split));
    }

    @Test
    void shouldCountTheSameWithoutThem() throws Exception
    {
        // No range is followed, and the program is told so: what is left are four counts and the segment.
        final MeteredRun whole = run();
        assertEquals("6\n", whole.stdout());
        assertEquals("{segment:s=4000, train=50321}", nodes(whole));
    }
}
