/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.ScoreCard;

/**
 * What one core spends on a sample that is there, layer by layer, each against the one without it.
 *
 * @param name of the layer.
 * @param ns   per sample; noise may push it below 0.
 */
record Layers(String name, double ns)
{
    /** From the bytes up; none when consumerOnly was not measured, or not in layers. */
    static List<Layers> of(final ScoreCard card)
    {
        final Optional<Figure> figure = card.slowest("consumerOnly");
        final List<Layers> layers = new ArrayList<>();
        if (figure.isPresent() && figure.get().details().containsKey("validationNsPerSample"))
        {
            final double touchNs = detail(figure.get(), "touchOnlyNsPerSample");
            layers.add(new Layers("reading", touchNs));
            layers.add(new Layers("adding", detail(figure.get(), "addOnlyNsPerSample") - touchNs));
            layers.add(new Layers("conservation", detail(figure.get(), "conservationNsPerSample")));
            layers.add(new Layers("validation", detail(figure.get(), "validationNsPerSample")));
            layers.add(new Layers("commit", detail(figure.get(), "commitNsPerSample")));
        }
        return layers;
    }

    private static double detail(final Figure figure, final String name)
    {
        return ((Number)figure.details().get(name)).doubleValue();
    }
}
