/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.util.ArrayList;
import java.util.List;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Table;
import org.flopmeter.unit.FlopInterval;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Sources side by side, as a table for people and as "compared" of the result document. */
final class ComparedText
{
    private static final String NOTHING = "-";

    private ComparedText()
    {
    }

    /** A column for each source that spoke, a row for each precision, and one for all. */
    static void append(
        final StringBuilder text, final Compared compared, final Messages messages, final String indent)
    {
        final Compared.Row all = compared.all();
        final List<String> head = new ArrayList<>(List.of(""));
        add(head, all.calls(), messages.get("summary.compared.calls"));
        add(head, all.executed(), messages.get("summary.compared.executed"));
        add(head, all.derived(), messages.get("summary.compared.derived"));
        final Table table = new Table("<" + ">".repeat(head.size() - 1), indent).row(head.toArray(new String[0]));
        compared.byPrecision().forEach((precision, row) ->
            table.row(cells(precision.jsonName(), all, row, messages)));
        table.row(cells(messages.get("summary.compared.all"), all, all, messages)).appendTo(text);
    }

    static ArrayNode array(final List<Compared> list)
    {
        final ArrayNode array = JsonMapper.shared().createArrayNode();
        for (final Compared compared : list)
        {
            final ObjectNode node = array.addObject().put("device", compared.device());
            final ObjectNode byPrecision = node.putObject("byPrecision");
            compared.byPrecision().forEach((precision, row) ->
                put(byPrecision.putObject(precision.jsonName()), row));
            put(node.putObject("all"), compared.all());
        }
        return array;
    }

    private static void put(final ObjectNode node, final Compared.Row row)
    {
        put(node, "calls", row.calls());
        put(node, "executed", row.executed());
        put(node, "derived", row.derived());
    }

    private static void put(final ObjectNode node, final String name, final FlopInterval flop)
    {
        if (null != flop)
        {
            node.set(name, DocumentJson.interval(flop));
        }
    }

    private static String[] cells(
        final String name, final Compared.Row all, final Compared.Row row, final Messages messages)
    {
        final List<String> cells = new ArrayList<>(List.of(name));
        add(cells, all.calls(), cell(row.calls(), messages));
        add(cells, all.executed(), cell(row.executed(), messages));
        add(cells, all.derived(), cell(row.derived(), messages));
        return cells.toArray(new String[0]);
    }

    private static void add(final List<String> cells, final FlopInterval column, final String cell)
    {
        if (null != column)
        {
            cells.add(cell);
        }
    }

    private static String cell(final FlopInterval flop, final Messages messages)
    {
        if (null == flop)
        {
            return NOTHING;
        }
        final String lower = FlopText.rounded(flop.lower().toBigInteger(), "FLOP");
        final String point = FlopText.rounded(flop.point().toBigInteger(), "FLOP");
        if (!flop.isBounded())
        {
            return messages.get("summary.compared.open", lower, point);
        }
        return flop.lower().equals(flop.upper()) ? lower : messages.get(
            "summary.compared.interval", lower, point, FlopText.rounded(flop.upper().toBigInteger(), "FLOP"));
    }
}
