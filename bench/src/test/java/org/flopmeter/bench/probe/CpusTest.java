/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.flopmeter.bench.BenchException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpusTest
{
    @TempDir
    private Path topology;

    private void siblings(final int cpu, final String list) throws IOException
    {
        final Path directory = Files.createDirectories(topology.resolve("cpu" + cpu + "/topology"));
        Files.writeString(directory.resolve("thread_siblings_list"), list + "\n");
    }

    @Test
    void shouldReadListsOfTheKernel()
    {
        assertEquals(List.of(0, 1, 2, 3, 8), Cpus.ofList("0-3,8"));
        assertEquals(List.of(5), Cpus.ofList("5"));
    }

    @Test
    void shouldPassOverTheOtherThreadOfACore() throws IOException
    {
        siblings(0, "0,4");
        assertEquals(new Cpus(0, 5, false), Cpus.choose(List.of(0, 4, 5), topology));
        assertEquals(new Cpus(0, 1, false), Cpus.choose(List.of(0, 1, 4), topology));
    }

    @Test
    void shouldSayWhenThereIsOneCoreOnly() throws IOException
    {
        siblings(2, "2-3");
        assertTrue(Cpus.choose(List.of(2, 3), topology).areThreadsOfOne());
    }

    @Test
    void shouldRefuseOneCpu()
    {
        final BenchException refusal = assertThrows(BenchException.class, () -> Cpus.choose(List.of(7), topology));
        assertTrue(refusal.getMessage().contains("only CPU 7"), refusal.getMessage());
    }
}
