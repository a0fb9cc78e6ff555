/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.unit.FlopInterval;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** "coverage" of the result document. Nanoseconds are decimal strings: they are sums over kernels. */
final class CoverageJson
{
    private CoverageJson()
    {
    }

    static ObjectNode document(final ResultCoverage coverage)
    {
        final ObjectNode document = JsonMapper.shared().createObjectNode()
            .put("processes", coverage.processes()).put("closed", coverage.closed());
        final ArrayNode faults = document.putArray("faults");
        coverage.faults().forEach(faults::add);
        document.set("flop", DocumentJson.interval(coverage.flop()));
        final ArrayNode cards = document.putArray("devices");
        coverage.cards().forEach((device, card) ->
        {
            final ObjectNode node = cards.addObject().put("device", device).put("chip", card.chip());
            times(node, card.times());
            node.put("unseenNs", card.unseenNs().toString())
                .put("recordsDropped", card.recordsDropped().toString())
                .put("shareMin", card.shareMin())
                .put("shareMax", card.shareMax())
                .put("restMax", null == card.restMax() ? FlopInterval.UNBOUNDED : card.restMax().toString());
            if (null != coverage.byCard().get(device))
            {
                node.set("flop", DocumentJson.interval(coverage.byCard().get(device)));
            }
            final ObjectNode nodes = node.putObject("byNode");
            card.nodes().forEach((name, times) -> times(nodes.putObject(name), times));
        });
        return document;
    }

    private static void times(final ObjectNode node, final KernelNote.Times times)
    {
        node.put("kernels", times.kernels().toString())
            .put("kernelNs", times.all().toString())
            .put("coveredNs", times.covered().toString())
            .put("mixedNs", times.mixed().toString())
            .put("uncoveredNs", times.uncovered().toString());
    }
}
