/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.pace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.KeepsPace;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaceTest
{
    private static final Map<String, Accelerator> BY_NAME =
        AcceleratorTable.load().stream().collect(Collectors.toMap(Accelerator::name, Function.identity()));

    /** The table of the notes, whose rates are rounded to two digits: 1011 devices / 50 us is 2.022e7. */
    @ParameterizedTest
    @CsvSource({
        "H100, 18, 1011,   2.022e7, 1.011e8, 2.022e8, 1.011e9",
        "H200, 18, 1011,   2.022e7, 1.011e8, 2.022e8, 1.011e9",
        "B200, 18, 445,    8.9e6,   4.45e7,  8.9e7,   4.45e8",
        "H100, 20, 101072, 2.02144e9, 1.01072e10, 2.02144e10, 1.01072e11",
        "B200, 20, 44445,  8.889e8, 4.4445e9, 8.889e9, 4.4445e10" })
    void shouldNeedWhatTheTableSays(
        final String name,
        final int power,
        final long devices,
        final double at50,
        final double at10,
        final double at5,
        final double at1)
    {
        final Accelerator accelerator = BY_NAME.get(name);
        final BigInteger cluster = BigInteger.TEN.pow(power);

        assertEquals(BigInteger.valueOf(devices), accelerator.devices(cluster));
        assertEquals(at50, Pace.neededSamplesPerSec(accelerator, cluster, 50), at50 * 1e-12);
        assertEquals(at10, Pace.neededSamplesPerSec(accelerator, cluster, 10), at10 * 1e-12);
        assertEquals(at5, Pace.neededSamplesPerSec(accelerator, cluster, 5), at5 * 1e-12);
        assertEquals(at1, Pace.neededSamplesPerSec(accelerator, cluster, 1), at1 * 1e-12);
    }

    @Test
    void shouldNotRoundUpWhatDividesEvenly()
    {
        final Accelerator accelerator = new Accelerator("x", "fp8", BigInteger.TEN.pow(15), "2026-01-01", "made up");

        assertEquals(BigInteger.valueOf(1000), accelerator.devices(BigInteger.TEN.pow(18)));
        assertEquals(BigInteger.valueOf(1001), accelerator.devices(BigInteger.TEN.pow(18).add(BigInteger.ONE)));
    }

    @Test
    void shouldSayWhatOneCoreKeepsPaceWith()
    {
        final Pace pace = new Pace(List.of(BY_NAME.get("H100")));

        final Pace.Statement statement = pace.statements(1e9).get(3);

        assertEquals(new BigInteger("989400000000000000"), statement.flopPerSec());
        assertEquals(0, new BigDecimal("989400000").compareTo(statement.flopPerKernel()));
        assertEquals(
            "one core keeps pace with 9.89e17 FLOP/s at kernel duration 1 us (H100, bf16 dense)", statement.claim());
        assertEquals(
            "1.00e9 samples/s x 9.89e8 FLOP per kernel (9.89e14 FLOP/s x 1 us) = 9.89e17 FLOP/s",
            statement.arithmetic());
    }

    @Test
    void shouldUseTheSlowestPlacementSeen()
    {
        final ScoreCard card = new ScoreCard("jvm", "cpu", false);
        card.add(rate(Placement.NEAR, 9e8));
        card.add(rate(Placement.FAR, 1.7e8));
        card.add(rate(Placement.MIDDLE, 8e8));

        new Pace(AcceleratorTable.load()).addTo(card);

        final KeepsPace row = card.keepsPace().stream()
            .filter((candidate) -> "H100".equals(candidate.accelerator()) && 5 == candidate.kernelDurationUs())
            .filter((candidate) -> BigInteger.TEN.pow(18).equals(candidate.clusterFlopPerSec()))
            .findFirst().orElseThrow();
        assertEquals(2.022e8, row.neededSamplesPerSec(), 1);
        assertEquals(1.7e8 / 2.022e8, row.headroom(), 1e-12);
        assertEquals(2 * 4 * 4, card.keepsPace().size());
    }

    @Test
    void shouldSayNothingWithoutTheFigure()
    {
        final ScoreCard card = new ScoreCard("jvm", "cpu", false);

        new Pace(AcceleratorTable.load()).addTo(card);

        assertTrue(card.keepsPace().isEmpty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "H100,bf16,989,2026-11-24             | expected name,precision",
        "H100,bf16,9.89e14,2026-11-24,source  | positive integer: 9.89e14",
        "H100,bf16,0,2026-11-24,source        | positive integer: 0",
        "H100,bf16,989,yesterday,source       | YYYY-MM-DD: yesterday",
        "H100,bf16,989,2026-11-24,            | expected name,precision" })
    void shouldRefuseABadRowByItsLine(final String line, final String expected) throws IOException
    {
        final String text = "# comment\n\n" + line + "\n";

        final IllegalArgumentException refusal = assertThrows(
            IllegalArgumentException.class, () -> AcceleratorTable.read("some.csv", new StringReader(text)));

        assertTrue(refusal.getMessage().startsWith("some.csv:3: "), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
    }

    @Test
    void shouldNameTheSourceOfEveryRow()
    {
        assertEquals(4, BY_NAME.size());
        for (final Accelerator accelerator : BY_NAME.values())
        {
            assertTrue(accelerator.source().contains("."), accelerator.name());
        }
    }

    private static Figure rate(final Placement placement, final double samplesPerSec)
    {
        return Figure.of(Pace.FIGURE, "samples/s", placement, new double[]{ samplesPerSec }, true);
    }
}
