/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.LinkedHashMap;
import java.util.Map;

/** What can be asked. */
final class Determinations
{
    private static final Map<String, Determination> ALL = all();

    private Determinations()
    {
    }

    /** An answer that depends on the situation alone. */
    @FunctionalInterface
    interface Determination
    {
        Answer determine(Situation situation);
    }

    static Determination named(final Fact asked)
    {
        final Determination determination = ALL.get(asked.text());
        if (null == determination)
        {
            throw asked.wrong(Refusal.UNKNOWN_ASK, "one of " + ALL.keySet());
        }
        return determination;
    }

    private static Map<String, Determination> all()
    {
        final Map<String, Determination> all = new LinkedHashMap<>();
        all.put("packs", PacksDetermination::determine);
        all.put("registration", RegistrationDetermination::determine);
        all.put("pause", PauseDetermination::determine);
        all.put("cap", CapDetermination::determine);
        all.put("cluster", ClusterDetermination::determine);
        all.put("tier", TierDetermination::determine);
        all.put("harbours", HarboursDetermination::determine);
        all.put("rate", RateDetermination::determine);
        all.put("eu", EuDetermination::determine);
        all.put("frontier", FrontierDetermination::determine);
        all.put("raise", RaiseDetermination::determine);
        all.put("tpp", TppDetermination::determine);
        all.put("reporting", ReportingDetermination::determine);
        all.put("permit", PermitDetermination::determine);
        return all;
    }
}
