/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.flopmeter.bench.card.ScoreCard;

/** Names of this JVM and this CPU. */
final class Machines
{
    private Machines()
    {
    }

    /** A card with their names on it. */
    static ScoreCard emptyCard(final boolean quick)
    {
        final String jvm = System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version");
        final int count = Runtime.getRuntime().availableProcessors();
        return new ScoreCard(jvm, cpuName(Path.of("/proc/cpuinfo")) + ", " + count + " CPUs", quick);
    }

    static String cpuName(final Path cpuinfo)
    {
        try
        {
            return Files.readString(cpuinfo, StandardCharsets.ISO_8859_1).lines()
                .filter((line) -> line.startsWith("model name"))
                .map((line) -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst().orElse(System.getProperty("os.arch") + " CPU");
        }
        catch (final IOException ex)
        {
            return System.getProperty("os.arch") + " CPU";
        }
    }
}
