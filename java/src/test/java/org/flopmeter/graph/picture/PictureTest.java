/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.GraphBuilder;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.RandomGraph;
import org.flopmeter.graph.picture.Picture.Arrow;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What is drawn and what is left out; and that no name breaks out of either language. */
class PictureTest
{
    private static final List<String> HOSTILE = List.of(
        "\"];evil [label=\"x", "\\", "\\\"", "a\\N\nb", "</text><script>alert(1)</script>", "]]>", "<!--", "&lt;&#0;",
        "'><image href='http://x'/>", "\u0000\u0001\uFFFE\uFFFF", "\uD800", "x\uDC00y", "\u202Egnp.exe", "{|}<f0>",
        "\uD83D\uDE00".repeat(40), "");
    private static final Pattern DOT = Pattern.compile(
        "digraph flopmeter\n\\{\n    node \\[shape=box, fontname=\"sans\"\\];\n" +
            "(    n\\d+ \\[label=Q, tooltip=Q(, (shape|style)=[a-z]+)*\\];\n)*" +
            "(    n\\d+ -> n\\d+( \\[style=dashed, tooltip=Q\\])?;\n)*\\}\n");

    @TempDir
    private Path folder;

    @Test
    void shouldDrawTheNearestCausesAndSayHowManyAreLeftOut()
    {
        final GraphBuilder builder = new GraphBuilder().artifact("m", NodeKind.MODEL, null);
        for (int i = 0; i < 10; i++)
        {
            builder.computation("c" + i, activity(1)).edge("c" + i, 0 == i ? "m" : "c" + (i - 1));
        }
        builder.computation("elsewhere", activity(7));

        final Picture picture = PictureBuilder.of(builder.build(), List.of("m"), 3, Map.of());

        assertEquals(List.of("m", "c0", "c1", "c2", "\u2026 7 more"), firstLines(picture));
        assertEquals(List.of(new Arrow(1, 0, null), new Arrow(2, 1, null), new Arrow(3, 2, null),
            new Arrow(4, 3, null)), picture.arrows());
        assertEquals("total 10 FLOP", picture.boxes().get(0).lines().get(1));
        assertEquals(5, picture.levelCount());
    }

    @Test
    void shouldDrawSegmentsAsOneAndOnlyWhatCounts()
    {
        final CausalGraph graph = new GraphBuilder()
            .segmented("run", List.of(activity(30), activity(12), activity(500)))
            .artifact("early", NodeKind.DATASET, null).artifact("late", NodeKind.DATASET, null)
            .artifact("checkpoint", NodeKind.MODEL, null)
            .edge("early", "run@1").edge("late", "run@3").edge("run@2", "checkpoint").build();

        final Picture picture = PictureBuilder.of(graph, List.of("checkpoint"), 9, Map.of("run", "ns/train"));

        assertEquals(List.of("checkpoint", "run", "early"), firstLines(picture));
        assertEquals(List.of("run", "ns/train", "42 FLOP"), picture.boxes().get(1).lines());
    }

    @Test
    void shouldDashWhatIsCutAndNotLookBehindIt()
    {
        final CausalGraph graph = new GraphBuilder()
            .computation("behind", activity(1)).artifact("draft", NodeKind.OUTPUT, null)
            .artifact("text", NodeKind.HUMAN, null).computation("c", activity(2))
            .edge("behind", "draft").edge("draft", "text", Cut.HUMAN_SUBSTANTIAL, "rewritten").edge("text", "c")
            .build();

        final Picture picture = PictureBuilder.of(graph, List.of("c"), 9, Map.of());

        assertEquals(List.of("c", "text", "draft"), firstLines(picture));
        assertEquals("human-substantial: rewritten", picture.arrows().get(1).words());
        assertTrue(DotWriter.write(picture).contains(
            "n2 -> n1 [style=dashed, tooltip=\"human-substantial: rewritten\"];"));
        assertTrue(SvgWriter.write(picture).contains("stroke-dasharray=\"5,4\"><title>human-substantial: rewritten"));
    }

    @Test
    void shouldDrawNoMoreThanPeopleCanRead()
    {
        final GraphBuilder builder = new GraphBuilder().artifact("m", NodeKind.MODEL, null);
        for (int i = 0; i < 5000; i++)
        {
            builder.computation("c" + i, activity(1)).edge("c" + i, "m");
        }

        final Picture picture = PictureBuilder.of(builder.build(), List.of("m"), 1, Map.of());

        assertEquals(PictureBuilder.BOX_COUNT_MAX + 1, picture.boxes().size());
        assertEquals("\u2026 4601 more", picture.boxes().get(PictureBuilder.BOX_COUNT_MAX).lines().get(0));
    }

    @Test
    void shouldSayWhatIsUnknown()
    {
        final CausalGraph graph = new GraphBuilder().computation("c", Activity.of(Map.of(
            "bf16", FlopInterval.unbounded(FlopCount.ZERO, FlopCount.parse("1234567890123456789012345678"))))).build();

        assertEquals("1.235E+27 FLOP [0, unbounded]",
            PictureBuilder.of(graph, List.of(), 0, Map.of()).boxes().get(0).lines().get(1));
    }

