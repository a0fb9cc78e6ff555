/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import static org.flopmeter.node.run.Fixtures.BEGIN_MONOTONIC_NS;
import static org.flopmeter.node.run.Fixtures.PEAK;
import static org.flopmeter.node.run.Fixtures.facts;
import static org.flopmeter.node.run.Fixtures.reading;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.flopmeter.node.text.Messages;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelNotesTest
{
    private static final String CARD = "GPU-abababab-abab-abab-abab-ababababab0a";

    @TempDir
    private Path directory;

    @Test
    void shouldSayNothingWithoutNotes()
    {
        assertTrue(KernelNotes.read(directory).isEmpty());
        assertNull(new ResultBuilder(facts().build(), reading(), PEAK).build().coverage());
    }

    @Test
    void shouldAddUpProcessesOfOneCardNestedOnesIncluded() throws IOException
    {
        write("kernels-0000000000000001.json", note(true, 9_000_000_000L, 0, card(600, 0, 200, "1000000000",
            share("layer:1", 600, 0, 100), share("", 0, 0, 60))));
        Files.createDirectory(directory.resolve("nested-00000001"));
        write("nested-00000001/kernels-0000000000000002.json",
            note(true, 9_000_000_000L, 100, card(0, 100, 100, "1000000000", share("layer:1", 0, 100, 100))));
        write("other.json", "{}");

        final ResultCoverage coverage = coverage();
        final ResultCoverage.CardCoverage card = coverage.cards().get(CARD);

        assertEquals(2, coverage.processes());
        assertEquals(2, coverage.closed());
        assertTimes(600, 100, 300, card.times());
        assertEquals(BigInteger.valueOf(100), card.unseenNs());
        assertEquals(new BigDecimal("0.545454"), card.shareMin());
        assertEquals(new BigDecimal("0.700000"), card.shareMax());
        // 1 FLOP a nanosecond: 200 of the first process, 300 of the second.
        assertEquals(BigInteger.valueOf(500), card.restMax());
        assertTimes(600, 100, 200, card.nodes().get("layer:1"));
        // 60 without a node, 40 that the process had no room for.
        assertTimes(0, 0, 100, card.nodes().get(RunResult.UNATTRIBUTED));
    }

    /** Two cards, 700 of 1000 FLOP placed: what nobody placed may have been on either. */
    @Test
    void shouldTellCardsApart() throws IOException
    {
        final String other = CARD.replace("0a", "0b");
        final String first = stated(card(600, 0, 200, "1000000000"), "400", "400", "450");
        final String second =
            stated(card(600, 0, 100, "1000000000"), "300", "310", "310").replace(CARD, other);
        write("kernels-0000000000000001.json", note(true, 9_000_000_000L, 0, first + "," + second));

        final RunResult result = result("1000", "50", "10");
        final Map<String, FlopInterval> byCard = result.coverage().byCard();

        // 1060 stated, 760 placed, so 300 on either; and 200, 100 ns at 1 FLOP a nanosecond.
        assertEquals(FlopInterval.of(FlopCount.of(400), FlopCount.of(400), FlopCount.of(450 + 300 + 200)),
            byCard.get(CARD));
        assertEquals(FlopInterval.of(FlopCount.of(300), FlopCount.of(310), FlopCount.of(310 + 300 + 100)),
            byCard.get(other));
        final String summary = Summary.of(result, Messages.of(Map.of()));
        assertTrue(summary.contains("calls counted 400 FLOP on it; at most 950 FLOP"), summary);
        assertTrue(ResultJson.text(result).contains("\"upper\" : \"950\""));
        // The canary: notes that place more than the lanes have are no evidence.
        assertEquals(Map.of(), result("699", "50", "10").coverage().byCard());
        write("kernels-0000000000000002.json", note(true, 9_000_000_000L, 0, ""));
        assertFalse(result("1000", "50", "10").coverage().byCard().get(CARD).isBounded(),
            "a process that names no card may have used this one");
    }

    @Test
    void shouldRefuseFlopThatAreNone() throws IOException
    {
        for (final String wrong : List.of("-1", "1e3", "01", "", "9".repeat(39)))
        {
            write("kernels-0000000000000001.json",
                note(true, 9_000_000_000L, 0, stated(card(600, 0, 200, "1"), wrong, wrong, wrong)));
            assertEquals(1, coverage().faults().size(), wrong);
        }
    }

    private RunResult result(final String count, final String estimate, final String bound)
    {
        return new ResultBuilder(facts().kernels(KernelNotes.read(directory)).build(), reading(
            Fixtures.key("n", Precision.BF16, Source.CUDA, Part.COUNT, count, 1),
            Fixtures.key("n", Precision.BF16, Source.CUDA, Part.ESTIMATE, estimate, 1),
            Fixtures.key("n", Precision.BF16, Source.CUDA, Part.BOUND, bound, 1)), PEAK).build();
    }

    private static String stated(
        final String card, final String lower, final String point, final String upper)
    {
        return card.replace("\"kernels\": 1,", "\"kernels\": 1, \"lower\": \"" + lower + "\", \"point\": \"" + point +
            "\", \"upper\": \"" + upper + "\",");
    }

    /** Killed one second after the begin of a run of ten: a kernel may have been at work in all of them. */
    @Test
    void shouldTakeTheTimeOfAKilledProcessAsUnseen() throws IOException
    {
        write("kernels-0000000000000001.json", note(false, 1_000_000_000L, 5, card(100, 0, 0, "2000000000")));
        final ResultCoverage.CardCoverage card = coverage().cards().get(CARD);

        assertEquals(BigInteger.valueOf(10_000_000_000L), card.unseenNs());
        assertEquals(BigInteger.valueOf(20_000_000_000L), card.restMax());
        assertEquals(0, coverage().closed());
    }

    /** Kernels overlap: the card does no more than it can in the time that there was. */
    @Test
    void shouldBoundTheRestByTheTimeWatched() throws IOException
    {
        write("kernels-0000000000000001.json",
            note(true, 1_000, 0, card(0, 0, 1_000_000, "1500000000")));

        assertEquals(BigInteger.valueOf(1_500), coverage().cards().get(CARD).restMax());
    }

    @Test
    void shouldLeaveUnboundedWhatNoPeakBounds() throws IOException
    {
        write("kernels-0000000000000001.json", note(true, 1_000, 0, card(1, 0, 0, "1000000000")));
        write("kernels-0000000000000002.json", note(true, 1_000, 0, card(1, 0, 0, "0")));
        write("kernels-0000000000000003.json", note(true, 1_000, 1_000, ""));

        final ResultCoverage coverage = coverage();

        assertNull(coverage.cards().get(CARD).restMax());
        assertNull(coverage.cards().get("unknown").restMax());
        assertEquals(BigInteger.valueOf(1_000), coverage.cards().get("unknown").unseenNs());
        assertNull(coverage.cards().get("unknown").shareMax());
        assertEquals(new BigDecimal("0.000000"), coverage.cards().get("unknown").shareMin());
    }

    @Test
    void shouldTellOfWhatItCannotUnderstandAndReadTheRest() throws IOException
    {
        final String good = note(true, 1_000, 0, card(1, 0, 0, "1", share("n", 1, 0, 0)));
        write("kernels-0000000000000001.json", good);
        final String[] wrong = {
            "{", "[]", good.replace("kernels/v1", "kernels/v2"), good.replace("AVAILABLE", "GOOD"),
            good.replace("\"uncoveredNs\": 0", "\"uncoveredNs\": -1"),
            good.replace("\"unseenNs\": 0", "\"unseenNs\": 1e99"),
            good.replace(CARD, "<script>"), good.replace("\"node\": \"n\"", "\"node\": \"a b\""),
            good.replace("\"peakFlopPerSec\": \"1\"", "\"peakFlopPerSec\": 1.5"),
            // The node has more than its device.
            good.replace("\"kernels\": 0, \"coveredNs\": 1,", "\"kernels\": 0, \"coveredNs\": 2,"),
            " ".repeat(1024 * 1024 + 1)
        };
        for (int i = 0; i < wrong.length; i++)
        {
            assertFalse(good.equals(wrong[i]), "variant " + i + " is not wrong");
            write("kernels-1%015d.json".formatted(i), wrong[i]);
        }
        Files.createSymbolicLink(
            directory.resolve("kernels-2.json"), directory.resolve("kernels-0000000000000001.json"));
        Files.createDirectory(directory.resolve("kernels-3.json"));

        final KernelNotes notes = KernelNotes.read(directory);

        assertEquals(1, notes.notes().size());
        assertEquals(wrong.length + 2, notes.faults().size(), notes.faults().toString());
    }

    /** Each file is fine, and all of them are more than a small meter can hold. */
    @Test
    void shouldStopAtWhatAllNotesTogetherMayCost() throws IOException
    {
        final String good = note(true, 1_000, 0, card(1, 0, 0, "1"));
        final String large = good + " ".repeat(1024 * 1024 - good.length());
        for (int i = 0; i < 18; i++)
        {
            write("kernels-1%015d.json".formatted(i), large);
        }

        final KernelNotes notes = KernelNotes.read(directory);

        assertEquals(16, notes.notes().size());
        assertEquals(1, notes.faults().size());
        assertTrue(notes.faults().get(0).contains("more than 4096 notes or 16777216 bytes of them"));
    }

    /** A program that spoils its own notes hides no others without a word. */
    @Test
    void shouldTellThatItLeavesNotesOut() throws IOException
    {
        for (int i = 0; i < 40; i++)
        {
            write("kernels-1%015d.json".formatted(i), "[]");
        }
        final List<String> faults = KernelNotes.read(directory).faults();
        assertEquals(17, faults.size());
        assertEquals("more than 16 faults: the notes after these are left out", faults.get(16));

        final Path deep = Files.createDirectories(directory.resolve("deep/" + "nested-1/".repeat(9)));
        Files.writeString(deep.resolve("kernels-1.json"), note(true, 1_000, 0, card(1, 0, 0, "1")));
        final KernelNotes notes = KernelNotes.read(directory.resolve("deep"));
        assertEquals(List.of("nested-1: nested deeper than 8: left out"), notes.faults());
        assertEquals(1, KernelNotes.read(directory.resolve("deep/nested-1")).notes().size());
    }

    @Test
    void shouldTellSixtyFourCardsApart() throws IOException
    {
        for (int i = 0; i < 100; i++)
        {
            write("kernels-1%015d.json".formatted(i), note(true, 1_000, 0, card(1, 0, 0, "1")).replace(CARD, "C" + i));
        }

        final ResultCoverage coverage = coverage();

        assertEquals(65, coverage.cards().size());
        assertTimes(36, 0, 0, coverage.cards().get("unknown").times());
    }

    @Test
    void shouldWriteItIntoTheDocumentAndTheSummary() throws IOException
    {
        write("kernels-0000000000000001.json",
            note(true, 9_000_000_000L, 7, card(600_000_000L, 0, 200_000_000L, "1000000000")));
        write("kernels-0000000000000002.json", "[]");
        final RunResult result =
            new ResultBuilder(facts().kernels(KernelNotes.read(directory)).build(), reading(), PEAK).build();
        final String text = ResultJson.text(result);
        final Path schema =
            Path.of(System.getProperty("flopmeter.root", ".."), "docs/schema/run-result-v1.json");

        assertEquals(List.of(), SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(schema), InputFormat.JSON).validate(text, InputFormat.JSON));
        assertTrue(text.contains("\"shareMin\" : 0.749999"), text);
        assertTrue(text.contains("\"restMax\" : \"200000007\""), text);
        final String summary = Summary.of(result, Messages.of(Map.of()));
        assertTrue(summary.contains(CARD + ": counted calls launched 74.9 to 75.0 % of "), summary);
        assertTrue(summary.contains("kernels: kernels-0000000000000002.json: expected flopmeter/kernels/v1"), summary);
    }

    private ResultCoverage coverage()
    {
        return ResultCoverage.of(facts().kernels(KernelNotes.read(directory)).build(), new Sums());
    }

    private void write(final String name, final String text) throws IOException
    {
        Files.writeString(directory.resolve(name), text);
    }

    private static String note(final boolean isClosed, final long lengthNs, final long unseenNs, final String card)
    {
        return "{\"schema\": \"flopmeter/kernels/v1\", \"pid\": 7, \"state\": \"AVAILABLE\", \"closed\": " + isClosed +
            ", \"running\": " + !isClosed + ", \"beginMonotonicNs\": " + BEGIN_MONOTONIC_NS + ", \"endMonotonicNs\": " +
            (BEGIN_MONOTONIC_NS + lengthNs) + ", \"unseenNs\": " + unseenNs +
            ", \"recordsDropped\": 0, \"devices\": [" + card + "]}";
    }

    private static String card(
        final long covered, final long mixed, final long uncovered, final String peak, final String... shares)
    {
        return "{\"device\": \"" + CARD + "\", \"chip\": \"GH100\", \"peakFlopPerSec\": \"" + peak +
            "\", \"kernels\": 1, \"coveredNs\": " + covered + ", \"mixedNs\": " + mixed + ", \"uncoveredNs\": " +
            uncovered + ", \"nodes\": [" + String.join(",", shares) + "]}";
    }

    private static String share(final String node, final long covered, final long mixed, final long uncovered)
    {
        return "{\"run\": \"r\", \"node\": \"" + node + "\", \"kernels\": 0, \"coveredNs\": " + covered +
            ", \"mixedNs\": " + mixed + ", \"uncoveredNs\": " + uncovered + "}";
    }

    private static void assertTimes(
        final long covered, final long mixed, final long uncovered, final KernelNote.Times times)
    {
        assertEquals(BigInteger.valueOf(covered), times.covered());
        assertEquals(BigInteger.valueOf(mixed), times.mixed());
        assertEquals(BigInteger.valueOf(uncovered), times.uncovered());
    }
}
