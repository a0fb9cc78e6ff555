/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.flopmeter.bench.Cards;
import org.flopmeter.bench.card.Curve;
import org.flopmeter.bench.card.Distribution;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Peer;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.pace.AcceleratorTable;
import org.flopmeter.bench.pace.Pace;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXParseException;

class BenchPageTest
{
    private final Pace pace = new Pace(AcceleratorTable.load());
    private final ScoreCard card = Cards.full();

    @BeforeEach
    void addPace()
    {
        pace.addTo(card);
    }

    @Test
    void shouldBeWellFormed() throws Exception
    {
        final Document page = parsed(BenchPage.of(card, pace));

        assertEquals("html", page.getDocumentElement().getTagName());
        assertEquals(1, page.getElementsByTagName("style").getLength());
    }

    @Test
    void shouldBeWellFormedWhenNothingWasMeasured() throws Exception
    {
        final Document page = parsed(BenchPage.of(new ScoreCard("jvm", "cpu", true), pace));

        assertEquals(0, page.getElementsByTagName("svg").getLength());
    }

    /** The check itself must be able to fail. */
    @Test
    void shouldNoticeAPageThatIsNotWellFormed()
    {
        final String broken = BenchPage.of(card, pace).replaceFirst("</table>", "");

        assertThrows(SAXParseException.class, () -> parsed(broken));
    }

    @Test
    void shouldFetchAndRunNothing() throws Exception
    {
        final String text = BenchPage.of(card, pace);
        final Document page = parsed(text);

        final String withoutNames = text.replaceAll("xmlns=\"[^\"]*\"", "").toLowerCase(Locale.ROOT);
        for (final String word : List.of("http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link"))
        {
            assertFalse(withoutNames.contains(word), word);
        }
        final NodeList elements = page.getElementsByTagName("*");
        for (int i = 0; i < elements.getLength(); i++)
        {
            final var attributes = elements.item(i).getAttributes();
            for (int k = 0; k < attributes.getLength(); k++)
            {
                assertFalse(attributes.item(k).getNodeName().startsWith("on"), attributes.item(k).getNodeName());
            }
        }
    }

    @Test
    void shouldShowEverythingThatIsOnTheCard() throws Exception
    {
        final String words = parsed(BenchPage.of(card, pace)).getDocumentElement().getTextContent();

        for (final Figure figure : card.figures())
        {
            assertTrue(words.contains(figure.name()), figure.name());
            assertTrue(words.contains(Numbers.with(figure.median(), figure.unit())), figure.name());
        }
        for (final Peer peer : card.peers())
        {
            assertTrue(words.contains(peer.name()), peer.name());
            assertTrue(words.contains(Numbers.digits(peer.median())), peer.name());
        }
        for (final Pace.Statement statement : pace.statements(1.7e8))
        {
            assertTrue(words.contains(statement.claim()), statement.claim());
            assertTrue(words.contains(statement.arithmetic()), statement.arithmetic());
        }
        card.curves().stream().map(Curve::title).forEach((title) -> assertTrue(words.contains(title), title));
        card.distributions().stream().map(Distribution::title)
            .forEach((title) -> assertTrue(words.contains(title), title));
        card.warnings().forEach((line) -> assertTrue(words.contains(line.replace('\u0001', '\uFFFD')), line));
        card.validate().keySet().forEach((name) -> assertTrue(words.contains(name), name));
    }

    @Test
    void shouldShowWhatValidationCommitAndConservationCost() throws Exception
    {
        final String words = parsed(BenchPage.of(card, pace)).getDocumentElement().getTextContent();
        assertTrue(words.replaceAll("\\s", "")
            .contains("readingaddingconservationvalidationcommit0.500.130.060.030.28"), words);

        final String line =
            "  consumerOnly in ns/sample: reading 0.50, adding 0.13, conservation 0.06, validation 0.03, commit 0.28\n";
        assertTrue(BenchText.of(card, pace).contains(line), BenchText.of(card, pace));
    }

    /** A curve that mixes them shows distance, not the setting. */
    @Test
    void shouldSayInWhichPlacementEachPointOfACurveWasTaken() throws Exception
    {
        final String words = parsed(BenchPage.of(card, pace)).getDocumentElement().getTextContent();
        assertTrue(words.contains("Compare within one placement of the cores only: near at 126; far at 1."), words);
        assertTrue(words.contains("126 samples per batch: 900 M samples/s (800 M.. 950 M), near"), words);

        assertEquals("Cores all the time: middle.", BenchPage.placements(new Curve("a", "b", "c", "ns", List.of(
            new Curve.Point(1, 2, 1, 3, "middle"), new Curve.Point(2, 2, 1, 3, "middle")))));
    }

    @Test
    void shouldDrawOneBarPerToolAndOurs() throws Exception
    {
        final Document page = parsed(BenchPage.of(card, pace));

        int peers = 0;
        final NodeList bars = page.getElementsByTagName("rect");
        for (int i = 0; i < bars.getLength(); i++)
        {
            peers += "peer".equals(((Element)bars.item(i)).getAttribute("class")) ? 1 : 0;
        }
        assertEquals(card.peers().size(), peers);
    }

    @Test
    void shouldKeepAllCountsInTheBars()
    {
        final var bars = HistogramPlot.bars(card.distributions().get(0));

        // The last bucket is beyond the quantile that is shown only in part: it is 1 % of all, from 2 to 400.
        final double shown = bars.stream().mapToDouble(HistogramPlot.Bar::share).sum();
        assertEquals(1.0, shown, 1e-9);
        assertEquals(0, bars.get(0).from());
    }

    @Test
    void shouldCutTheTailAndSayHowMuch() throws Exception
    {
        final Distribution distribution = new Distribution("x", "x", "ns", List.of(
            new Distribution.Bucket(0, 10, 999), new Distribution.Bucket(10, 10_000, 1)));
        final Markup markup = new Markup();

        HistogramPlot.draw(markup.open("div"), distribution);

        final String text = markup.close().toString();
        assertTrue(text.contains("0.10 % are above 10.0 ns."), text);
    }

    @Test
    void shouldPutTicksAtRoundValues()
    {
        assertEquals("[0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]", Scale.linear(950, 0, 1).ticks().toString());
        assertEquals(0.5, Scale.linear(1000, 0, 1).pixel(500), 1e-12);
        assertEquals(0.5, Scale.logarithmic(List.of(1.0, 10.0, 100.0), 0, 1).pixel(10), 1e-12);
        assertTrue(Scale.linear(0, 0, 1).ticks().size() > 1);
    }

    @Test
    void shouldShortenNumbers()
    {
        assertEquals("912 M samples/s", Numbers.with(912_345_678, "samples/s"));
        assertEquals("18.0 GB/s", Numbers.with(1.8e10, "B/s"));
        assertEquals("1.23 ns/sample", Numbers.with(1.234, "ns/sample"));
        assertEquals("1.00 G", Numbers.prefixed(999_999_999));
        assertEquals("-", Numbers.ratio(Double.NaN));
        assertEquals("0.0011x", Numbers.ratio(0.00112));
        assertEquals("0.22x", Numbers.ratio(0.22));
        assertEquals("10^20", Numbers.power(BigInteger.TEN.pow(20)));
        assertEquals("200 M", Plot.tickText(2e8, "samples/s"));
        assertEquals("0.5", Plot.tickText(0.5, "ns"));
    }

    private static Document parsed(final String text) throws Exception
    {
        final DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        builder.setErrorHandler(null);
        return builder.parse(new InputSource(new StringReader(text)));
    }
}
