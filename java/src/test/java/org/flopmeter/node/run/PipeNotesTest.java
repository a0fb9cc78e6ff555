/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import static org.flopmeter.node.run.Fixtures.BEGIN_MONOTONIC_NS;
import static org.flopmeter.node.run.Fixtures.PEAK;
import static org.flopmeter.node.run.Fixtures.SECOND_NS;
import static org.flopmeter.node.run.Fixtures.facts;
import static org.flopmeter.node.run.Fixtures.key;
import static org.flopmeter.node.run.Fixtures.reading;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.node.run.RunResult.ResultWitness;
import org.flopmeter.node.text.Messages;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** What is known of the precision of work on tensor cores, from the counter's note to the result. */
class PipeNotesTest
{
    private static final Precision[] FORMATS = { Precision.TF32, Precision.FP16, Precision.BF16, Precision.FP8 };
    /** tf32 half of bf16, fp8 twice: as on GH100. */
    private static final String PIPES = """
        , {"precision": "tf32", "lower": "300", "point": "1000", "upper": "1500"}
        , {"precision": "fp16", "lower": "600", "point": "2000", "upper": "3000"}
        , {"precision": "bf16", "lower": "600", "point": "2000", "upper": "3000"}
        , {"precision": "fp8", "lower": "1200", "point": "4000", "upper": "6000"}""".substring(2);

    private static final Path SCHEMA =
        Path.of(System.getProperty("flopmeter.root", ".."), "docs/schema/run-result-v1.json");

    @TempDir
    private Path directory;

    @Test
    void shouldLeaveUnknownWhatNobodyKnows() throws IOException
    {
        final RunResult result = result("");

        assertEquals(FlopCount.ZERO, result.flop().lower());
        assertEquals(FlopCount.of(2000), result.byPrecision().get("unknown").point());
        assertNull(gpm(result).ifAll());
    }

    /** tf32 at the rate of fp16 would be an estimate of twice the truth. */
    @Test
    void shouldEstimateInThePrecisionThatCallsCounted() throws IOException
    {
        final RunResult result = result("", calls(Precision.TF32, "500"));

        assertEquals(FlopCount.of(500), result.flop().lower());
        // The canary: 2000 is what the pipe's usual rate makes of it.
        assertEquals(FlopCount.of(1000), result.flop().point());
        assertEquals(FlopCount.of(1000), result.byPrecision().get("tf32").point());
        assertEquals(FlopCount.of(6000), gpm(result).flop().upper(), "what nobody counted may have been fp8");
        assertEquals(interval(300, 1000, 1500), gpm(result).ifAll().flop());
        assertEquals(List.of("tf32"), gpm(result).ifAll().precisions());
        assertFalse(gpm(result).ifAll().isDeclared());
    }

    @Test
    void shouldNotTakeWhatCallsExplainForMore() throws IOException
    {
        final RunResult result = result("", calls(Precision.TF32, "1000"));

        assertEquals(FlopCount.of(1000), result.flop().point());
        assertEquals(List.of(), result.findings());
    }

    @Test
    void shouldTakeTheSlowestOfSeveralThatWereCounted() throws IOException
    {
        final RunResult result = result("", calls(Precision.BF16, "100"), calls(Precision.FP8, "100"));

        assertEquals(FlopCount.of(2000), result.flop().point());
        assertEquals(interval(600, 2000, 6000), gpm(result).ifAll().flop());
    }

