/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.Collections;
import java.util.List;
import org.flopmeter.unit.Ratio;

/** Duties of the EU AI Act that hang on compute: presumption of systemic risk, its clock, indication, modifiers. */
final class EuDetermination
{
    private static final String PRESUMED = "PRESUMED";

    private final Situation situation;
    private final Pack pack;
    private final Answer answer = new Answer();
    private final Reasons reasons = new Reasons();
    private boolean isProvisional;

    private EuDetermination(final Situation situation)
    {
        this.situation = situation;
        this.pack = situation.pack();
    }

    static Answer determine(final Situation situation)
    {
        return new EuDetermination(situation).answer();
    }

    private Answer answer()
    {
        final Fact facts = situation.facts();
        final Fact estimates = facts.at("run").at("estimates");
        final Fact modifier = facts.at("modifier");
        if (!estimates.isThere() && !modifier.isThere())
        {
            throw Refusal.MISSING_FACT.at(facts.path(), "needs run.estimates or modifier");
        }
        if (estimates.isThere())
        {
            addRun(Timeline.read(estimates, situation), facts.at("generates").texts());
        }
        if (modifier.isThere())
        {
            addModifier(modifier);
        }
        reasons.addIf(!pack.isVerified(), Reason.PACK_UNVERIFIED);
        return answer.put("provisional", isProvisional).put("reasons", reasons);
    }

    private void addRun(final Timeline estimates, final List<String> generates)
    {
        final List<Timeline.Event> events = estimates.events((inForce, total) ->
            state(total.probablyExceeds(inForce.rule(PackField.EU_SYSTEMIC_ABOVE)), PRESUMED, "NOT_PRESUMED"));
        final Timeline.Event last = Timeline.last(events);
        answer.put("systemicRisk", last.state()).put("events", Timeline.answers(events));
        addNotice(last);
        isProvisional |= estimates.latest().exceeds(pack.rule(PackField.EU_SYSTEMIC_ABOVE)).isUndetermined();

        final boolean isModality =
            !Collections.disjoint(generates, pack.rule(PackField.EU_GPAI_MODALITIES));
        final Truth isIndicated = isModality ?
            estimates.latest().probablyExceeds(pack.rule(PackField.EU_GPAI_ABOVE)) : Truth.NO;
        answer.put("gpai", state(isIndicated, "INDICATED", "NOT_INDICATED"));
        reasons.addIf(!isModality, Reason.MODALITY);
    }

    /** The clock starts when it becomes known that the threshold is or will be met. */
    private void addNotice(final Timeline.Event last)
    {
        if (PRESUMED.equals(last.state()))
        {
            final long days = pack.rule(PackField.EU_NOTICE_DAYS).longValueExact();
            answer.put("knownAt", last.at().date().toString())
                .put("notifyBy", last.at().date().plusDays(days).toString());
            return;
        }
        answer.put("knownAt", (String)null).put("notifyBy", (String)null);
    }

    private void addModifier(final Fact modifier)
    {
        final Quantity compute = modifier.at("compute").quantity();
        final Quantity share = original(modifier).multiply(pack.rule(PackField.EU_MODIFIER_SHARE));
        final Truth isProvider = isAbove(compute.lower(), share.upper()) ? Truth.YES :
            Quantity.isAbove(compute.upper(), share.lower()) ? Truth.UNDETERMINED : Truth.NO;
        answer.put("modifier", state(isProvider, "PROVIDER", "NOT_PROVIDER"));
        isProvisional |= isProvider.isUndetermined();
    }

    private Quantity original(final Fact modifier)
    {
        final Fact original = modifier.at("original");
        final Fact systemic = modifier.at("originalSystemic");
        if (original.isThere() && !original.isUnknown())
        {
            // Read all the same: a fact that is wrong is no better for being unused.
            systemic.isSet();
            return original.quantity();
        }
        reasons.add(Reason.ORIGINAL_UNKNOWN);
        return Quantity.exact(pack.rule(systemic.flag() ?
            PackField.EU_SYSTEMIC_ABOVE : PackField.EU_GPAI_ABOVE));
    }

    /** Nothing is above a share of something unbounded. */
    private static boolean isAbove(final Ratio lower, final Ratio share)
    {
        return null != share && lower.compareTo(share) > 0;
    }

    private static String state(final Truth truth, final String yes, final String no)
    {
        return switch (truth)
        {
            case YES -> yes;
            case NO -> no;
            default -> "UNDETERMINED";
        };
    }
}
