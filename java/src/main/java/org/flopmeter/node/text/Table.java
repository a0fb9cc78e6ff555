/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.text;

import java.util.ArrayList;
import java.util.List;

/** Rows of text whose columns line up on a terminal. Columns marked '>' are right-aligned, '<' left-aligned. */
public final class Table
{
    private final String alignment;
    private final String indent;
    private final List<String[]> rows = new ArrayList<>();

    public Table(final String alignment, final String indent)
    {
        this.alignment = alignment;
        this.indent = indent;
    }

    public Table row(final String... cells)
    {
        rows.add(cells);
        return this;
    }

    public boolean isEmpty()
    {
        return rows.isEmpty();
    }

    public void appendTo(final StringBuilder text)
    {
        final int[] widths = new int[alignment.length()];
        for (final String[] row : rows)
        {
            for (int i = 0; i < row.length; i++)
            {
                widths[i] = Math.max(widths[i], Messages.columns(row[i]));
            }
        }
        for (final String[] row : rows)
        {
            final StringBuilder line = new StringBuilder(indent);
            for (int i = 0; i < row.length; i++)
            {
                final String blank = " ".repeat(widths[i] - Messages.columns(row[i]));
                line.append(0 == i ? "" : "  ")
                    .append('>' == alignment.charAt(i) ? blank + row[i] : row[i] + blank);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
    }
}
