/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.flopmeter.unit.CodePointOrder;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Building by calls, as the store does: the same refusals as a document's, and words that help. */
class GraphBuilderTest
{
    @Test
    void shouldRefuseEveryKindOfNodeWithAnIdThatIsThereOrCannotBe()
    {
        final GraphBuilder builder = new GraphBuilder().computation("a", timed(0, 1));

        assertRefused(Refusal.DUPLICATE_ID, "\"a\"", () -> builder.computation("a", timed(0, 1)));
        assertRefused(Refusal.DUPLICATE_ID, "\"a\"", () -> builder.segmented("a", List.of(timed(0, 1))));
        assertRefused(Refusal.DUPLICATE_ID, "\"a\"", () -> builder.artifact("a", NodeKind.MODEL, null));
        assertRefused(Refusal.BAD_ID, "\"@a\"", () -> builder.artifact("@a", NodeKind.MODEL, null));
        assertThrows(IllegalArgumentException.class, () -> builder.segmented("b", List.of()));
        assertThrows(IllegalArgumentException.class, () -> builder.artifact("b", NodeKind.COMPUTATION, null));
    }

    @Test
    void shouldRefuseAnEdgeTwiceAndNameTheEndThatIsMissing()
    {
        final GraphBuilder builder =
            new GraphBuilder().computation("a", timed(0, 1)).artifact("m", NodeKind.MODEL, null).edge("a", "m");

        assertRefused(Refusal.DUPLICATE_EDGE, "edge \"a\" -> \"m\"", () -> builder.edge("a", "m"));
        assertRefused(Refusal.MISSING_NODE, "no node \"ghost\"", () -> builder.edge("ghost", "m"));
        assertRefused(Refusal.MISSING_NODE, "no node \"ghost\"", () -> builder.edge("m", "ghost"));
        assertRefused(Refusal.CUT_NOT_HUMAN, "human-selection cut ends at a human node, not at a computation",
            () -> builder.edge("m", "a", Cut.HUMAN_SELECTION, "minutes"));
    }

    @Test
    void shouldAllowACauseThatStartsAsItsEffectEnds()
    {
        final GraphBuilder builder = new GraphBuilder()
            .computation("a", timed(5, 9)).computation("b", timed(0, 5)).computation("c", timed(0, 4));

        assertEquals(1, builder.edge("a", "b").build().edges().size());
        assertRefused(Refusal.TIME_ORDER, "starts at 5 s, after the effect ended at 4 s", () -> builder.edge("a", "c"));
    }

    @Test
    void shouldTellItsNodesAndEdges()
    {
        final CausalGraph graph = new GraphBuilder()
            .segmented("r", List.of(timed(0, 1), timed(1, 2))).artifact("h", NodeKind.HUMAN, Ratio.ONE)
            .edge("r@1", "h", Cut.HUMAN_SUBSTANTIAL, "rewritten").edge("h", "r@2", Cut.NONE, "ignored").build();

        assertEquals(Set.of("r", "h"), Set.copyOf(graph.ids()));
        assertEquals(List.of(
            new Edge(0, 1, Cut.NONE, null),
            new Edge(0, 2, Cut.HUMAN_SUBSTANTIAL, "rewritten"),
            new Edge(2, 1, Cut.NONE, null)), graph.edges());
        assertEquals("r@2", graph.name(1));
        assertEquals(1, graph.result("r"));
        assertEquals(NodeKind.HUMAN, graph.kind(2));
        assertNull(graph.activity(2));
        assertEquals(Ratio.ONE, graph.instant(2));
        assertEquals("human-substantial", graph.edges().get(1).cut().jsonName());
    }

