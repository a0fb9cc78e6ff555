/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Replays through real producers, real lanes and the real aggregator. */
final class ReplayIT
{
    private static final boolean IS_NIGHTLY = Boolean.getBoolean("flopmeter.nightly");
    /** A few million samples: more than one per million for the canaries, and rings go round. */
    private static final ReplaySpec SPEC = ReplayFiles.spec("mixed").withSliceNs(600_000_000L);
    private static final int HOSTS_REPLAYED = 4;
    private static final int CPUS = 2;

    @TempDir
    private Path folder;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void shouldBeExact() throws IOException, InterruptedException
    {
        final ReplayResult result = replay("flopmeter_replay", 1);

        assertEquals(List.of(), result.differences());
        assertEquals(List.of(), result.problems());
        assertTrue(result.isExact());
        assertEquals(18, result.metered().size());
        assertTrue(result.sum().samples() > 4_000_000, () -> result.sum().toString());
        assertEquals(result.outcome().producers().samples(), result.sum().samples());
        assertEquals(result.outcome().producers().flopCount(), result.sum().flopCount());
    }

    @Test
    void shouldBeExactWithHostsSideBySide() throws IOException, InterruptedException
    {
        final ReplayResult result = replay("flopmeter_replay", 3);

        assertEquals(List.of(), result.differences());
        assertEquals(List.of(), result.problems());
    }

    /** Canary: one sample in a million is not recorded. */
    @Test
    void shouldFindDroppedSamples() throws IOException, InterruptedException
    {
        assertFinds(replay("flopmeter_replay_canary_drop", 1), -1);
    }

    /** Canary: one sample in a million is recorded twice. */
    @Test
    void shouldFindDoubledSamples() throws IOException, InterruptedException
    {
        assertFinds(replay("flopmeter_replay_canary_double", 1), 1);
    }

    @Test
    void shouldExitWithOneAndNameTheKeysOfACanary() throws IOException
    {
        final int exitCode = run(
            ReplayFiles.PRODUCERS.resolve("flopmeter_replay_canary_drop"), CPUS, "--json", "--trace", specFile());

        assertEquals(1, exitCode, text(err));
        assertTrue(text(err).contains("NOT EXACT"), text(err));
        assertTrue(text(err).contains("train.bf16 forward fp32: metered"), text(err));
        final JsonNode document = document();
        assertFalse(document.path("exact").asBoolean());
        assertFalse(document.path("differences").isEmpty());
        assertValid();
    }

    @Test
    void shouldWriteADocumentOfTheSchema() throws IOException, InterruptedException
    {
        final int exitCode = run(ReplayFiles.PRODUCER, CPUS, "--json", "--trace", specFile(), "--seed", "5");

        assertEquals(0, exitCode, text(err));
        assertValid();
        final JsonNode document = document();
        assertTrue(document.path("exact").asBoolean());
        assertEquals("5", document.path("seed").asString());
        assertEquals(40, document.at("/fleet/devices").asLong());
        assertEquals(document.at("/flop/expected").asString(), document.at("/flop/metered").asString());
        final BigInteger sum = document.path("totals").valueStream()
            .map((total) -> new BigInteger(total.path("flop").asString())).reduce(BigInteger.ZERO, BigInteger::add);
        assertEquals(sum.toString(), document.at("/flop/metered").asString());
        assertEquals(
            new Oracle(new Trace(SPEC.withSeed(5))).totals(2).values().stream()
                .map(ExactTotal::flopCount).reduce(BigInteger.ZERO, BigInteger::add), sum);
        assertTrue(text(err).contains("x of real time"), text(err));
        assertFalse(text(err).contains("sustain"), text(err));
    }

    @Test
    void shouldLeaveNothingBehind() throws IOException
    {
        final long before = leftovers();
        assertEquals(0, run(ReplayFiles.PRODUCER, CPUS, "--trace", ReplayFiles.file("small.spec").toString()));
        assertEquals(before, leftovers());
    }

    /** A whole fleet of 10^21 FLOP/s for so long that its total does not fit 64 bits; nightly for the whole second. */
    @Test
    void shouldBeExactBeyond64Bits() throws IOException
    {
        final int exitCode = run(ReplayFiles.PRODUCER, CPUS, "--json", "--flop-per-sec", "1e21", "--seconds",
            IS_NIGHTLY ? "1" : "0.05");

        assertEquals(0, exitCode, text(err));
        assertTrue(document().at("/flop/exceedsU64").asBoolean(), text(out));
        assertEquals(126_340, document().at("/fleet/hosts").asLong());
        assertEquals("1000000000000000000000", document().path("flopPerSec").asString());
    }

    @Test
    void shouldSayWhenAProducerFails() throws IOException
    {
        final Path broken = folder.resolve("broken");
        Files.writeString(broken, "#!/bin/sh\necho no lanes today >&2\nexit 3\n");
        assertTrue(broken.toFile().setExecutable(true));

        assertEquals(3, run(broken, CPUS, "--trace", specFile()));
        assertTrue(text(err).contains("a producer ended with 3: no lanes today"), text(err));
    }

    private void assertFinds(final ReplayResult result, final int sign)
    {
        // Each thread's 1000th sample, and none after it: no thread has a million.
        final long hits = (long)sign * ReplaySpec.DEVICES_PER_HOST;
        assertFalse(result.isExact());
        assertFalse(result.differences().isEmpty());
        assertEquals(hits, result.sum().samples() - Comparison.sum(result.expected()).samples());
        assertEquals(sign, result.sum().flopCount().compareTo(Comparison.sum(result.expected()).flopCount()));
    }

    private static ReplayResult replay(final String program, final int hostsAtOnce)
        throws IOException, InterruptedException
    {
        return ReplayCommand.replay(ReplayFiles.PRODUCERS.resolve(program), new Trace(SPEC), hostsAtOnce);
    }

    private String specFile() throws IOException
    {
        return Files.writeString(folder.resolve("spec"), SPEC.text()).toString();
    }

    private int run(final Path program, final int cpus, final String... args)
    {
        return ReplayCommand.run(
            new ReplayCommand(new PrintStream(out, true), new PrintStream(err, true), program, cpus), args);
    }

    private JsonNode document()
    {
        return JsonMapper.shared().readTree(text(out));
    }

    private void assertValid() throws IOException
    {
        final Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(ReplayFiles.ROOT.resolve("docs/schema/replay-v1.json")), InputFormat.JSON);
        assertEquals(List.of(), schema.validate(text(out), InputFormat.JSON), text(out));
        for (final String[] edit : new String[][]{
            { "\"flopmeter/replay/v1\"", "\"flopmeter/replay/v2\"" }, { "\"exact\"", "\"exakt\"" },
            { "\"expected\" : \"", "\"expected\" : \"0x" } })
        {
            final String wrong = text(out).replace(edit[0], edit[1]);
            assertFalse(wrong.equals(text(out)), edit[0]);
            assertFalse(schema.validate(wrong, InputFormat.JSON).isEmpty(), wrong);
        }
    }

    private static long leftovers() throws IOException
    {
        long count = 0;
        for (final Path place : List.of(Path.of("/dev/shm"), Path.of(System.getProperty("java.io.tmpdir"))))
        {
            if (Files.isDirectory(place))
            {
                try (Stream<Path> files = Files.list(place))
                {
                    count += files.filter((file) -> file.getFileName().toString().startsWith("flopmeter-replay-"))
                        .count();
                }
            }
        }
        return count;
    }

    private static String text(final ByteArrayOutputStream stream)
    {
        return stream.toString(StandardCharsets.UTF_8);
    }
}
