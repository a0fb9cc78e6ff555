/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import org.flopmeter.unit.Precision;

/** Where specs, golden files and producers are, and a digest of samples as the C side computes it. */
final class ReplayFiles
{
    static final Path ROOT = Path.of(System.getProperty("flopmeter.root", "..")).toAbsolutePath().normalize();
    static final Path PRODUCERS = Path.of(
        System.getProperty("flopmeter.native.build", "../target/native")).resolve("bench/native/replay");
    static final Path PRODUCER = PRODUCERS.resolve("flopmeter_replay");

    private static final long DIGEST_BASIS = 0xCBF29CE484222325L;
    private static final long DIGEST_PRIME = 0x100000001B3L;

    private ReplayFiles()
    {
    }

    /** What testdata/replay/golden.py wrote. */
    record Golden(List<String> digests, SortedMap<KeyName, ExactTotal> totals)
    {
        static Golden read(final String name) throws IOException
        {
            final List<String> digests = new ArrayList<>();
            final SortedMap<KeyName, ExactTotal> totals = new TreeMap<>();
            for (final String line : Files.readAllLines(file(name + ".golden")))
            {
                final String[] words = line.split(" ");
                if ("host".equals(words[0]))
                {
                    digests.add(words[2]);
                }
                else if ("total".equals(words[0]))
                {
                    totals.put(
                        new KeyName(words[1], words[2], Precision.valueOf(words[3].toUpperCase(java.util.Locale.ROOT))),
                        new ExactTotal(new BigInteger(words[4]), Long.parseLong(words[5])));
                }
            }
            return new Golden(digests, totals);
        }
    }

    static Path file(final String name)
    {
        return ROOT.resolve("testdata/replay").resolve(name);
    }

    static ReplaySpec spec(final String name)
    {
        return SpecReader.read(file(name + ".spec"));
    }

    /** One digest per host, in hexadecimal, of every sample of the trace in order. */
    static List<String> digests(final ReplaySpec spec)
    {
        final Trace trace = new Trace(spec);
        final List<String> digests = new ArrayList<>();
        for (long host = 0; host < spec.hosts(); host++)
        {
            final long[] digest = new long[1];
            for (int device = 0; device < ReplaySpec.DEVICES_PER_HOST; device++)
            {
                digest[0] ^= DIGEST_BASIS;
                trace.run(host, device, (op, key, flopOfShape, flopExtra, timeNs) ->
                {
                    digest[0] = (digest[0] ^ key) * DIGEST_PRIME;
                    digest[0] = (digest[0] ^ flopOfShape + flopExtra) * DIGEST_PRIME;
                    digest[0] = (digest[0] ^ timeNs) * DIGEST_PRIME;
                });
                digest[0] = TraceRandom.mix(digest[0]);
            }
            digests.add(String.format("%016x", digest[0]));
        }
        return digests;
    }

    /** The same by the C program. */
    static List<String> digestsOfC(final Path specFile, final long hosts) throws IOException, InterruptedException
    {
        final String output = output(
            PRODUCER.toString(), specFile.toString(), "0", Long.toString(hosts), "digest");
        return output.lines().map((line) -> line.substring(line.lastIndexOf(' ') + 1)).toList();
    }

    /** Standard output of a program that must succeed. */
    static String output(final String... command) throws IOException, InterruptedException
    {
        final Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (0 != process.waitFor())
        {
            throw new IllegalStateException(String.join(" ", command) + " ended with " + process.exitValue());
        }
        return output;
    }
}
