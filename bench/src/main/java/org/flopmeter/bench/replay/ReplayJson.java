/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import org.flopmeter.aggregate.Totals;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes flopmeter/replay/v1, docs/schema/replay-v1.json. FLOP are decimal strings, times numbers. */
final class ReplayJson
{
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int DIFFERENCES_MAX = 100;

    private ReplayJson()
    {
    }

    static String text(final ReplayResult result)
    {
        final ReplaySpec spec = result.spec();
        final ObjectNode document = JSON.createObjectNode();
        document.put("schema", ReplayResult.SCHEMA);
        document.put("exact", result.isExact());
        document.put("seed", Long.toUnsignedString(spec.seed()));
        document.put("flopPerSec", spec.flopPerSec().toString());
        document.put("accelerator", spec.accelerator().name());
        document.putObject("fleet").put("hosts", spec.hosts()).put("devices", spec.devices());
        document.put("logicalNs", spec.sliceNs());
        document.put("hostsAtOnce", result.hostsAtOnce());
        document.put("realTimeFactor", result.realTimeFactor());
        document.put("wallNs", result.outcome().wallNs());
        document.put("samplesPerSec", result.samplesPerSec());
        document.put("foldedShare", result.foldedShare());
        document.put("utilisation", result.utilisation());
        final Totals totals = result.outcome().totals();
        document.putObject("samples")
            .put("produced", totals.samplesProduced()).put("consumed", totals.samplesConsumed())
            .put("folded", totals.samplesFolded()).put("lost", totals.samplesLost());
        document.putObject("aggregator")
            .put("cpuNs", result.outcome().aggregatorCpuNs())
            .put("consumedPerCpuSec", result.consumedPerCpuSec())
            .put("realTimeFactor", result.aggregatorRealTimeFactor());
        document.putObject("producers")
            .put("threadCpuNs", result.outcome().producers().cpuNs())
            .put("ringBytes", result.outcome().ringBytes());
        document.put("oracleNs", result.oracleNs());
        document.putObject("flop")
            .put("metered", result.sum().flopCount().toString())
            .put("expected", Comparison.sum(result.expected()).flopCount().toString())
            .put("exceedsU64", result.exceedsU64());
        final ArrayNode keys = document.putArray("totals");
        result.metered().forEach((key, total) -> put(keys.addObject(), key).setAll(totalOf(total)));
        final ArrayNode differences = document.putArray("differences");
        result.differences().stream().limit(DIFFERENCES_MAX).forEach((difference) ->
        {
            final ObjectNode node = put(differences.addObject(), difference.key());
            node.set("metered", totalOf(difference.metered()));
            node.set("expected", totalOf(difference.expected()));
        });
        final ArrayNode problems = document.putArray("problems");
        result.problems().forEach(problems::add);
        return print(document);
    }

    /** The document in place of a result when there can be none. */
    static String error(final String code, final String message)
    {
        return print(JSON.createObjectNode()
            .put("schema", ReplayResult.SCHEMA).put("error", code).put("message", message));
    }

    private static ObjectNode put(final ObjectNode node, final KeyName key)
    {
        return node.put("run", key.run()).put("node", key.node()).put("precision", key.precision().jsonName());
    }

    private static ObjectNode totalOf(final ExactTotal total)
    {
        return JSON.createObjectNode().put("flop", total.flopCount().toString()).put("samples", total.samples());
    }

    private static String print(final ObjectNode document)
    {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(document) + "\n";
    }
}