    @Test
    void shouldLetNoNameBreakOut() throws Exception
    {
        final GraphBuilder builder = new GraphBuilder().artifact("m", NodeKind.MODEL, null);
        for (int i = 0; i < HOSTILE.size(); i++)
        {
            builder.computation(HOSTILE.get(i), activity(i));
            builder.edge(HOSTILE.get(i), "m", 0 == i % 2 ? Cut.NONE : Cut.INDEPENDENT, HOSTILE.get(i) + "!");
        }

        final Picture picture = PictureBuilder.of(builder.build(), List.of("m"), 9,
            Map.of(HOSTILE.get(0), HOSTILE.get(4)));

        assertDot(DotWriter.write(picture));
        final Document svg = parsed(SvgWriter.write(picture));
        assertEquals(HOSTILE.size() + 1, svg.getElementsByTagName("g").getLength());
        assertEquals(0, svg.getElementsByTagName("script").getLength());
        assertEquals(0, svg.getElementsByTagName("image").getLength());
        assertTrue(svg.getDocumentElement().getTextContent().contains("</text><script>alert"));
    }

    @Test
    void shouldNoticeANameThatBreaksOut()
    {
        // The canary: what an unescaped quote would give is refused by both checks.
        final Picture picture = PictureBuilder.of(
            new GraphBuilder().computation("name", activity(1)).build(), List.of(), 1, Map.of());

        assertThrows(AssertionError.class, () -> assertDot(DotWriter.write(picture).replace("name", "x\"];y [a=\"")));
        assertThrows(Exception.class, () -> parsed(SvgWriter.write(picture).replace("name", "x</text>")));
    }

    @Test
    void shouldDrawRandomGraphsOfBoxesInPlaces() throws Exception
    {
        for (int seed = 0; seed < 60; seed++)
        {
            final CausalGraph graph = new RandomGraph(seed, 60).graph();
            final Picture picture = PictureBuilder.of(graph, List.of(), seed % 4, Map.of());
            assertDot(DotWriter.write(picture));
            final Document svg = parsed(SvgWriter.write(picture));
            final int width = Integer.parseInt(svg.getDocumentElement().getAttribute("width"));
            final NodeList groups = svg.getElementsByTagName("g");
            final Map<String, String> places = new TreeMap<>();
            for (int i = 0; i < groups.getLength(); i++)
            {
                final Element box = (Element)((Element)groups.item(i)).getElementsByTagName("rect").item(0);
                final int x = Integer.parseInt(box.getAttribute("x"));
                assertTrue(x >= 0 && x + Integer.parseInt(box.getAttribute("width")) <= width, "seed " + seed);
                places.put(x + "," + box.getAttribute("y"), "taken");
            }
            assertEquals(picture.boxes().size(), places.size(), "seed " + seed);
        }
    }

    @Test
    void shouldBeReadByGraphviz() throws Exception
    {
        assumeTrue(isGraphvizThere(), "dot (Graphviz) is not installed");
        final GraphBuilder builder = new GraphBuilder().artifact("m", NodeKind.MODEL, null);
        for (final String name : HOSTILE)
        {
            builder.computation(name, activity(1)).edge(name, "m");
        }
        final Path dot = Files.writeString(folder.resolve("a.dot"), DotWriter.write(
            PictureBuilder.of(builder.build(), List.of("m"), 9, Map.of())));

        final Process process = new ProcessBuilder("dot", "-Tsvg", "-o", folder.resolve("a.svg").toString(),
            dot.toString()).redirectErrorStream(true).start();

        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue());
        assertFalse(Files.readString(folder.resolve("a.svg")).contains("evil</title>"));
    }

    private static boolean isGraphvizThere() throws InterruptedException
    {
        try
        {
            return 0 == new ProcessBuilder("dot", "-V").start().waitFor();
        }
        catch (final IOException ex)
        {
            return false;
        }
    }

    /** Quoted strings taken away, nothing may be left but what we write around them. */
    private static void assertDot(final String dot)
    {
        final Matcher rest = DOT.matcher(dot.replaceAll("\"sans\"", "SANS")
            .replaceAll("\"(?:[^\"\\\\\n]|\\\\.)*\"", "Q")
            .replace("SANS", "\"sans\""));
        assertTrue(rest.matches(), dot);
    }

    private static Document parsed(final String svg) throws Exception
    {
        final DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        final var builder = factory.newDocumentBuilder();
        builder.setErrorHandler(null);
        return builder.parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<String> firstLines(final Picture picture)
    {
        return picture.boxes().stream().map(box -> box.lines().get(0)).toList();
    }

    private static Activity activity(final long flopCount)
    {
        return Activity.of(Map.of("fp8", FlopInterval.exact(FlopCount.of(flopCount))));
    }
}