    @Test
    void shouldNameANodeThatIsReallyOnTheCycle()
    {
        // "tail" hangs on the cycle and can't be taken away either; it must not be the one named.
        final GraphBuilder builder = new GraphBuilder();
        for (final String id : List.of("tail", "start", "x", "y", "z"))
        {
            builder.artifact(id, NodeKind.DATASET, null);
        }
        builder.edge("start", "x").edge("x", "y").edge("y", "z").edge("z", "x").edge("z", "tail");

        final String message = assertRefused(Refusal.CYCLE, "among its own causes", builder::build);
        assertTrue(message.matches("node \"[xyz]\".*"), message);
    }

    @Test
    void shouldOrderNamesByCodePoint()
    {
        final List<String> names = new ArrayList<>(
            List.of("\uE000", "b", "\uD83D\uDE00", "a", "ab", "", "\uD83D\uDE01"));

        names.sort(CodePointOrder.INSTANCE);

        assertEquals(List.of("", "a", "ab", "b", "\uE000", "\uD83D\uDE00", "\uD83D\uDE01"), names);
    }

    @Test
    void shouldCloseOverMoreThanTheStackFirstHolds()
    {
        final GraphBuilder builder = new GraphBuilder().artifact("m", NodeKind.MODEL, null);
        for (int i = 0; i < 500; i++)
        {
            builder.computation("c" + i, timed(0, 1)).edge("c" + i, "m");
        }

        assertEquals(FlopInterval.exact(FlopCount.of(500)),
            new Quantities(builder.build()).compute(List.of("m")).total());
    }

    @Test
    void shouldRefuseAWindowWhoseFlopDoNotFit()
    {
        final FlopInterval half = FlopInterval.exact(FlopCount.of(1L << 63, 0));
        final FlopInterval open = FlopInterval.unbounded(half.lower(), half.lower());
        final Ratio end = Ratio.of(2);

        assertRefused(Refusal.OVERFLOW, "precision fp8", () -> window(Map.of("fp8", half), Map.of("fp8", half), end));
        assertRefused(Refusal.OVERFLOW, "the total", () -> window(Map.of("fp8", half), Map.of("fp4", half), end));
        assertRefused(Refusal.OVERFLOW, "the total", () -> window(Map.of("fp8", open), Map.of("fp4", half), end));
        // Half of each is inside: that fits.
        assertEquals(Ratio.of(half.lower()), window(Map.of("fp8", half), Map.of("fp4", half), Ratio.ONE).point());
    }

    @Test
    void shouldSayWhichTimeIsMissing()
    {
        final TreeMap<String, FlopInterval> flop = new TreeMap<>();
        final Quantities quantities = new Quantities(new GraphBuilder()
            .computation("a", new Activity(flop, Ratio.ONE, null))
            .computation("b", new Activity(flop, null, Ratio.ONE)).build());

        assertRefused(Refusal.MISSING_TIME, "\"a\" has no end",
            () -> quantities.windowed(List.of("a"), Ratio.ZERO, Ratio.ONE));
        assertRefused(Refusal.MISSING_TIME, "\"b\" has no start",
            () -> quantities.windowed(List.of("b"), Ratio.ZERO, Ratio.ONE));
    }

    private static RatioInterval window(
        final Map<String, FlopInterval> a, final Map<String, FlopInterval> b, final Ratio end)
    {
        final CausalGraph graph = new GraphBuilder()
            .computation("a", new Activity(a, Ratio.ZERO, Ratio.of(2)))
            .computation("b", new Activity(b, Ratio.ZERO, Ratio.of(2))).build();
        return new Quantities(graph).windowed(List.of("a", "b"), Ratio.ZERO, end);
    }

    private static Activity timed(final long startSec, final long endSec)
    {
        return new Activity(Map.of("fp8", FlopInterval.exact(FlopCount.of(1))), Ratio.of(startSec), Ratio.of(endSec));
    }

    private static String assertRefused(
        final Refusal refusal, final String words, final Executable step)
    {
        final GraphRefusedException ex = assertThrows(GraphRefusedException.class, step);
        assertEquals(refusal, ex.refusal());
        assertTrue(ex.getMessage().contains(words), ex.getMessage());
        return ex.getMessage();
    }
}
