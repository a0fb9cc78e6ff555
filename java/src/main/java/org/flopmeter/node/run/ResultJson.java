/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Instant;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.Version;
import org.flopmeter.node.run.RunResult.ResultFinding;
import org.flopmeter.node.run.RunResult.ResultGap;
import org.flopmeter.node.run.RunResult.ResultWitness;
import org.flopmeter.node.run.RunResult.SourceTotal;
import org.flopmeter.node.run.RunResult.UpperBasis;
import org.flopmeter.unit.FlopInterval;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes flopmeter/run-result/v1, docs/schema/run-result-v1.json. FLOP are decimal strings, times numbers. */
public final class ResultJson
{
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int RATIO_SCALE = 6;
    private static final long NS_PER_SEC = 1_000_000_000L;

    private ResultJson()
    {
    }

    public static String text(final RunResult result)
    {
        return DocumentJson.print(document(result));
    }

    /** The document in place of a result when there can be none. */
    public static String error(final String code, final String message)
    {
        return DocumentJson.print(JSON.createObjectNode()
            .put("schema", RunResult.SCHEMA).put("error", code).put("message", message));
    }

    static ObjectNode document(final RunResult result)
    {
        final RunFacts facts = result.facts();
        final ObjectNode document = JSON.createObjectNode();
        document.put("schema", RunResult.SCHEMA);
        document.put("run", facts.run());
        facts.command().forEach(document.putArray("command")::add);
        document.put("exitCode", facts.exitCode());
        document.put("beginNs", facts.beginNs());
        document.put("endNs", facts.endNs());
        document.set("flop", DocumentJson.interval(result.flop()));
        final ObjectNode byPrecision = document.putObject("byPrecision");
        result.byPrecision().forEach((name, flop) -> byPrecision.set(name, DocumentJson.interval(flop)));
        final ObjectNode byNode = document.putObject("byNode");
        result.byNode().forEach((name, flop) -> byNode.set(name, DocumentJson.interval(flop)));
        final ObjectNode bySource = document.putObject("bySource");
        result.bySource().forEach((name, total) -> bySource.set(name, source(total)));
        final ObjectNode byBasis = document.putObject("byBasis");
        result.byBasis().forEach((name, flopCount) -> byBasis.put(name, flopCount.toString()));
        final ArrayNode witnesses = document.putArray("witnesses");
        result.witnesses().forEach(witness -> witnesses.add(witness(witness)));
        if (!result.compared().isEmpty())
        {
            document.set("compared", ComparedText.array(result.compared()));
        }
        document.putObject("samples")
            .put("produced", result.samples().produced())
            .put("consumed", result.samples().consumed())
            .put("folded", result.samples().folded())
            .put("lost", result.samples().lost());
        final ArrayNode gaps = document.putArray("gaps");
        result.gaps().forEach(gap -> gaps.add(gap(gap)));
        document.put("conserved", result.conserved());
        final ArrayNode findings = document.putArray("findings");
        result.findings().forEach(finding -> findings.add(finding(finding)));
        document.set("upperBasis", upperBasis(result.upperBasis()));
        document.set("overhead", overhead(result));
        if (null != result.coverage())
        {
            document.set("coverage", CoverageJson.document(result.coverage()));
        }
        document.put("begin", instant(facts.beginNs()));
        document.put("end", instant(facts.endNs()));
        document.put("node", facts.node());
        document.put("meter", Version.text());
        return document;
    }

    private static ObjectNode source(final SourceTotal total)
    {
        final ObjectNode source = JSON.createObjectNode();
        if (null == total.executed())
        {
            return source.put("calls", total.calls()).put("flop", total.flopCount().toString());
        }
        return source
            .put("flop", total.flopCount().toString())
            .put("point", total.executed().flop().point().toString())
            .put("upper", total.executed().flop().upperText())
            .put("inTotal", total.executed().isInTotal())
            .put("added", total.executed().added().toString());
    }

