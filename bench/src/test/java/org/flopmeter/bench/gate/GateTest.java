/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.flopmeter.bench.Cards;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Peer;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class GateTest
{
    private static final List<GateRow> ROWS = List.of(
        new GateRow("consumer", "consumerOnly", "consumerOnly.touchOnlyNsPerSample", 2, 2, "why"),
        new GateRow("producer", "producerFree", "producerFree.loopOnlyNs", 4, 2, "why"),
        new GateRow("otel", "producerLive", "peer.otel", 0.082, 2, "why"));

    /** Two cards of the same build differ by that, and a renewed card says so. */
    private static final double NEAR = 1.1;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Deque<ScoreCard> cards = new ArrayDeque<>();

    @Test
    void shouldPassWhereTheRatiosAreTheCommittedOnes() throws InterruptedException
    {
        cards.add(Cards.full());

        assertEquals(0, run());

        assertTrue(cards.isEmpty());
    }

    /** The canary: the gate must see a planted slowness of three times, on a machine of any speed. */
    @ParameterizedTest
    @CsvSource({ "1", "0.2", "7" })
    void shouldFailWhereARatioIsThreeTimesAsLarge(final double machine) throws InterruptedException
    {
        cards.add(with(3, machine));
        cards.add(with(3, machine));

        assertEquals(1, run());

        final List<String> regressed = text().lines().filter((line) -> line.contains("regressed:")).toList();
        assertEquals(1, regressed.size(), text());
        assertTrue(regressed.get(0).startsWith("flopmeter: regressed: producer: 12"), text());
    }

    @ParameterizedTest
    @CsvSource({ "1", "0.2", "7" })
    void shouldNotMindTheSpeedOfTheMachine(final double machine) throws InterruptedException
    {
        cards.add(with(1, machine));

        assertEquals(0, run());
    }

    @Test
    void shouldForgiveWhatIsSlowOnce() throws InterruptedException
    {
        cards.add(with(3, 1));
        cards.add(with(1, 1));

        assertEquals(0, run());

        assertTrue(text().contains("once more"), text());
    }

    @Test
    void shouldNotForgiveWrongTotals() throws InterruptedException
    {
        final ScoreCard wrong = Cards.full();
        wrong.add(Figure.of("producerOverload", "ns/sample", Placement.NEAR, new double[]{ 1 }, false));
        cards.add(wrong);
        cards.add(Cards.full());

        assertEquals(1, run());

        assertTrue(text().contains("producerOverload: its totals were wrong"), text());
    }

    /** Whichever card it was, and in no figure at all. */
    @ParameterizedTest
    @CsvSource({ "1", "3" })
    void shouldNotForgiveWrongTotalsOfACurve(final double slowness) throws InterruptedException
    {
        final ScoreCard wrong = with(1, 1);
        wrong.wrong("throughputByLanes: TOTALS WRONG");
        if (slowness > 1)
        {
            cards.add(with(slowness, 1));
        }
        cards.add(wrong);
        cards.add(with(1, 1));

        assertEquals(1, run());

        assertTrue(text().contains("regressed: throughputByLanes: TOTALS WRONG"), text());
    }

    @Test
    void shouldFailWhereARatioCanNotBeTaken() throws InterruptedException
    {
        cards.add(new ScoreCard("jvm", "cpu", true));
        cards.add(new ScoreCard("jvm", "cpu", true));

        assertEquals(1, run());

        assertEquals(3, text().lines().filter((line) -> line.contains("could not be taken")).count(), text());
    }

    @Test
    void shouldReadTheCommittedRatios()
    {
        for (final GateRow row : GateTable.load())
        {
            assertTrue(row.tolerance() > 1 && row.tolerance() < 3, row.name() + ": the canary must not pass");
            assertTrue(!row.why().isBlank(), row.name());
        }
        assertTrue(GateTable.load().size() >= 5);
    }

    /** A ratio that nobody has seen for months lets everything pass. */
    @Test
    void shouldCommitWhatTheCommittedCardShows() throws IOException
    {
        final ScoreCard card = CardFile.read();
        assertEquals(Map.of(), new Gate(GateTable.load()).failures(card));
        for (final GateRow row : GateTable.load())
        {
            final double shown = ratio(card, row);
            assertTrue(
                row.committed() < NEAR * shown && shown < NEAR * row.committed(),
                row.name() + ": " + row.committed() + " is committed, the card shows " + shown);
        }
    }

    static List<String> rows()
    {
        return GateTable.load().stream().map(GateRow::name).toList();
    }

    /** The canary of each row as committed: three times as slow as on the committed card, and nothing else. */
    @ParameterizedTest
    @MethodSource("rows")
    void shouldRefuseWhatIsThreeTimesAsSlowInAnyRow(final String name) throws IOException
    {
        final GateRow row = GateTable.load().stream().filter((one) -> one.name().equals(name)).findFirst().get();

        final Map<String, String> failures =
            new Gate(GateTable.load()).failures(CardFile.slower(CardFile.read(), row.numerator(), 3));

        assertTrue(failures.containsKey(name), () -> row + " passes; refused: " + failures);
    }

    @Test
    void shouldHaveARowForEachCostOfAnybody()
    {
        final List<String> numerators = GateTable.load().stream().map(GateRow::numerator).toList();

        assertTrue(numerators.containsAll(List.of(
            "consumerOnly", "producerFree", "producerLive", "producerFull", "producerOverload", "recordCall",
            "recordCallFull", "endToEndBatched", "endToEndSingle")), numerators::toString);
    }

    private static double ratio(final ScoreCard card, final GateRow row)
    {
        return Costs.find(card, row.numerator()).orElseThrow() / Costs.find(card, row.denominator()).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "a,b,c,1,2           | expected name,numerator",
        "a,b,c,x,2,why       | committed must be a number: x",
        "a,b,c,0,2,why       | committed must be at least",
        "a,b,c,1,0.5,why     | tolerance must be at least 1",
        "a,b,c,NaN,2,why     | committed must be at least" })
    void shouldRefuseABadRowByItsLine(final String line, final String expected)
    {
        final IllegalArgumentException refusal = assertThrows(
            IllegalArgumentException.class, () -> GateTable.read("some.csv", new StringReader("# x\n" + line)));

        assertTrue(refusal.getMessage().startsWith("some.csv:2: "), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
    }

    private static ScoreCard with(final double slowness, final double machine)
    {
        final ScoreCard card = new ScoreCard("jvm", "cpu", true);
        card.add(cost("consumerOnly", machine).with("touchOnlyNsPerSample", machine * 0.5));
        card.add(cost("producerFree", slowness * machine).with("loopOnlyNs", machine * 0.25));
        card.add(cost("producerLive", machine * 2.75));
        Cards.full().peers().forEach((peer) -> card.add(new Peer(
            peer.name(), peer.unit(), peer.median() * machine, peer.ratio(), peer.exact(), peer.note())));
        return card;
    }

    private static Figure cost(final String name, final double ns)
    {
        return Figure.of(name, "ns/sample", Placement.NEAR, new double[]{ ns }, true);
    }

    private int run() throws InterruptedException
    {
        return GateCommand.run(
            (progress) -> cards.remove(), new Gate(ROWS), new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private String text()
    {
        return err.toString(StandardCharsets.UTF_8);
    }
}
