/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.junit.jupiter.api.Test;

/** What rules count of one project, typed by hand; the parts of each view make up the whole. */
class RuleViewTest
{
    private static final Path PROJECT =
        Path.of(System.getProperty("flopmeter.root", "."), "testdata", "graph", "views", "project.json");

    @Test
    void shouldCountOneProjectAsEachRuleDoes() throws IOException
    {
        final Map<String, Long> points = new TreeMap<>();
        RuleView.shipped().forEach(view -> points.put(view.name(), point(compared(view, "tuned").counted())));

        // All; then without the teacher's and the filter's own training, the trial and the evaluation; then without
        // preparation and selection too.
        assertEquals(Map.of("seed", 83_809L, "eu-ai-act", 79_540L, "us-ca-sb53", 79_500L, "fmf", 79_500L), points);
    }

    @Test
    void shouldItemiseEveryDifference() throws IOException
    {
        for (final RuleView view : RuleView.shipped())
        {
            final ViewComparison comparison = compared(view, "answer");
            final CausalSum whole = new Quantities(project()).compute(List.of("answer"));

            assertEquals(whole.total(), comparison.counted().total().add(comparison.leftOutTotal()), view.name());
            final Set<String> names = new HashSet<>(comparison.counted().counted());
            FlopInterval leftOut = FlopInterval.ZERO;
            for (final ViewComparison.Item item : comparison.leftOut())
            {
                assertTrue(names.add(item.computation()), item.toString());
                leftOut = leftOut.add(item.flop());
            }
            assertEquals(new HashSet<>(whole.counted()), names, view.name());
            assertEquals(comparison.leftOutTotal(), leftOut, view.name());
        }
    }

    @Test
    void shouldTellWhatIsLeftOutForItsPurposeFromWhatIsOutOfReach() throws IOException
    {
        final Map<String, Boolean> reach = new TreeMap<>();
        compared(RuleView.shipped().get(1), "tuned").leftOut()
            .forEach(item -> reach.put(item.computation(), item.isOutOfReach()));

        assertEquals(Map.of("trial", false, "check", false, "teacher-training", true, "filter-training", true),
            reach);
    }

    @Test
    void shouldSplitATotalByPurpose() throws IOException
    {
        final Map<Purpose, FlopInterval> parts = new Quantities(project()).computeByPurpose(List.of("tuned"));

        assertEquals(FlopInterval.exact(FlopCount.of(500)), parts.get(Purpose.SYNTHESIS));
        assertEquals(FlopInterval.of(FlopCount.of(83_200), FlopCount.of(83_200), FlopCount.of(83_300)),
            parts.get(Purpose.TRAINING));
        assertEquals(new Quantities(project()).compute(List.of("tuned")).total(),
            parts.values().stream().reduce(FlopInterval.ZERO, FlopInterval::add));
    }

    @Test
    void shouldRefuseAViewThatForgetsAPurpose()
    {
        final String view = "{'schema':'flopmeter/graph-view/v1','name':'v','version':1,'status':'unverified'," +
            "'citation':'c','note':'n','treatments':{'training':'counted'}}";

        assertEquals("$.treatments: expected a member \"preparation\"", refusal(view));
        assertEquals("$.treatments.training: expected counted, without-models, passed or left-out, found \"maybe\"",
            refusal(view.replace("'counted'", "'maybe'")));
        assertTrue(refusal(view.replace("'training'", "'Training'")).startsWith("$.treatments: expected purposes"));
        assertTrue(refusal(view.replace("'version':1", "'version':0")).startsWith("$.version: expected an integer"));
        assertTrue(refusal(view.replace("view/v1", "view/v2")).startsWith("$.schema: expected"));
    }

    private static String refusal(final String view)
    {
        return assertThrows(JsonFormatException.class, () -> RuleView.read(JsonView.root(
            StrictJson.read(view.replace('\'', '"').getBytes(StandardCharsets.UTF_8))))).getMessage();
    }

    private static ViewComparison compared(final RuleView view, final String node)
    {
        try
        {
            return ViewComparison.of(project(), view, List.of(node));
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    private static long point(final CausalSum sum)
    {
        return sum.total().point().low();
    }

    private static CausalGraph project() throws IOException
    {
        return GraphReader.read(JsonView.root(StrictJson.read(Files.readAllBytes(PROJECT))));
    }
}
