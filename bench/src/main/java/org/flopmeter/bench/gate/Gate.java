/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.gate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.ScoreCard;

/** Compares the ratios of a card with the committed ones. */
final class Gate
{
    /** Ends the names of failures that are no matter of noise. */
    static final String EXACT = ".exact";

    private final List<GateRow> rows;

    Gate(final List<GateRow> rows)
    {
        this.rows = rows;
    }

    /** One line for each ratio that regressed or could not be taken, by its name; none when all pass. */
    Map<String, String> failures(final ScoreCard card)
    {
        final Map<String, String> failures = new LinkedHashMap<>();
        for (final GateRow row : rows)
        {
            final OptionalDouble ratio = ratio(card, row);
            if (ratio.isEmpty())
            {
                failures.put(row.name(), String.format(
                    Locale.ROOT, "%s: could not be taken: %s / %s is not on the card",
                    row.name(), row.numerator(), row.denominator()));
            }
            else if (!(ratio.getAsDouble() <= row.limit()))
            {
                failures.put(row.name(), String.format(
                    Locale.ROOT, "%s: %.3g, at most %.3g is allowed (committed %.3g, x%.3g): %s / %s, %s",
                    row.name(), ratio.getAsDouble(), row.limit(), row.committed(), row.tolerance(),
                    row.numerator(), row.denominator(), row.why()));
            }
        }
        for (final Figure figure : card.figures())
        {
            if (!figure.exact())
            {
                failures.put(figure.name() + EXACT, figure.name() + ": its totals were wrong");
            }
        }
        if (!card.wrongTotals().isEmpty())
        {
            failures.put("card" + EXACT, String.join("; ", card.wrongTotals()));
        }
        return failures;
    }

    /** One line per ratio, for people. */
    List<String> lines(final ScoreCard card)
    {
        return rows.stream().map((row) -> String.format(
            Locale.ROOT, "%-28s %8.3g  committed %8.3g  allowed %8.3g", row.name(),
            ratio(card, row).orElse(Double.NaN), row.committed(), row.limit())).toList();
    }

    private static OptionalDouble ratio(final ScoreCard card, final GateRow row)
    {
        final OptionalDouble numerator = Costs.find(card, row.numerator());
        final OptionalDouble denominator = Costs.find(card, row.denominator());
        return numerator.isPresent() && denominator.isPresent() && denominator.getAsDouble() > 0 ?
            OptionalDouble.of(numerator.getAsDouble() / denominator.getAsDouble()) : OptionalDouble.empty();
    }
}
