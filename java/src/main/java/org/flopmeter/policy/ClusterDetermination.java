/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.List;
import org.flopmeter.unit.Ratio;

/** Is a cluster of joined devices capable of so much that a duty follows? */
final class ClusterDetermination
{
    private final Pack pack;
    private final Fact models;
    private final Reasons reasons = new Reasons();

    private ClusterDetermination(final Pack pack, final Fact models)
    {
        this.pack = pack;
        this.models = models;
    }

    static Answer determine(final Situation situation)
    {
        final Fact inventory = situation.facts().at("inventory");
        return new ClusterDetermination(situation.pack(), inventory.at("models"))
            .answer(Inventory.read(inventory, situation.pack()));
    }

    private Answer answer(final Inventory inventory)
    {
        final Ratio capability = pack.rule(PackField.CLUSTER_CAPABILITY);
        Truth isAnyCapable = Truth.NO;
        final List<Answer> components = new ArrayList<>();
        for (final Inventory.Component component : inventory.components())
        {
            final Quantity peak = peakOf(component);
            final Truth isCapable = peak.reaches(capability);
            isAnyCapable = isAnyCapable.or(isCapable);
            reasons.addBy(isCapable, Reason.AT_OR_ABOVE_CAPABILITY, Reason.MAY_REACH_CAPABILITY);
            components.add(new Answer()
                .putNames("members", component.members())
                .put("devices", component.devices())
                .put("copies", component.copies())
                .put("peak", peak)
                .put("state", state(isCapable)));
        }
        return new Answer()
            .put("state", state(isAnyCapable))
            .put("provisional", isAnyCapable.isUndetermined())
            .put("duty", pack.rule(PackField.CLUSTER_DUTY))
            .put("components", components)
            .put("reasons", reasons);
    }

    private Quantity peakOf(final Inventory.Component component)
    {
        Quantity sum = Quantity.ZERO;
        for (final Inventory.Group group : component.groups())
        {
            sum = sum.add(peakOf(group.model()).multiply(component.devicesOf(group)));
        }
        return sum;
    }

    private Quantity peakOf(final String modelName)
    {
        final Fact model = models.at(modelName);
        final Fact dense = model.at("dense");
        switch (pack.rule(PackField.PEAK_BASIS))
        {
            case BF16_DENSE:
                return peakOf(dense.at("bf16"));
            case VENDOR_DECLARED:
                return peakOf(model.at("declared"));
            default:
                return dense.isThere() && !dense.names().isEmpty() ? largest(dense) : unknownPeak();
        }
    }

    private Quantity peakOf(final Fact figure)
    {
        return figure.isThere() ? figure.quantity() : unknownPeak();
    }

    private static Quantity largest(final Fact dense)
    {
        return dense.names().stream()
            .map(format -> dense.at(format).quantity())
            .reduce(Quantity.ZERO, Quantity::max);
    }

    private Quantity unknownPeak()
    {
        reasons.add(Reason.PEAK_UNKNOWN);
        return Quantity.UNKNOWN;
    }

    private static String state(final Truth isCapable)
    {
        return switch (isCapable)
        {
            case NO -> "NOT_REQUIRED";
            case YES -> "REQUIRED";
            default -> "UNDETERMINED";
        };
    }
}
