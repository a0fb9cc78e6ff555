/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Harbours one question at a time, and claims against every combination of what can be wrong with one. */
class HarboursDeterminationTest
{
    private static final String SEED = "'seed'";
    private static final String BEFORE = "2026-11-30T23:59:59Z";
    private static final String AFTER = "2026-12-01T00:00:01Z";

    @Test
    void shouldAskForEvidence()
    {
        final String rate = "'rate': {'basis': ['MEASURED']}";
        final String rest = ", 'ancestorsComplete': true, 'signer': 's'";
        assertCompute("ELIGIBLE []", "'training': {'basis': ['DECLARED', 'PEAK_BOUND']}, " + rate + rest);
        assertCompute("NOT_CREDIBLE [\"TRAINING_NOT_CREDIBLE\"]", rate + rest);
        assertCompute("NOT_CREDIBLE [\"TRAINING_NOT_CREDIBLE\"]",
            estimates("ARCHITECTURE", "100", "100") + rate + rest);
        final String both = "ARCHITECTURE', 'HARDWARE_TIME";
        assertCompute("ELIGIBLE []", estimates(both, "70", "100") + rate + rest);
        assertCompute("ELIGIBLE []", estimates(both, "100", "70") + rate + rest);
        assertCompute("NOT_CREDIBLE [\"TRAINING_ESTIMATES_DISAGREE\",\"TRAINING_NOT_CREDIBLE\"]",
            estimates(both, "69", "100") + rate + rest);
        assertCompute("ELIGIBLE []", estimates(both + "', 'MEASURED", "1", "100") + rate + rest);
        assertCompute("ELIGIBLE []", estimates(both, "0", "0") + rate + rest);
        assertCompute("NOT_CREDIBLE [\"ANCESTORS_INCOMPLETE\",\"NO_SIGNER\"]",
            "'training': {'basis': ['MEASURED']}, " + rate + ", 'ancestorsComplete': false, 'signer': ''");
    }

    @Test
    void shouldStayPassiveUnderModestModificationOnly()
    {
        assertPassive("UNDETERMINED [\"MODIFICATION_NOT_ASSESSED\"]", "'training': '1000'");
        assertPassive("ELIGIBLE []", "'training': '1000', 'modifications': []");
        assertPassive("NOT_ELIGIBLE [\"AUTONOMOUS_UNDER_MODEST_MODIFICATION\"]", modified("'10'", "STRONG"));
        assertPassive("ELIGIBLE []", modified("'11'", "STRONG"));
        assertPassive("ELIGIBLE []", modified("'10'", "WEAK"));
        assertPassive("UNDETERMINED [\"AUTONOMY_UNKNOWN_UNDER_MODIFICATION\"]", modified("'10'", "UNKNOWN"));
        assertPassive("NOT_ELIGIBLE [\"AUTONOMOUS_UNDER_MODEST_MODIFICATION\"]", modified("'unknown'", "STRONG"));
        assertPassive("NOT_ELIGIBLE [\"AUTONOMOUS_UNDER_MODEST_MODIFICATION\"]",
            "'training': 'unknown', 'modifications': [{'autonomy': 'UNKNOWN'}, {'flop': '9', 'autonomy': 'STRONG'}]");
    }

    /** A claim of a harbour that is open, with any combination of faults: all of them are named, and no other. */
    @Test
    void shouldNameAllThatSpeaksAgainstAClaim()
    {
        final Random random = new Random(68);
        for (int round = 0; round < Suite.rounds(500, 10_000); round++)
        {
            final Set<String> faults = new TreeSet<>();
            final boolean isOpen = random.nextBoolean();
            faults.addAll(isOpen ? Set.of() : Set.of("HARBOUR_NOT_ELIGIBLE"));
            final String safetyCase = safetyCase(random, faults);
            final JsonNode answer = Cases.determine(SEED, "harbours",
                "'model': {'generality': '" + (isOpen ? "WEAK" : "STRONG") + "'}, 'claims': [{'harbour': 'NARROW'" +
                safetyCase + "}], 'approvers': {'agency': {'kind': 'AGENCY'}, 'none': {'kind': 'AUDITOR'}, " +
                "'auditor': {'kind': 'AUDITOR', 'credentialUntil': '" + BEFORE + "'}}");
            final JsonNode narrow = answer.get("harbours").get("NARROW");
            assertEquals(faults, texts(narrow.get("claimReasons")), safetyCase);
            assertEquals(faults.isEmpty() ? "ACCEPTED" : "REJECTED", narrow.get("claim").asString());
            assertEquals(faults.isEmpty() ? "HARBOUR_ACCEPTED" : isOpen ? "COURTS_INTERPRET" :
                "DEFAULT_STRICT_JOINT_AND_SEVERAL", answer.get("counsel").asString());
            assertEquals("[\"PARTIES_MISSING\"]", answer.get("reasons").toString());
        }
    }

    private static String safetyCase(final Random random, final Set<String> faults)
    {
        if (0 == random.nextInt(8))
        {
            faults.add("NO_SAFETY_CASE");
            return "";
        }
        final String[] approvers = { "agency", "auditor", "none", "nobody" };
        final String approver = approvers[random.nextInt(approvers.length)];
        final String[] times = { "2026-11-30T23:59:58Z", BEFORE, Cases.NOW, AFTER };
        final String approvedAt = times[random.nextInt(times.length)];
        final String validUntil = times[random.nextInt(times.length)];
        final boolean isValidUntilGiven = random.nextBoolean();
        if ("nobody".equals(approver))
        {
            faults.add("UNKNOWN_APPROVER");
        }
        if ("none".equals(approver))
        {
            faults.add("NOT_CREDENTIALED");
        }
        if ("auditor".equals(approver) && approvedAt.compareTo(BEFORE) >= 0)
        {
            faults.add("CREDENTIAL_EXPIRED");
        }
        if (approvedAt.equals(AFTER))
        {
            faults.add("APPROVAL_IN_FUTURE");
        }
        if (isValidUntilGiven && !validUntil.equals(AFTER))
        {
            faults.add("SAFETY_CASE_EXPIRED");
        }
        return ", 'safetyCase': {'approvedBy': '" + approver + "', 'approvedAt': '" + approvedAt + "'" +
            (isValidUntilGiven ? ", 'validUntil': '" + validUntil + "'" : "") + "}";
    }

    private static String estimates(final String bases, final String architecture, final String hardwareTime)
    {
        return "'training': {'basis': ['" + bases + "'], 'architecture': '" + architecture + "', 'hardwareTime': '" +
            hardwareTime + "'}, ";
    }

    private static String modified(final String flop, final String autonomy)
    {
        return "'training': '1000', 'modifications': [{'flop': " + flop + ", 'autonomy': '" + autonomy + "'}]";
    }

    private static void assertCompute(final String expected, final String evidence)
    {
        assertHarbour(expected, "COMPUTE", "'training': '5', 'rate': '5', 'evidence': {" + evidence + "}");
    }

    private static void assertPassive(final String expected, final String model)
    {
        assertHarbour(expected, "PASSIVE", "'autonomy': 'WEAK', " + model);
    }

    private static void assertHarbour(final String expected, final String harbour, final String model)
    {
        final JsonNode answer = Cases.determine(SEED, "harbours", "'model': {" + model + "}")
            .get("harbours").get(harbour);
        assertEquals(expected, answer.get("eligibility").asString() + ' ' + answer.get("reasons"), model);
    }

    private static Set<String> texts(final JsonNode list)
    {
        final Set<String> texts = new TreeSet<>();
        list.forEach(element -> texts.add(element.asString()));
        return texts;
    }
}
