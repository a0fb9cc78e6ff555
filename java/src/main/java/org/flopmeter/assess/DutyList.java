/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The duties that follow from answers, in one list: what, how surely, owed to whom, from which determination. */
final class DutyList
{
    /** How surely a duty is owed. */
    enum Strength
    {
        CERTAIN, POSSIBLE, ADVISED
    }

    /** Duties that answers imply without naming them; a pack names its own. Texts: duty.* */
    enum Duty
    {
        REGISTRATION, STOP_NEW_RUN, REVIEW_RUNNING_RUN, STOP_AT_LIMIT, STOP_RATE_AT_LIMIT, NOTIFY_SYSTEMIC_RISK,
        GENERAL_PURPOSE_PROVIDER, MODIFIER_PROVIDER, FRONTIER_DEVELOPER, LARGE_FRONTIER_DEVELOPER,
        COVERED_DEVELOPER, COMPLETE_REPORT
    }

    private static final String STATE = "state";
    private static final String YES = "YES";

    /** @param detail the part of the tier that it belongs to, or the day by which it is due; null for none. */
    private record Entry(String code, Strength strength, Question from, JsonNode owedTo, String detail)
    {
    }

    private final List<Entry> entries = new ArrayList<>();

    void add(final Question question, final JsonNode answer)
    {
        final boolean isProvisional = answer.path("provisional").asBoolean(false);
        final Strength sure = isProvisional ? Strength.POSSIBLE : Strength.CERTAIN;
        final String state = answer.path(STATE).asString("");
        switch (question)
        {
            case REGISTRATION:
                addIf("REQUIRED".equals(state), Duty.REGISTRATION, sure, question);
                addIf("ADVISED".equals(state), Duty.REGISTRATION, Strength.ADVISED, question);
                break;
            case PAUSE:
                addIf("STOP".equals(state), Duty.STOP_NEW_RUN, sure, question);
                addIf("FLAGGED".equals(state), Duty.REVIEW_RUNNING_RUN, sure, question);
                break;
            case CAP:
                addBy(state, "EXCEEDED", Duty.STOP_AT_LIMIT, question);
                break;
            case CLUSTER:
                addCluster(answer, state);
                break;
            case TIER:
                addTier(answer, sure);
                break;
            case RATE:
                addBy(state, "EXCEEDED", Duty.STOP_RATE_AT_LIMIT, question);
                break;
            case EU:
                addEu(answer);
                break;
            case FRONTIER:
                addBy(answer.path("frontierDeveloper").asString(""), YES, Duty.FRONTIER_DEVELOPER, question);
                addBy(answer.path("largeFrontierDeveloper").asString(""), YES, Duty.LARGE_FRONTIER_DEVELOPER, question);
                break;
            case RAISE:
                addBy(answer.path("covered").asString(""), YES, Duty.COVERED_DEVELOPER, question);
                break;
            case REPORTING:
                addIf("INSUFFICIENT".equals(state), Duty.COMPLETE_REPORT, Strength.CERTAIN, question);
                break;
            default:
                // Harbours and TPP bring none.
                break;
        }
    }

    ArrayNode into(final ArrayNode array)
    {
        for (final Entry entry : entries)
        {
            final ObjectNode duty = array.addObject().put("code", entry.code).put("strength", entry.strength.name())
                .put("from", entry.from.ask());
            if (null != entry.owedTo)
            {
                duty.set("owedTo", entry.owedTo);
            }
            if (null != entry.detail)
            {
                duty.put(Question.TIER == entry.from ? "part" : "by", entry.detail);
            }
        }
        return array;
    }

    private void addCluster(final JsonNode answer, final String state)
    {
        if (!"NOT_REQUIRED".equals(state))
        {
            entries.add(new Entry(answer.path("duty").asString(),
                "REQUIRED".equals(state) ? Strength.CERTAIN : Strength.POSSIBLE, Question.CLUSTER, null, null));
        }
    }

    private void addTier(final JsonNode answer, final Strength sure)
    {
        for (final String part : new String[] { "training", "deployment" })
        {
            final JsonNode duties = answer.path(part);
            for (final JsonNode duty : duties.path("duties"))
            {
                entries.add(new Entry(duty.asString(), sure, Question.TIER, duties.path("authorities"), part));
            }
        }
    }

    private void addEu(final JsonNode answer)
    {
        final String risk = answer.path("systemicRisk").asString("");
        if ("PRESUMED".equals(risk) || "UNDETERMINED".equals(risk))
        {
            // A presumption rests on the point; the interval says how surely.
            final boolean isSure = "PRESUMED".equals(risk) && !answer.path("provisional").asBoolean(false);
            entries.add(new Entry(Duty.NOTIFY_SYSTEMIC_RISK.name(), isSure ? Strength.CERTAIN : Strength.POSSIBLE,
                Question.EU, null, answer.path("notifyBy").asString(null)));
        }
        addBy(answer.path("gpai").asString(""), "INDICATED", Duty.GENERAL_PURPOSE_PROVIDER, Question.EU);
        addBy(answer.path("modifier").asString(""), "PROVIDER", Duty.MODIFIER_PROVIDER, Question.EU);
    }

    private void addBy(final String state, final String certain, final Duty duty, final Question question)
    {
        addIf(certain.equals(state), duty, Strength.CERTAIN, question);
        addIf("UNDETERMINED".equals(state), duty, Strength.POSSIBLE, question);
    }

    private void addIf(final boolean applies, final Duty duty, final Strength strength, final Question question)
    {
        if (applies)
        {
            entries.add(new Entry(duty.name(), strength, question, null, null));
        }
    }
}
