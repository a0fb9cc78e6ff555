/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/** The duties of every tier that a pack speaks of; a list that it does not give is null. */
record TierDuties(Map<Tier, Duties> byTier)
{
    /** Duties of training and of deployment, in the pack's order. */
    record Duties(List<String> training, List<String> deployment)
    {
        private static boolean isContained(final List<String> theirs, final List<String> mine)
        {
            return null == theirs || (null != mine && new HashSet<>(mine).containsAll(theirs));
        }

        boolean contain(final Duties others)
        {
            return isContained(others.training, training) && isContained(others.deployment, deployment);
        }
    }

    private static final Duties NONE = new Duties(null, null);

    static TierDuties read(final Fact fact)
    {
        final Map<Tier, Duties> byTier = new EnumMap<>(Tier.class);
        for (final Tier tier : Tier.values())
        {
            final Fact duties = fact.at(tier.jsonName());
            if (duties.isThere())
            {
                refuseOthers(duties, List.of("training", "deployment"));
                byTier.put(tier, new Duties(list(duties.at("training")), list(duties.at("deployment"))));
            }
        }
        refuseOthers(fact, List.of("RT-0", "RT-1", "RT-2", "RT-3", "RT-4"));
        return new TierDuties(byTier);
    }

    Duties of(final Tier tier)
    {
        return byTier.getOrDefault(tier, NONE);
    }

    /** Does every list contain the other's? */
    boolean contain(final TierDuties others)
    {
        return others.byTier.keySet().stream().allMatch(tier -> of(tier).contain(others.of(tier)));
    }

    private static List<String> list(final Fact fact)
    {
        return fact.isThere() ? fact.texts() : null;
    }

    private static void refuseOthers(final Fact fact, final List<String> known)
    {
        for (final String name : fact.names())
        {
            if (!known.contains(name))
            {
                throw Refusal.UNKNOWN_FIELD.at(fact.path() + '.' + name, "not one of " + known);
            }
        }
    }
}
