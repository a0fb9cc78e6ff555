/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Reads each committed input once, without a fuzzer: in a JVM whose branches are counted. */
final class LedgerFuzzReplay
{
    private LedgerFuzzReplay()
    {
    }

    static List<Path> inputs(final Path directory) throws IOException
    {
        try (Stream<Path> files = Files.list(directory))
        {
            return files.sorted().toList();
        }
    }

    public static void main(final String[] args) throws IOException
    {
        for (final Path file : inputs(Path.of(args[0])))
        {
            LedgerFuzz.fuzzerTestOneInput(Files.readAllBytes(file));
        }
    }
}
