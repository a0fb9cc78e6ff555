/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.graph;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.ObjectMapper;

/** What a run measured, in order: a name, a figure, its unit, and the goal where there is one. */
public final class Figures
{
    /** One line of the table. */
    private static final class Figure
    {
        private final String name;
        private final double value;
        private final String unit;
        /** At most this when {@code isCeiling}, else at least; NaN when there is no goal. */
        private final double goal;
        private final boolean isCeiling;

        private Figure(
            final String name, final double value, final String unit, final double goal, final boolean isCeiling)
        {
            this.name = name;
            this.value = value;
            this.unit = unit;
            this.goal = goal;
            this.isCeiling = isCeiling;
        }

        private String verdict()
        {
            if (Double.isNaN(goal))
            {
                return "";
            }
            return (isCeiling ? value <= goal : value >= goal) ? "met" : "missed";
        }
    }

    private final List<Figure> list = new ArrayList<>();
    private final PrintStream live;

    /** Figures that are shown as they come; null shows nothing. */
    public Figures(final PrintStream live)
    {
        this.live = live;
    }

    public void note(final String name, final double value, final String unit)
    {
        add(new Figure(name, value, unit, Double.NaN, true));
    }

    public void atMost(final String name, final double value, final String unit, final double goal)
    {
        add(new Figure(name, value, unit, goal, true));
    }

    public void atLeast(final String name, final double value, final String unit, final double goal)
    {
        add(new Figure(name, value, unit, goal, false));
    }

    private void add(final Figure figure)
    {
        list.add(figure);
        if (null != live)
        {
            live.printf(Locale.ROOT, "%-58s %16s %-10s %s%n", figure.name, text(figure.value), figure.unit,
                Double.isNaN(figure.goal) ? "" :
                    (figure.isCeiling ? "<= " : ">= ") + text(figure.goal) + "  " + figure.verdict());
        }
    }

    private static String text(final double value)
    {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ?
            String.format(Locale.ROOT, "%,d", (long)value) :
            String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.3f" : "%,.1f", value);
    }

    public String json()
    {
        final List<Map<String, Object>> rows = new ArrayList<>();
        for (final Figure figure : list)
        {
            final Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", figure.name);
            row.put("value", figure.value);
            row.put("unit", figure.unit);
            if (!Double.isNaN(figure.goal))
            {
                row.put(figure.isCeiling ? "goalAtMost" : "goalAtLeast", figure.goal);
                row.put("isMet", "met".equals(figure.verdict()));
            }
            rows.add(row);
        }
        return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(rows);
    }
}
