/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.gate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Peer;
import org.flopmeter.bench.card.ScoreCard;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Figures and peers of a document flopmeter/bench/v1 as a card again. */
final class CardFile
{
    private static final Path FILE =
        Path.of(System.getProperty("flopmeter.root", ".."), "testdata/bench/card.json");

    private CardFile()
    {
    }

    /** The one that the ratios of gate.csv were taken from. */
    static ScoreCard read() throws IOException
    {
        final JsonNode document = JsonMapper.shared().readTree(Files.readString(FILE));
        final ScoreCard card = new ScoreCard(
            document.get("jvm").asString(), document.get("cpu").asString(), document.get("quick").asBoolean());
        document.get("figures").forEach((node) -> card.add(figure(node)));
        document.get("peers").forEach((node) -> card.add(new Peer(
            node.get("name").asString(), node.get("unit").asString(), node.get("median").asDouble(),
            node.path("ratio").asDouble(Double.NaN), true, node.get("note").asString())));
        return card;
    }

    private static Figure figure(final JsonNode node)
    {
        final Map<String, Object> details = new LinkedHashMap<>();
        node.path("details").properties().stream().filter((detail) -> detail.getValue().isNumber())
            .forEach((detail) -> details.put(detail.getKey(), detail.getValue().asDouble()));
        return new Figure(
            node.get("name").asString(), node.get("unit").asString(), node.get("placement").asString(),
            node.get("median").asDouble(), node.get("p10").asDouble(), node.get("p90").asDouble(),
            node.get("rounds").asInt(), node.get("exact").asBoolean(), details);
    }

    /** The same card with one cost ("figure" or "figure.detail", see {@link Costs}) so many times as high. */
    static ScoreCard slower(final ScoreCard card, final String cost, final double times)
    {
        final ScoreCard slower = new ScoreCard(card.jvm(), card.cpu(), card.quick());
        final int dot = cost.indexOf('.');
        card.figures().forEach((figure) -> slower.add(
            figure.name().equals(cost) ? slower(figure, times) :
            dot > 0 && figure.name().equals(cost.substring(0, dot)) ?
            figure.with(cost.substring(dot + 1), times * (Double)figure.details().get(cost.substring(dot + 1))) :
            figure));
        card.peers().forEach(slower::add);
        return slower;
    }

    private static Figure slower(final Figure figure, final double times)
    {
        final double factor = figure.unit().endsWith("/s") ? 1 / times : times;
        return new Figure(
            figure.name(), figure.unit(), figure.placement(), factor * figure.median(), factor * figure.p10(),
            factor * figure.p90(), figure.rounds(), figure.exact(), figure.details());
    }
}
