/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.util.Optional;
import org.flopmeter.bench.card.Curve;
import org.flopmeter.bench.card.Distribution;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.KeepsPace;
import org.flopmeter.bench.card.Peer;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.pace.Accelerator;
import org.flopmeter.bench.pace.Pace;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes flopmeter/bench/v1, docs/schema/bench-v1.json. Speeds are numbers, FLOP exact decimal strings. */
public final class BenchJson
{
    /** Name and version of the document. */
    public static final String SCHEMA = "flopmeter/bench/v1";

    private static final JsonMapper JSON = JsonMapper.shared();

    private BenchJson()
    {
    }

    /** The document, with a line end. */
    public static String text(final ScoreCard card, final Pace pace)
    {
        return print(document(card, pace));
    }

    /** The document in place of a score card when there can be none. */
    public static String error(final String code, final String message)
    {
        return print(JSON.createObjectNode().put("schema", SCHEMA).put("error", code).put("message", message));
    }

    static ObjectNode document(final ScoreCard card, final Pace pace)
    {
        final ObjectNode document = JSON.createObjectNode();
        document.put("schema", SCHEMA).put("jvm", card.jvm()).put("cpu", card.cpu()).put("quick", card.quick())
            .put("exact", card.isExact());
        final ArrayNode figures = document.putArray("figures");
        card.figures().forEach((figure) -> put(figures.addObject(), figure));
        final ArrayNode peers = document.putArray("peers");
        card.peers().forEach((peer) -> put(peers.addObject(), peer));
        final ArrayNode keepsPace = document.putArray("keepsPace");
        card.keepsPace().forEach((row) -> put(keepsPace.addObject(), row));
        final Optional<Figure> basis = card.slowest(Pace.FIGURE);
        if (basis.isPresent())
        {
            put(document.putObject("keepsPaceBasis"), basis.get(), pace);
        }
        final ArrayNode accelerators = document.putArray("accelerators");
        pace.accelerators().forEach((accelerator) -> put(accelerators.addObject(), accelerator));
        final ArrayNode curves = document.putArray("curves");
        card.curves().forEach((curve) -> put(curves.addObject(), curve));
        final ArrayNode distributions = document.putArray("distributions");
        card.distributions().forEach((distribution) -> put(distributions.addObject(), distribution));
        card.warnings().forEach(document.putArray("warnings")::add);
        card.wrongTotals().forEach(document.putArray("wrongTotals")::add);
        document.set("validate", JSON.valueToTree(card.validate()));
        return document;
    }

    private static String print(final ObjectNode document)
    {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(document) + "\n";
    }

    private static void put(final ObjectNode node, final Figure figure)
    {
        node.put("name", figure.name()).put("unit", figure.unit()).put("placement", figure.placement())
            .put("median", figure.median()).put("p10", figure.p10()).put("p90", figure.p90())
            .put("rounds", figure.rounds()).put("exact", figure.exact());
        if (!figure.details().isEmpty())
        {
            node.set("details", JSON.valueToTree(figure.details()));
        }
    }

    private static void put(final ObjectNode node, final Peer peer)
    {
        node.put("name", peer.name()).put("unit", peer.unit()).put("median", peer.median());
        // There is no ratio to a figure that could not be taken, and NaN is no JSON.
        node.put("ratio", Double.isFinite(peer.ratio()) ? Double.valueOf(peer.ratio()) : null);
        node.put("exact", peer.exact()).put("note", peer.note());
    }

    private static void put(final ObjectNode node, final KeepsPace row)
    {
        node.put("accelerator", row.accelerator())
            .put("clusterFlopPerSec", row.clusterFlopPerSec().toString())
            .put("kernelDurationUs", row.kernelDurationUs())
            .put("neededSamplesPerSec", row.neededSamplesPerSec())
            .put("headroom", row.headroom());
    }

    private static void put(final ObjectNode node, final Figure basis, final Pace pace)
    {
        node.put("figure", basis.name()).put("placement", basis.placement()).put("samplesPerSec", basis.median());
        final ArrayNode statements = node.putArray("oneCore");
        for (final Pace.Statement statement : pace.statements(basis.median()))
        {
            statements.addObject()
                .put("accelerator", statement.accelerator().name())
                .put("kernelDurationUs", statement.kernelDurationUs())
                .put("flopPerKernel", statement.flopPerKernel().toBigInteger().toString())
                .put("flopPerSec", statement.flopPerSec().toString())
                .put("statement", statement.claim())
                .put("arithmetic", statement.arithmetic());
        }
    }

    private static void put(final ObjectNode node, final Accelerator accelerator)
    {
        node.put("name", accelerator.name())
            .put("precision", accelerator.precision())
            .put("peakFlopPerSec", accelerator.peakFlopPerSec().toString())
            .put("read", accelerator.read())
            .put("source", accelerator.source());
    }

    private static void put(final ObjectNode node, final Curve curve)
    {
        node.put("name", curve.name()).put("title", curve.title())
            .put("xLabel", curve.xLabel()).put("unit", curve.unit());
        final ArrayNode points = node.putArray("points");
        for (final Curve.Point point : curve.points())
        {
            points.addObject()
                .put("x", point.x()).put("median", point.median()).put("p10", point.p10()).put("p90", point.p90())
                .put("placement", point.placement());
        }
    }

    private static void put(final ObjectNode node, final Distribution distribution)
    {
        node.put("name", distribution.name()).put("title", distribution.title()).put("unit", distribution.unit());
        final ArrayNode buckets = node.putArray("buckets");
        for (final Distribution.Bucket bucket : distribution.buckets())
        {
            buckets.addObject().put("from", bucket.from()).put("to", bucket.to()).put("count", bucket.count());
        }
    }
}
