/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.estimate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.RatioInterval;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.graph.estimate.Approximations.Ancestors;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Each approximation against the causal sum of a public case where they must agree, and its bounds where not. */
class ApproximationsTest
{
    private static final Path CASES = Path.of(System.getProperty("flopmeter.root", "."), "testdata", "graph");

    @Test
    void shouldEqualTheCausalSumOfASingleNetwork() throws IOException
    {
        final Quantities graph = graph("01-seed1-single-network");

        assertEquals(graph.compute(List.of("m")).total(),
            Approximations.singleNetwork(own(graph, "train", "d"), own(graph, "prep")).flop());
    }

    @Test
    void shouldEqualTheRateOfSteadyInference() throws IOException
    {
        final Quantities graph = graph("02-seed2-steady-inference");
        final List<RatioInterval> rates = graph.rates(List.of("o1", "o2"));

        assertEquals(rates.get(0), Approximations.steadyInference(rates.get(0).point(), rates.get(0).point()));
        assertThrows(IllegalArgumentException.class, () -> Approximations.steadyInference(Ratio.of(2), Ratio.ONE));
    }

    @Test
    void shouldEqualTheCausalSumOfAFineTunedModel() throws IOException
    {
        final Quantities graph = graph("03-seed3-finetune");
        final FlopInterval whole = graph.compute(List.of("tuned")).total();
        final FlopInterval base = graph.compute(List.of("base")).total();
        final FlopInterval rest = graph.marginal(List.of("tuned"), List.of("base")).total();

        assertEquals(whole, Approximations.fineTuned(base, rest, FlopInterval.ZERO, Ancestors.DISJOINT).flop());
    }

    @Test
    void shouldEqualTheCausalSumOfADistilledModel() throws IOException
    {
        final Quantities graph = graph("04-seed4-distillation");
        final FlopInterval teacher = graph.compute(List.of("teacher")).total();
        final FlopInterval inference = graph.marginal(List.of("synth"), List.of("teacher")).total();
        final FlopInterval student = graph.marginal(List.of("student"), List.of("synth")).total();

        assertEquals(graph.compute(List.of("student")).total(),
            Approximations.distilled(student, teacher, inference, Ancestors.DISJOINT).flop());
    }

    @Test
    void shouldEqualTheCausalSumOfATrialThatAPersonChose() throws IOException
    {
        final Quantities chosen = graph("05-seed5-human-discarded-trials");
        final FlopInterval kept = chosen.compute(List.of("m3")).total();
        final List<FlopInterval> discarded =
            List.of(chosen.compute(List.of("m1")).total(), chosen.compute(List.of("m2")).total());

        assertEquals(chosen.compute(List.of("kept")).total(),
            Approximations.chosenTrial(kept, discarded, "minutes", Ancestors.MAY_OVERLAP).flop());
    }

    @Test
    void shouldBoundTheCausalSumOfTrialsThatShareTheirPreparation() throws IOException
    {
        final Quantities automatic = graph("06-auto-selected-trials");
        final FlopInterval kept = automatic.compute(List.of("m3")).total();
        final List<FlopInterval> discarded =
            List.of(automatic.compute(List.of("m1")).total(), automatic.compute(List.of("m2")).total());

        final Estimate estimate = Approximations.chosenTrial(kept, discarded, " ", Ancestors.MAY_OVERLAP);

        final FlopCount truth = automatic.compute(List.of("m1", "m2", "m3")).total().point();
        assertEquals(FlopInterval.of(FlopCount.of(125), FlopCount.of(345), FlopCount.of(345)), estimate.flop());
        assertEquals(FlopCount.of(335), truth);
        assertEquals(Basis.DECLARED, estimate.basis());
    }

    @Test
    void shouldStayUnboundedWhereAPartIs()
    {
        final FlopInterval unknown = FlopInterval.unbounded(FlopCount.ZERO, FlopCount.ZERO);

        assertEquals(FlopInterval.unbounded(FlopCount.of(7), FlopCount.of(7)), Approximations.distilled(
            FlopInterval.exact(FlopCount.of(7)), unknown, FlopInterval.ZERO, Ancestors.MAY_OVERLAP).flop());
    }

    @Test
    void shouldMultiplyParametersByTokensExactly()
    {
        final BigInteger parameters = new BigInteger("70000000001");
        final BigInteger tokens = new BigInteger("15000000000007");

        final Estimate estimate = Formulas.byParameters(parameters, tokens, Ratio.ZERO);

        assertEquals(FlopInterval.exact(FlopCount.of(BigInteger.valueOf(6).multiply(parameters).multiply(tokens))),
            estimate.flop());
        assertEquals(Basis.ANALYTIC, estimate.basis());
    }

