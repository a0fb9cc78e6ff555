/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Three implementations of docs/design/0007-replay.md (C, Java, Python) make the same samples. */
final class TraceTest
{
    private static final int RANDOM_SPECS = Boolean.getBoolean("flopmeter.nightly") ? 400 : 12;
    private static final Path PYTHON = Path.of("/usr/bin/python3");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = { "small", "mixed" })
    void shouldMakeTheGoldenSamples(final String name) throws IOException, InterruptedException
    {
        final ReplayFiles.Golden golden = ReplayFiles.Golden.read(name);
        final ReplaySpec spec = ReplayFiles.spec(name);

        assertEquals(golden.digests(), ReplayFiles.digests(spec));
        assertEquals(golden.totals(), new Oracle(new Trace(spec)).totals(2));
        assertEquals(golden.totals(), new Oracle(new Trace(spec)).totals(1));
    }

    @ParameterizedTest
    @ValueSource(strings = { "small", "mixed" })
    void shouldMakeTheGoldenSamplesInC(final String name) throws IOException, InterruptedException
    {
        assertEquals(
            ReplayFiles.Golden.read(name).digests(),
            ReplayFiles.digestsOfC(ReplayFiles.file(name + ".spec"), ReplayFiles.spec(name).hosts()));
    }

    @ParameterizedTest
    @ValueSource(strings = { "small", "mixed" })
    void shouldKeepTheGoldenFilesOfTheScript(final String name) throws IOException, InterruptedException
    {
        assumeTrue(Files.isExecutable(PYTHON), "skipped: there is no " + PYTHON);
        assertEquals(
            Files.readString(ReplayFiles.file(name + ".golden")),
            ReplayFiles.output(PYTHON.toString(), ReplayFiles.file("golden.py").toString(),
                ReplayFiles.file(name + ".spec").toString()));
    }

    @Test
    void shouldAgreeWithCOnRandomSpecs() throws IOException, InterruptedException
    {
        final long seed = Long.getLong("flopmeter.seed", System.nanoTime());
        final Random random = new Random(seed);
        for (int i = 0; i < RANDOM_SPECS; i++)
        {
            final ReplaySpec spec = randomSpec(random);
            final Path file = Files.writeString(folder.resolve("spec-" + i), spec.text());
            assertEquals(spec, SpecReader.read(file));
            assertEquals(
                ReplayFiles.digestsOfC(file, spec.hosts()), ReplayFiles.digests(spec),
                () -> "-Dflopmeter.seed=" + seed + "\n" + spec.text());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "seed 42 | seed many | :3: not a statement", "version 1 | version 2 | :2: not a statement",
        "hosts 2 | hosts 0 | : expected hosts", "h100 989400 | h100 0 | :5: not a statement",
        "train bf16 | train fp64 | :8: not a statement", "hosts 2 | hosts 1 | hosts 0 to 2: expected a range" })
    void shouldBeRefusedByCWhenTheSpecIsWrong(final String right, final String wrong, final String message)
        throws IOException, InterruptedException
    {
        final String text = Files.readString(ReplayFiles.file("small.spec"));
        assertTrue(text.contains(right), right);
        final Path file = Files.writeString(folder.resolve("wrong"), text.replace(right, wrong));
        final Process process = new ProcessBuilder(
            ReplayFiles.PRODUCER.toString(), file.toString(), "0", "2", "digest").redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertEquals(2, process.waitFor(), output);
        assertTrue(output.contains(message), output);
        assertEquals(1, output.lines().count(), output);
    }

    @Test
    void shouldDependOnTheSeedAndOnNothingElse()
    {
        final ReplaySpec spec = ReplayFiles.spec("small");
        assertEquals(ReplayFiles.digests(spec), ReplayFiles.digests(spec.withSeed(42)));
        assertNotEquals(ReplayFiles.digests(spec), ReplayFiles.digests(spec.withSeed(43)));
    }

    @Test
    void shouldGiveEachDeviceItsOwnStream()
    {
        final Set<Long> first = new HashSet<>();
        for (int number = 1; number <= 100_000; number++)
        {
            first.add(new TraceRandom(1, number).next());
        }
        assertEquals(100_000, first.size());
    }

    @Test
    void shouldEndAllKernelsWithinTheSlice()
    {
        final ReplaySpec spec = ReplayFiles.spec("mixed");
        final long[] last = new long[1];
        final long[] longest = new long[1];
        new Trace(spec).run(0, 0, (op, key, flopOfShape, flopExtra, timeNs) ->
        {
            assertTrue(timeNs >= last[0] + 1000, "a kernel lasts 1 us at least");
            longest[0] = Math.max(longest[0], timeNs - last[0]);
            last[0] = timeNs;
        });
        assertTrue(last[0] <= spec.sliceNs());
        assertTrue(last[0] > spec.sliceNs() - longest[0] - 1_000_000, "the slice is filled to its end: " + last[0]);
    }

    @Test
    void shouldDrawWhatItsAuthorsPublished()
    {
        // SplitMix64 of state 0: the first outputs, as published with its source.
        assertEquals(0xE220A8397B1DCDAFL, TraceRandom.mix(0x9E3779B97F4A7C15L));
        assertEquals(0x6E789E6AA1B965F4L, TraceRandom.mix(2 * 0x9E3779B97F4A7C15L));
        // xoshiro256** after the state 1, 2, 3, 4: test vector of the rand_xoshiro crate, from the reference in C.
        final TraceRandom random = new TraceRandom(1, 2, 3, 4);
        assertEquals(11520L, random.next());
        assertEquals(0L, random.next());
        assertEquals(1509978240L, random.next());
        assertEquals(1215971899390074240L, random.next());
    }

    private static ReplaySpec randomSpec(final Random random)
    {
        final StringBuilder text = new StringBuilder("version 1\nseed ")
            .append(Long.toUnsignedString(random.nextLong()))
            .append("\nflop-per-sec 1e16\naccelerator ").append(random.nextBoolean() ? "h100" : "b200")
            .append("\nslice-ns ").append(1 + random.nextInt(5_000_000))
            .append("\nhosts ").append(1 + random.nextInt(5)).append('\n');
        final int jobs = 1 + random.nextInt(4);
        for (int i = 0; i < jobs; i++)
        {
            text.append("job j").append(i).append(' ').append(1 + random.nextInt(250))
                .append(random.nextBoolean() ? " train " : " serve ").append(random.nextBoolean() ? "bf16 " : "fp8 ")
                .append(1 + random.nextInt(20)).append(' ').append(8 * (1 + random.nextInt(400))).append(' ')
                .append(8 * (1 + random.nextInt(900))).append(' ').append(8 * (1 + random.nextInt(9000))).append(' ')
                .append(16 * (1 + random.nextInt(60))).append(' ').append(16 * (1 + random.nextInt(60))).append(' ')
                .append(1 + random.nextInt(5)).append('\n');
        }
        final ReplaySpec spec = SpecReader.parse("random", text.toString());
        assertEquals(BigInteger.TEN.pow(16), spec.flopPerSec());
        assertEquals(List.copyOf(spec.jobs()), spec.jobs());
        return spec;
    }
}
