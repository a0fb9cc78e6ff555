/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import static org.flopmeter.node.run.Fixtures.PEAK;
import static org.flopmeter.node.run.Fixtures.facts;
import static org.flopmeter.node.run.Fixtures.key;
import static org.flopmeter.node.run.Fixtures.reading;
import static org.flopmeter.node.run.Fixtures.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.flopmeter.aggregate.Finding;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.node.text.Messages;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;

class ResultJsonTest
{
    private static final Path SCHEMA =
        Path.of(System.getProperty("flopmeter.root", ".."), "docs/schema/run-result-v1.json");

    @Test
    void shouldWriteTheDocumentOfTheContract() throws IOException
    {
        final RunResult result = new ResultBuilder(
            facts().leftover(77, "daemon").build(),
            reading(
                key("training", Precision.FP32, Source.BLAS, Part.COUNT, "10472652800", 300),
                key(null, Precision.FP64, Source.LAPACK, Part.COUNT, "1000", 2),
                key(null, Precision.FP64, Source.LAPACK, Part.ESTIMATE, "500", 2)),
            PEAK).build();

        assertEquals(golden("result-golden.json"), ResultJson.text(result));
    }

    /** Who reads the summary must see that the interval is wide since events took turns. */
    @Test
    void shouldSayThatEventsTookTurns()
    {
        final String line = "perf: events took turns on the PMU, each was there for at least 51.3 % of the time";

        assertTrue(Summary.of(withCounters(), Messages.english()).contains(line));
        assertTrue(Summary.of(withCounters(), Messages.chinese()).contains("51.3%"));
        assertFalse(Summary.of(
            new ResultBuilder(facts().build(), reading(), PEAK).build(), Messages.english()).contains("took turns"));
    }

    @Test
    void shouldWriteWhatCountersSaw() throws IOException
    {
        assertEquals(golden("result-counters-golden.json"), ResultJson.text(withCounters()));
    }

    @Test
    void shouldValidateAgainstTheSchema() throws IOException
    {
        final Schema schema = schema();
        final RunResult full = new ResultBuilder(
            facts().leftover(1, "x").accelerator("/dev/kfd").build(),
            with(
                reading(key("n", Precision.INT8, Source.ONEDNN, Part.COUNT, FlopCount.MAX.toString(), 1)),
                List.of(new Finding("BAD_MAGIC", "0123.lane", 0, "magic 0")), List.of()),
            PEAK).build();
        final RunResult bare = new ResultBuilder(
            facts().exitUnknown().cpuNs(0).build(), reading(), CpuPeak.unknown("?", "unknown")).build();

        assertValid(schema, ResultJson.text(full));
        assertValid(schema, ResultJson.text(bare));
        assertValid(schema, ResultJson.text(withCounters()));
        assertValid(schema, ResultJson.text(ResultCoverageTest.result(
            List.of("odd"), ResultCoverageTest.uncovered("GPU-0", ResultCoverageTest.FLOP_PER_SEC))));
        assertValid(schema, ResultJson.error("OVERFLOW", "too much"));
    }

    @Test
    void shouldRefuseDocumentsThatAreNotOfTheSchema() throws IOException
    {
        final Schema schema = schema();
        final String right = ResultJson.text(new ResultBuilder(facts().build(), reading(), PEAK).build());

        for (final String wrong : List.of(
            right.replace("\"lower\" : \"0\"", "\"lower\" : 0"),
            right.replace("\"lower\" : \"0\"", "\"lower\" : \"1e3\""),
            right.replace("\"flopmeter/run-result/v1\"", "\"flopmeter/run-result/v2\""),
            right.replace("\"samples\"", "\"sample\"")))
        {
            assertFalse(right.equals(wrong));
            assertFalse(schema.validate(wrong, InputFormat.JSON).isEmpty(), wrong);
        }
    }

    /** A CPU whose counters saw more than the calls, and one that could not be read. */
    private static RunResult withCounters()
    {
        final CounterFacts perf = new CounterFacts(
            "perf", Source.PERF, Basis.EXACT_EXECUTED, CounterFacts.AVAILABLE, "intel 6/143, 14 events", true, 1, 2,
            3_000_000_000L, 1_540_999_999L,
            Map.of(
                Precision.FP64, FlopInterval.of(FlopCount.of(900), FlopCount.of(1800), FlopCount.of(77_000)),
                Precision.FP32, FlopInterval.exact(FlopCount.of(10_472_652_999L)),
                Precision.INT8, FlopInterval.of(FlopCount.ZERO, FlopCount.ZERO, FlopCount.of(5_000_000))),
            List.of(new CounterFacts.CounterGap(5_000_000_000_000L, 5_000_000_001_000L, "TAKEN")));
        final CounterFacts broken = new CounterFacts(
            "gpm", null, null, CounterFacts.FAILED, "counters[1] of facts.json: unknown source: gpm", false, 0, 0, 0,
            Map.of(), List.of());
        return new ResultBuilder(
            facts().counter(perf).counter(broken).build(),
            reading(
                key("training", Precision.FP32, Source.BLAS, Part.COUNT, "10472652800", 300),
                key(null, Precision.FP64, Source.LAPACK, Part.COUNT, "1000", 2),
                key(null, Precision.FP64, Source.LAPACK, Part.ESTIMATE, "500", 2)),
            PEAK).build();
    }

    private static String golden(final String name) throws IOException
    {
        try (var stream = ResultJsonTest.class.getResourceAsStream(name))
        {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Schema schema() throws IOException
    {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(SCHEMA), InputFormat.JSON);
    }

    private static void assertValid(final Schema schema, final String document)
    {
        assertEquals(List.of(), schema.validate(document, InputFormat.JSON), document);
    }
}