    private static ObjectNode witness(final ResultWitness witness)
    {
        final ObjectNode node = JSON.createObjectNode()
            .put("name", witness.name())
            .put("source", witness.source())
            .put("basis", witness.basis())
            .put("state", witness.state())
            .put("detail", witness.detail())
            .put("isWhole", witness.isWhole());
        if (null != witness.onPmu())
        {
            node.put("coveredNs", Long.toString(witness.onPmu().coveredNs()))
                .put("runningNs", Long.toString(witness.onPmu().runningNs()));
        }
        node.set("flop", null == witness.flop() ? JSON.nullNode() : DocumentJson.interval(witness.flop()));
        final ObjectNode byPrecision = node.putObject("byPrecision");
        witness.byPrecision().forEach((precision, flop) ->
            byPrecision.set(precision.jsonName(), DocumentJson.interval(flop)));
        if (null != witness.ifAll())
        {
            final ObjectNode ifAll = node.putObject("ifAll");
            witness.ifAll().precisions().forEach(ifAll.putArray("precisions")::add);
            ifAll.put("isDeclared", witness.ifAll().isDeclared());
            ifAll.set("flop", DocumentJson.interval(witness.ifAll().flop()));
        }
        return node;
    }

    private static ObjectNode gap(final ResultGap gap)
    {
        return JSON.createObjectNode()
            .put("source", gap.source())
            .put("beginNs", gap.beginNs())
            .put("endNs", gap.endNs())
            .put("reason", gap.reason())
            .put("upper", gap.upperText())
            .put("detail", gap.detail());
    }

    private static ObjectNode finding(final ResultFinding finding)
    {
        return JSON.createObjectNode()
            .put("kind", finding.kind())
            .put("lane", finding.lane())
            .put("offset", finding.offset())
            .put("reason", finding.reason());
    }

    private static ObjectNode upperBasis(final UpperBasis basis)
    {
        final BigInteger max = basis.flopCountMax();
        return JSON.createObjectNode()
            .put("flopPerCycle", basis.flopPerCycle())
            .put("isa", basis.isa())
            .put("cpu", basis.cpuModel())
            .put("clockHz", basis.clockHz())
            .put("clockSource", basis.clockSource())
            .put("cpuNs", basis.cpuNs())
            .put("cpuTimeSource", basis.cpuTimeSource())
            .put("bound", null == max ? FlopInterval.UNBOUNDED : max.toString())
            .put("why", basis.why())
            .put("executedMax", null == basis.executedMax() ? null : basis.executedMax().toString())
            .put("acceleratorMax",
                null == basis.acceleratorMax() ? FlopInterval.UNBOUNDED : basis.acceleratorMax().toString())
            .put("decidedBy", basis.decidedBy());
    }

    private static ObjectNode overhead(final RunResult result)
    {
        final long ownNs = result.overhead().meterCpuNs() + result.overhead().supervisorCpuNs();
        final ObjectNode overhead = JSON.createObjectNode()
            .put("meterCpuNs", result.overhead().meterCpuNs())
            .put("supervisorCpuNs", result.overhead().supervisorCpuNs());
        // A ratio of measured times, not a total: a JSON number, as speeds are.
        overhead.put("ratio", 0 == result.facts().cpuNs() ? null : new BigDecimal(ownNs)
            .divide(new BigDecimal(result.facts().cpuNs()), RATIO_SCALE, RoundingMode.HALF_UP));
        overhead.put("meterRestarts", result.overhead().meterRestarts());
        final MeterLoop loop = result.overhead().loop();
        overhead.put("loopCpuNs", loop.cpuNs());
        overhead.put("loopWallNs", loop.wallNs());
        overhead.put("cpuBudgetPercent", loop.budgetPercent());
        return overhead;
    }

    private static String instant(final long epochNs)
    {
        return Instant.ofEpochSecond(Math.floorDiv(epochNs, NS_PER_SEC), Math.floorMod(epochNs, NS_PER_SEC)).toString();
    }
}