    @Test
    void shouldCountOnAPersonsWord() throws IOException
    {
        final RunResult result = result("bf16", calls(Precision.BF16, "100"));

        assertEquals(FlopCount.of(600), result.flop().lower());
        assertEquals(FlopCount.of(600), result.byPrecision().get("bf16").lower());
        assertEquals(FlopCount.of(500), result.byBasis().get("DECLARED"));
        assertEquals(FlopCount.of(100), result.byBasis().get("EXACT_BY_SHAPE"));
        assertNull(result.byPrecision().get("unknown"));
        assertTrue(gpm(result).ifAll().isDeclared());
        final String summary = Summary.of(result, Messages.english());
        assertTrue(summary.contains("  gpm, if all work on tensor cores was bf16 (declared): 600 FLOP to "), summary);
        assertEquals(List.of(), SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(SCHEMA), InputFormat.JSON)
            .validate(ResultJson.text(result), InputFormat.JSON));
        // A word never hides anything: the upper end is that of any format.
        assertEquals(FlopCount.of(6000), gpm(result).flop().upper());
    }

    @Test
    void shouldSayInTheSummaryWhatOnlyCountersSaw() throws IOException
    {
        final String summary = Summary.of(result("bf16"), Messages.english());

        assertTrue(summary.lines().anyMatch(line ->
            line.matches(" +cuda +600 +600 FLOP +by counters, no call shows it")), summary);
        assertFalse(summary.contains("nothing was counted"), summary);
        assertTrue(summary.contains("  gpm, if all work on tensor cores was bf16 (declared): "), summary);
    }

    @Test
    void shouldNotBelieveAWordThatCallsContradict() throws IOException
    {
        final RunResult result = result("tf32,fp16", calls(Precision.FP8, "100"));

        assertEquals(FlopCount.of(100), result.flop().lower());
        assertEquals("GPU_PRECISION", result.findings().get(0).kind());
        assertEquals("--gpu-precision tf32,fp16 is not used: fp8 was counted", result.findings().get(0).reason());
    }

    @Test
    void shouldSayWhereACardDoesNotHaveIt() throws IOException
    {
        assertEquals("--gpu-precision fp4 is not used: not every card has it",
            result("fp4").findings().get(0).reason());
    }

    /** No work of that precision fits into the time that the pipe was busy, whatever else there was. */
    @Test
    void shouldFindCallsThatDoNotFitIntoThePipe() throws IOException
    {
        final RunResult fits = result("", calls(Precision.TF32, "1500"));
        final RunResult exceeds = result("", calls(Precision.TF32, "1501"));

        assertEquals(List.of(), fits.findings());
        assertEquals("SHAPE_ABOVE_EXECUTED", exceeds.findings().get(0).kind());
        assertTrue(exceeds.findings().get(0).reason().startsWith(
            "NVIDIA, tf32: calls state 1501 FLOP, executed were 1500 at most"), exceeds.findings().get(0).reason());
    }

    /** One run, all columns: calls, range profiler, pipe activity. */
    @Test
    void shouldSetSourcesSideBySide() throws IOException
    {
        final RunResult result = result("", calls(Precision.TF32, "500"),
            new KeyTotal("r", null, Precision.TF32, Basis.EXACT_EXECUTED, Source.CUDA, Part.COUNT, FlopCount.of(800), 1,
                false));

        final Compared compared = result.compared().get(0);
        assertEquals(1, result.compared().size());
        final Compared.Row tf32 = compared.byPrecision().get(Precision.TF32);
        assertEquals(FlopInterval.exact(FlopCount.of(500)), tf32.calls());
        assertEquals(FlopCount.of(800), tf32.executed().lower());
        assertFalse(tf32.executed().isBounded(), "whether the range profiler watched all the time is not known");
        assertEquals(interval(0, 1000, 1500), tf32.derived());
        assertEquals(interval(0, 1000, 6000), compared.all().derived());
        assertEquals(interval(0, 1000, 1500), gpm(result).byPrecision().get(Precision.TF32));
        assertEquals(List.of(), SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(SCHEMA), InputFormat.JSON)
            .validate(ResultJson.text(result), InputFormat.JSON));
        final String summary = Summary.of(result, Messages.english());
        assertTrue(summary.contains("NVIDIA: sources side by side"), summary);
        assertTrue(summary.lines().anyMatch(line -> line.matches(
            " +tf32 +500 FLOP +at least 800 FLOP, likely 800 FLOP +0 FLOP to 1.50 kFLOP, likely 1.00 kFLOP")), summary);
        assertTrue(Summary.of(result, Messages.chinese()).contains("各来源对照"));
    }

    @Test
    void shouldCompareNothingWhereOnlyOneSourceSpoke() throws IOException
    {
        assertEquals(List.of(), result("").compared());
    }

    @Test
    void shouldAddUpTheNotesOfCountersThatFollowedEachOther() throws IOException
    {
        write("pipes-0000000000000001.json", note("0", "800", "2500", PIPES.replace("00\"", "0\"")));
        final PipeNotes notes = read("");

        assertNull(notes.fault());
        assertEquals(interval(0, 800, 2500), notes.recorded());
        write("pipes-0000000000000002.json", note("0", "2000", "6000", PIPES));
        assertEquals(interval(0, 2800, 8500), read("").recorded());
        assertEquals(interval(660, 2200, 3300), read("").ifAllWere().get(Precision.BF16));
    }

    @Test
    void shouldNotUseANoteOfAnotherMoment() throws IOException
    {
        write("pipes-0000000000000001.json", note("0", "2000", "6001", PIPES));
        final RunResult result = build(read("bf16"));

        assertEquals(FlopCount.ZERO, result.flop().lower());
        assertEquals("--gpu-precision bf16 is not used: the counter's note and its lane are not of the same moment",
            result.findings().get(0).reason());
    }

    @Test
    void shouldNotUseAHostileNote() throws IOException
    {
        final List<String> hostile = List.of(
            "", "[]", "{\"schema\": \"flopmeter/pipes/v2\"}", note("0", "2000", "6000", PIPES).replace("true", "false"),
            note("-1", "2000", "6000", PIPES), note("0", "2000", "1", PIPES),
            note("0", "2000", "6000", PIPES.replace("\"4000\"", "\"6001\"")), note("0", "2000", "9".repeat(50), PIPES),
            note("0", "2000", "6000", PIPES).replace("hmma", "imma"), "x".repeat(70_000));
        for (final String text : hostile)
        {
            write("pipes-0000000000000001.json", text);
            final RunResult result = build(read("bf16"));

            assertEquals(FlopCount.ZERO, result.flop().lower(), text);
            assertEquals(FlopCount.of(2000), result.flop().point(), text);
            assertTrue(result.findings().get(0).reason().startsWith("--gpu-precision bf16 is not used: "), text);
        }
        Files.delete(directory.resolve("pipes-0000000000000001.json"));
        Files.createSymbolicLink(directory.resolve("pipes-0000000000000001.json"), Path.of("/dev/zero"));
        assertTrue(read("bf16").fault().startsWith("a note that can't be used: "));
    }

    /** Where the truth is in one precision, and a person says so, it is inside; and never above the pipe's end. */
    @Test
    void shouldOrderItsEndsForEveryChoice() throws IOException
    {
        write("pipes-0000000000000001.json", note("0", "2000", "6000", PIPES));
        for (int choice = 1; choice < 1 << FORMATS.length; choice++)
        {
            final StringBuilder names = new StringBuilder();
            for (int i = 0; i < FORMATS.length; i++)
            {
                names.append(0 == (choice >> i & 1) ? "" : "," + FORMATS[i].jsonName());
            }
            final RunResult result = build(read(names.substring(1)));
            final FlopInterval ifAll = gpm(result).ifAll().flop();

            assertTrue(result.flop().lower().compareTo(result.flop().point()) <= 0, names.toString());
            assertEquals(result.flop().lower(), ifAll.lower(), names.toString());
            assertTrue(ifAll.upper().compareTo(FlopCount.of(6000)) <= 0, names.toString());
        }
    }

    private RunResult result(final String declared, final KeyTotal... calls) throws IOException
    {
        write("pipes-0000000000000001.json", note("0", "2000", "6000", PIPES));
        return build(read(declared), calls);
    }

    private static RunResult build(final PipeNotes notes, final KeyTotal... calls)
    {
        final KeyTotal[] keys = new KeyTotal[calls.length + 2];
        System.arraycopy(calls, 0, keys, 0, calls.length);
        keys[calls.length] = lane(Part.ESTIMATE, "2000");
        keys[calls.length + 1] = lane(Part.BOUND, "4000");
        final CounterFacts gpm = new CounterFacts(
            "gpm", Source.CUDA, Basis.DERIVED, CounterFacts.AVAILABLE, "", true, BEGIN_MONOTONIC_NS,
            BEGIN_MONOTONIC_NS + 10 * SECOND_NS, 0, Map.of(), List.of());
        return new ResultBuilder(
            facts().accelerator("/dev/nvidia0").counter(gpm).pipes(notes).build(), reading(keys), PEAK).build();
    }

    private static KeyTotal lane(final Part part, final String flopCount)
    {
        return new KeyTotal("r", null, Precision.UNKNOWN, Basis.DERIVED, Source.CUDA, part,
            FlopCount.parse(flopCount), 1, false);
    }

    private static KeyTotal calls(final Precision precision, final String flopCount)
    {
        return key("n", precision, Source.CUDA, Part.COUNT, flopCount, 1);
    }

    private static ResultWitness gpm(final RunResult result)
    {
        return result.witnesses().get(0);
    }

    private static FlopInterval interval(final long lower, final long point, final long upper)
    {
        return FlopInterval.of(FlopCount.of(lower), FlopCount.of(point), FlopCount.of(upper));
    }

    private PipeNotes read(final String declared)
    {
        return PipeNotes.read(
            directory, JsonMapper.shared().createObjectNode().put("gpuPrecision", declared));
    }

    private static String note(final String lower, final String point, final String upper, final String precisions)
    {
        final String flop =
            "\"lower\": \"" + lower + "\", \"point\": \"" + point + "\", \"upper\": \"" + upper + "\"";
        return "{\"schema\": \"flopmeter/pipes/v1\", \"pid\": 7, \"isBounded\": true, \"recorded\": {" + flop +
            "}, \"pipes\": [{\"pipe\": \"hmma\", " + flop + ", \"ifAllWere\": [" + precisions + "]}]}";
    }

    private void write(final String name, final String text) throws IOException
    {
        Files.writeString(directory.resolve(name), text);
    }
}
