/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.BiPredicate;
import org.flopmeter.unit.Ratio;

/** Is a pack at least as strict as another, field by field? Only fields that the other pack has are compared. */
final class Strictness
{
    private static final List<Rule> RULES = List.of(
        atMost(PackField.TRAINING_LIMIT),
        atMost(PackField.RATE_LIMIT),
        atMost(PackField.REGISTRATION_LIMIT),
        atMost(PackField.CLUSTER_CAPABILITY),
        atMost(PackField.LINK_GBPS_MIN),
        atMost(PackField.RATE_WINDOW),
        noHigherHarbour(HarbourKind.TRAINING),
        noHigherHarbour(HarbourKind.RATE),
        noLaxer(PackField.LIMIT_BASIS),
        noLaxer(PackField.RT4_SCOPE),
        noLaxer(PackField.REGISTRATION_BASIS),
        noLaxer(PackField.LINK_COMPARISON),
        noLaxer(PackField.RATE_SCOPE),
        noLaxer(PackField.CLUSTER_DUTY),
        noLaxer(PackField.PHASE),
        where(PackField.PEAK_BASIS, (mine, theirs) -> Choices.PeakBasis.MAX_DENSE == mine || mine == theirs),
        where(PackField.REPORT_RECIPIENTS, (mine, theirs) -> new HashSet<>(mine).containsAll(theirs)),
        where(PackField.TIER_DUTIES, TierDuties::contain),
        new Rule(PackField.PAUSE_STATE, Strictness::pausesAtLeastAsSoon),
        new Rule(PackField.CO_LOCATED_ONLY, Strictness::joinsAtLeastAsMuch));

    private Strictness()
    {
    }

    /** How one field of two packs compares. */
    private record Rule(PackField<?> field, BiPredicate<Pack, Pack> isAtLeastAsStrict)
    {
    }

    /** The fields in which the pack is less strict than the other one. */
    static List<PackField<?>> lessStrictFields(final Pack pack, final Pack other)
    {
        final List<PackField<?>> fields = new ArrayList<>();
        for (final Rule rule : RULES)
        {
            if (!rule.isAtLeastAsStrict.test(pack, other))
            {
                fields.add(rule.field);
            }
        }
        return fields;
    }

    /** Where the other pack has the field: a pack without it is less strict. */
    private static <T> Rule where(final PackField<T> field, final BiPredicate<T, T> isAtLeastAsStrict)
    {
        return new Rule(field, (pack, other) -> !other.has(field) ||
            (pack.has(field) && isAtLeastAsStrict.test(pack.find(field), other.find(field))));
    }

    private static Rule atMost(final PackField<Ratio> field)
    {
        return where(field, (mine, theirs) -> mine.compareTo(theirs) <= 0);
    }

    /** Choices are declared from the laxest to the strictest. */
    private static <E extends Enum<E>> Rule noLaxer(final PackField<E> field)
    {
        return where(field, (mine, theirs) -> mine.compareTo(theirs) >= 0);
    }

    /** What counts is the threshold that applies, so a harbour of a tenth grows with its cap. */
    private static Rule noHigherHarbour(final HarbourKind kind)
    {
        return new Rule(kind.field(), (pack, other) ->
        {
            final Ratio mine = pack.harbour(kind);
            final Ratio theirs = other.harbour(kind);
            return null == theirs || (null != mine && mine.compareTo(theirs) <= 0);
        });
    }

    private static boolean pausesAtLeastAsSoon(final Pack pack, final Pack other)
    {
        if (Choices.PauseState.ACTIVE != other.find(PackField.PAUSE_STATE))
        {
            return !other.has(PackField.PAUSE_STATE) || pack.has(PackField.PAUSE_STATE);
        }
        final Moment mine = pack.find(PackField.PAUSE_EFFECTIVE);
        final Moment theirs = other.find(PackField.PAUSE_EFFECTIVE);
        return Choices.PauseState.ACTIVE == pack.find(PackField.PAUSE_STATE) &&
            (null == theirs || (null != mine && !mine.isAfter(theirs)));
    }

    /** The one field with a default: a pack without it joins devices wherever they are. */
    private static boolean joinsAtLeastAsMuch(final Pack pack, final Pack other)
    {
        return other.isCoLocatedOnly() || !pack.isCoLocatedOnly();
    }
}
