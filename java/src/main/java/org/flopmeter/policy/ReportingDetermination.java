/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Is a report enough for the phase that the rules are in, and who gets it? */
final class ReportingDetermination
{
    private static final Set<Choices.EvidenceBasis> WORDS_ONLY =
        EnumSet.of(Choices.EvidenceBasis.DECLARED, Choices.EvidenceBasis.UNKNOWN);

    private ReportingDetermination()
    {
    }

    static Answer determine(final Situation situation)
    {
        final Pack pack = situation.pack();
        final Fact report = situation.facts().at("report").object();
        final Choices.Phase phase = pack.rule(PackField.PHASE);
        final Reasons missing = missing(report, phase);
        return new Answer()
            .put("state", missing.isEmpty() ? "SUFFICIENT" : "INSUFFICIENT")
            .put("phase", phase)
            .putNames("recipients",
                pack.rule(PackField.REPORT_RECIPIENTS).stream().sorted(CodePoints.ORDER).toList())
            .put("reasons", missing);
    }

    /** Each phase asks for what the phases before it asked for. */
    private static Reasons missing(final Fact report, final Choices.Phase phase)
    {
        // All facts are read whatever the phase: one that is wrong is no better for being unused.
        final boolean hasDocuments = hasDocuments(report.at("documents"));
        final boolean isDeclaredOnly = WORDS_ONLY.containsAll(bases(report.at("basis")));
        final boolean isAttested = report.at("attested").isSet();
        final boolean isPerOutput = report.at("perOutput").isSet();
        final Reasons missing = new Reasons().addIf(!Evidence.isSigned(report.at("signer")), Reason.NO_SIGNER);
        if (phase.compareTo(Choices.Phase.DOCUMENTED) >= 0)
        {
            missing.addIf(!hasDocuments, Reason.NO_DOCUMENTS).addIf(isDeclaredOnly, Reason.DECLARED_ONLY);
        }
        if (phase.compareTo(Choices.Phase.ATTESTED) >= 0)
        {
            missing.addIf(!isAttested, Reason.NOT_ATTESTED);
        }
        if (phase.compareTo(Choices.Phase.PER_OUTPUT) >= 0)
        {
            missing.addIf(!isPerOutput, Reason.NOT_PER_OUTPUT);
        }
        return missing;
    }

    private static List<Choices.EvidenceBasis> bases(final Fact basis)
    {
        return basis.isThere() ? basis.choices(Choices.EvidenceBasis.class) : List.of();
    }

    /** True, or a list of them. */
    private static boolean hasDocuments(final Fact documents)
    {
        if (!documents.isThere())
        {
            return false;
        }
        final JsonNode node = documents.node();
        return node.isArray() ? !node.isEmpty() : documents.flag();
    }
}
