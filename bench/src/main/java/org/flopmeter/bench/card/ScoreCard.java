/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.card;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Everything that one run of {@code flopmeter bench} found out. Filled by one thread, then read. */
public final class ScoreCard
{
    private final String jvm;
    private final String cpu;
    private final boolean quick;
    private final List<Figure> figures = new ArrayList<>();
    private final List<Peer> peers = new ArrayList<>();
    private final List<KeepsPace> keepsPace = new ArrayList<>();
    private final List<Curve> curves = new ArrayList<>();
    private final List<Distribution> distributions = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final List<String> wrongTotals = new ArrayList<>();
    private final Map<String, Object> validate = new LinkedHashMap<>();

    /** An empty card of a run on that JVM and CPU; quick: fewer and shorter rounds. */
    public ScoreCard(final String jvm, final String cpu, final boolean quick)
    {
        this.jvm = jvm;
        this.cpu = cpu;
        this.quick = quick;
    }

    /** The same name may come once for each placement. */
    public void add(final Figure figure)
    {
        figures.add(figure);
    }

    /** In the order to be shown. */
    public void add(final Peer peer)
    {
        peers.add(peer);
    }

    /** In the order to be shown. */
    public void add(final KeepsPace row)
    {
        keepsPace.add(row);
    }

    /** Drawn on the page, and in the document. */
    public void add(final Curve curve)
    {
        curves.add(curve);
    }

    /** Drawn on the page, and in the document. */
    public void add(final Distribution distribution)
    {
        distributions.add(distribution);
    }

    /** One line that the reader of the figures has to know: the machine is unfit, something was skipped. */
    public void warn(final String line)
    {
        if (!warnings.contains(line))
        {
            warnings.add(line);
        }
    }

    /**
     * One line about totals of ours that were wrong, wherever: in a figure, a curve, with another kernel. Shown as a
     * warning, and the card is not exact.
     */
    public void wrong(final String line)
    {
        warn(line);
        if (!wrongTotals.contains(line))
        {
            wrongTotals.add(line);
        }
    }

    /** Was every total of ours right? False when one was wrong, in a figure or elsewhere. */
    public boolean isExact()
    {
        return wrongTotals.isEmpty() && figures.stream().allMatch(Figure::exact);
    }

    /** What was told of wrong totals, in the order added, each once; they are warnings, too. */
    public List<String> wrongTotals()
    {
        return Collections.unmodifiableList(wrongTotals);
    }

    /** A fact about the machine, by a camelCase name with its unit last; a string, number, boolean, list or map. */
    public void fact(final String name, final Object value)
    {
        validate.put(name, value);
    }

    /** Name and version of the virtual machine. */
    public String jvm()
    {
        return jvm;
    }

    /** Model name and number of cores. */
    public String cpu()
    {
        return cpu;
    }

    /** Fewer and shorter rounds were asked for. */
    public boolean quick()
    {
        return quick;
    }

    /** In the order added. */
    public List<Figure> figures()
    {
        return Collections.unmodifiableList(figures);
    }

    /** The figures of that name, one for each placement seen. */
    public List<Figure> figures(final String name)
    {
        return figures.stream().filter((figure) -> figure.name().equals(name)).toList();
    }

    /** The figure of that name in the placement where it is worst: what holds wherever the cores are. */
    public Optional<Figure> slowest(final String name)
    {
        Figure slowest = null;
        for (final Figure figure : figures(name))
        {
            if (null == slowest || isSlower(figure, slowest))
            {
                slowest = figure;
            }
        }
        return Optional.ofNullable(slowest);
    }

    /** In the order added. */
    public List<Peer> peers()
    {
        return Collections.unmodifiableList(peers);
    }

    /** In the order added. */
    public List<KeepsPace> keepsPace()
    {
        return Collections.unmodifiableList(keepsPace);
    }

    /** In the order added. */
    public List<Curve> curves()
    {
        return Collections.unmodifiableList(curves);
    }

    /** In the order added. */
    public List<Distribution> distributions()
    {
        return Collections.unmodifiableList(distributions);
    }

    /** In the order added, each once. */
    public List<String> warnings()
    {
        return Collections.unmodifiableList(warnings);
    }

    /** Facts about the machine, in the order added. */
    public Map<String, Object> validate()
    {
        return Collections.unmodifiableMap(validate);
    }

    private static boolean isSlower(final Figure figure, final Figure other)
    {
        final boolean isRate = figure.unit().endsWith("/s");
        return isRate ? figure.median() < other.median() : figure.median() > other.median();
    }
}