    @Test
    void shouldRoundADeclaredToleranceOutwards()
    {
        final Ratio third = Ratio.ONE.divide(Ratio.of(3));

        assertEquals(FlopInterval.of(FlopCount.of(4), FlopCount.of(6), FlopCount.of(8)),
            Formulas.byParameters(BigInteger.ONE, BigInteger.ONE, third).flop());
        assertEquals(FlopInterval.of(FlopCount.of(5), FlopCount.of(6), FlopCount.of(7)),
            Formulas.byParameters(BigInteger.ONE, BigInteger.ONE, Ratio.ONE.divide(Ratio.of(7))).flop());
        assertEquals(FlopCount.ZERO,
            Formulas.byParameters(BigInteger.ONE, BigInteger.ONE, Ratio.of(2)).flop().lower());
        assertThrows(IllegalArgumentException.class,
            () -> Formulas.byParameters(BigInteger.ONE.negate(), BigInteger.ONE, Ratio.ZERO));
    }

    @Test
    void shouldCountFrozenParametersOnlyForwardAndThrough()
    {
        assertEquals(FlopInterval.exact(FlopCount.of(4 * 10 * 3 + 2 * 3)), Formulas.byTunedParameters(
            BigInteger.TEN, BigInteger.ONE, BigInteger.valueOf(3), Ratio.ZERO).flop());
        assertEquals(Formulas.byParameters(BigInteger.TEN, BigInteger.TWO, Ratio.ZERO).flop(),
            Formulas.byTunedParameters(BigInteger.TEN, BigInteger.TEN, BigInteger.TWO, Ratio.ZERO).flop());
        assertThrows(IllegalArgumentException.class,
            () -> Formulas.byTunedParameters(BigInteger.ONE, BigInteger.TEN, BigInteger.ONE, Ratio.ZERO));
    }

    @Test
    void shouldTakeThePeakAsTheUpperEndOfHardwareTime()
    {
        final Ratio peak = Ratio.of(new BigInteger("989400000000000"));
        final Ratio utilisation = Ratio.of(BigInteger.TWO, BigInteger.valueOf(5));

        final FlopInterval flop = Formulas.byHardwareTime(
            BigInteger.valueOf(1024), peak, Ratio.of(86_400), Ratio.ZERO, utilisation).flop();

        assertEquals(FlopCount.ZERO, flop.lower());
        assertEquals("35014311936000000000000", flop.point().toString());
        assertEquals("87535779840000000000000", flop.upper().toString());
        assertThrows(IllegalArgumentException.class, () -> Formulas.byHardwareTime(
            BigInteger.ONE, peak, Ratio.ONE, Ratio.ZERO, Ratio.of(2)));
        assertThrows(IllegalArgumentException.class, () -> Formulas.byHardwareTime(
            BigInteger.ONE, peak, Ratio.ONE, Ratio.ONE, utilisation));
    }

    @Test
    void shouldRefuseNegativeInputsByName()
    {
        final BigInteger minus = BigInteger.ONE.negate();
        final Ratio negative = Ratio.of(-1);
        final Ratio one = Ratio.ONE;

        assertNamed("parameters", () -> Formulas.byParameters(minus, BigInteger.ONE, one));
        assertNamed("tuned parameters", () -> Formulas.byTunedParameters(BigInteger.ONE, minus, BigInteger.ONE, one));
        assertNamed("tokens", () -> Formulas.byParameters(BigInteger.ONE, minus, one));
        assertNamed("tolerance", () -> Formulas.byParameters(BigInteger.ONE, BigInteger.ONE, negative));
        assertNamed("devices", () -> Formulas.byHardwareTime(minus, one, one, one, one));
        assertNamed("peak FLOP/s", () -> Formulas.byHardwareTime(BigInteger.ONE, negative, one, one, one));
        assertNamed("seconds", () -> Formulas.byHardwareTime(BigInteger.ONE, one, negative, one, one));
        assertNamed("utilisation", () -> Formulas.byHardwareTime(BigInteger.ONE, one, one, negative, one));
        assertEquals(FlopInterval.exact(FlopCount.of(1)),
            Formulas.byHardwareTime(BigInteger.ONE, one, one, one, one).flop());
        assertEquals(new RatioInterval(Ratio.ZERO, Ratio.ZERO, one), Approximations.steadyInference(Ratio.ZERO, one));
    }

    private static void assertNamed(final String name, final Executable step)
    {
        final String message = assertThrows(IllegalArgumentException.class, step).getMessage();
        assertTrue(message.startsWith("expected " + name + " >= 0"), message);
    }

    /** What a vertex needs beyond what another has needed. */
    private static FlopInterval own(final Quantities graph, final String of, final String... after)
    {
        return graph.marginal(List.of(of), List.of(after)).total();
    }

    private static Quantities graph(final String name) throws IOException
    {
        return new Quantities(GraphReader.read(JsonView.root(
            StrictJson.read(Files.readAllBytes(CASES.resolve(name + ".json"))))));
    }
}
