/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.util.List;
import org.flopmeter.graph.view.ViewComparison;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Table;
import org.flopmeter.unit.FlopInterval;

/** Views for people: one row a view, then what each leaves out. */
final class GraphViewsTable
{
    private GraphViewsTable()
    {
    }

    static String text(final List<ViewComparison> comparisons)
    {
        final StringBuilder text = new StringBuilder();
        final Table totals = new Table("<<>>>", "");
        totals.row("view", "status", "FLOP", "left out", "upper");
        for (final ViewComparison comparison : comparisons)
        {
            final FlopInterval total = comparison.counted().total();
            totals.row(comparison.view().name() + " v" + comparison.view().version(), comparison.view().status(),
                FlopText.grouped(total.point().toBigInteger()),
                FlopText.grouped(comparison.leftOutTotal().point().toBigInteger()), upper(total));
        }
        totals.appendTo(text);
        comparisons.forEach(comparison -> appendItems(text, comparison));
        return text.toString();
    }

    private static void appendItems(final StringBuilder text, final ViewComparison comparison)
    {
        if (comparison.leftOut().isEmpty())
        {
            return;
        }
        text.append('\n').append(comparison.view().name()).append(" leaves out\n");
        final Table items = new Table("<><", "  ");
        for (final ViewComparison.Item item : comparison.leftOut())
        {
            items.row(item.computation(), FlopText.grouped(item.flop().point().toBigInteger()),
                item.purpose().jsonName() + (item.isOutOfReach() ? ", needed only by what is not followed" : ""));
        }
        items.appendTo(text);
    }

    private static String upper(final FlopInterval total)
    {
        return total.isBounded() ? FlopText.grouped(total.upper().toBigInteger()) : total.upperText();
    }
}
