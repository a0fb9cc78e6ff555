/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.Origin;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;
import org.flopmeter.node.text.Table;
import org.flopmeter.unit.FlopInterval;

/** A causal total for people. */
final class GraphTotalText
{
    private static final int LIST_LIMIT = 20;
    private static final String INDENT = "    ";

    private final GraphRecords records;
    private final GraphTotal total;
    private final Messages messages;
    private final StringBuilder text = new StringBuilder();

    private GraphTotalText(final GraphRecords records, final GraphTotal total, final Messages messages)
    {
        this.records = records;
        this.total = total;
        this.messages = messages;
    }

    static String of(final GraphRecords records, final GraphTotal total, final Messages messages)
    {
        final GraphTotalText writer = new GraphTotalText(records, total, messages);
        writer.head();
        writer.split("graph.byPrecision", total.byPrecision());
        writer.split("graph.byNode", total.byNode());
        final Map<String, FlopInterval> byPurpose = new LinkedHashMap<>();
        total.byPurpose().forEach((purpose, flop) -> byPurpose.put(purpose.jsonName(), flop));
        writer.split("graph.byPurpose", byPurpose);
        if (total.byBasis().size() > 1)
        {
            writer.split("graph.byBasis", total.byBasis());
        }
        writer.split("graph.counted", total.counted());
        writer.origins();
        writer.cuts();
        writer.store();
        return writer.text.toString();
    }

    private void head()
    {
        text.append(messages.get("graph.total", Printable.of(total.target().what()))).append('\n');
        final Table table = new Table("<>>", "  ");
        row(table, "graph.lower", total.total().lower().toBigInteger());
        if (!total.total().lower().equals(total.total().point()))
        {
            row(table, "graph.point", total.total().point().toBigInteger());
        }
        if (total.total().isBounded())
        {
            row(table, "graph.upper", total.total().upper().toBigInteger());
        }
        else
        {
            table.row(messages.get("graph.upper"), messages.get("summary.unbounded"));
        }
        table.appendTo(text);
        title(GraphAnswers.INDEX.equals(total.answer().by()) ? "graph.byIndex" : "graph.byScan", total.answer().how());
    }

    private void row(final Table table, final String key, final BigInteger flopCount)
    {
        table.row(messages.get(key), FlopText.grouped(flopCount), FlopText.rounded(flopCount, "FLOP"));
    }

    private void split(final String key, final Map<String, FlopInterval> intervals)
    {
        title(key, Integer.toString(intervals.size()));
        final Table table = new Table("<>>", INDENT);
        intervals.entrySet().stream().limit(LIST_LIMIT).forEach(entry -> table.row(
            Printable.of(entry.getKey()), FlopText.grouped(entry.getValue().lower().toBigInteger()),
            entry.getValue().isBounded() ?
                "<= " + FlopText.grouped(entry.getValue().upper().toBigInteger()) : messages.get("graph.noUpper")));
        table.appendTo(text);
        if (intervals.size() > LIST_LIMIT)
        {
            text.append(INDENT).append(
                messages.get("summary.more", Integer.toString(intervals.size() - LIST_LIMIT))).append('\n');
        }
    }

    private void origins()
    {
        for (final Origin origin : total.origins())
        {
            final String path = Printable.of(origin.path());
            if (null == origin.declared())
            {
                text.append("  ").append(messages.get("graph.unknown", path, origin.why())).append('\n');
                if (records.graph().imported().containsKey(origin.artifact()))
                {
                    text.append(INDENT).append(messages.get("graph.importHuman", path)).append('\n');
                }
                else if (!origin.artifact().startsWith("unread:"))
                {
                    text.append(INDENT).append(messages.get("graph.declareIt", path)).append('\n');
                }
                continue;
            }
            text.append("  ").append(messages.get(
                null == origin.declared().bound() ? "graph.declaredHuman" : "graph.declaredBound",
                path, Printable.of(origin.declared().author()), Printable.of(origin.declared().argument()),
                null == origin.declared().bound() ? "" : origin.declared().bound().toString())).append('\n');
        }
    }

    private void cuts()
    {
        for (final CutMade cut : total.cuts())
        {
            text.append("  ").append(messages.get("graph.cut", Printable.of(cut.cause()),
                Printable.of(cut.effect()), cut.cut().jsonName(), Printable.of(cut.author()),
                Printable.of(cut.argument()))).append('\n');
        }
    }

    private void store()
    {
        records.faults(messages).forEach(line -> text.append("  ").append(line).append('\n'));
        records.graph().findings().forEach(finding ->
            text.append("  !!! ").append(Printable.of(finding)).append('\n'));
    }

    private void title(final String key, final String argument)
    {
        text.append("  ").append(messages.get(key, argument)).append('\n');
    }
}
