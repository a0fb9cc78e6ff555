/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.flopmeter.json.JsonView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What is said of a pack before anybody signs it: its faults, rules without a source, how two packs differ. */
class PackCheckTest
{
    private static final String REQUIRED = "'name': 'x', 'version': 3, 'authority': 'X', 'status': 'verified', " +
        "'effective': '2026-01-02T03:04:05Z'";

    @Test
    void shouldSayWhatAPackIs()
    {
        final Pack pack = whole("'rateLimit': '7', 'trainingLimit': '5', 'schema': 'flopmeter/policy-pack/v1'");
        assertEquals("x 3 X 2026-01-02T03:04:05Z",
            pack.name() + ' ' + pack.version() + ' ' + pack.authority() + ' ' + pack.effectiveFrom());
        assertEquals(
            List.of("schema", "name", "version", "authority", "effective", "status", "trainingLimit", "rateLimit"),
            pack.fields());
        assertEquals(Pack.SCHEMA, pack.find(PackField.SCHEMA));
        assertTrue(pack.isVerified());
        assertFalse(Cases.pack("{" + REQUIRED.replace("'verified'", "'unverified'") + "}").isVerified());
        pack.document().removeAll();
        assertEquals("7", pack.document().get("rateLimit").asString(), "a document is its reader's own");
    }

    @Test
    void shouldSayWhichRuleAPackLacks()
    {
        final Pack pack = whole("'trainingLimit': '5'");
        assertEquals("RULE_NOT_IN_PACK pack x version 3: it has no rateLimit",
            refusal(() -> pack.rule(PackField.RATE_LIMIT)));
        assertEquals("RULE_NOT_IN_PACK pack x version 3: it has no harbourRate",
            refusal(() -> pack.harbourRule(HarbourKind.RATE)));
    }

    @Test
    void shouldNameEachFaultWithItsFieldAndBothValues()
    {
        assertEquals(List.of(), faults("{'base': 'seed'}", null));
        assertEquals(List.of(), faults("{'base': 'seed'}", PackLibrary.shipped("seed")));
        assertEquals(List.of("HARBOUR_TOO_HIGH $.harbourTraining: 101 is above a tenth of trainingLimit 1005"),
            faults("{'base': 'seed', 'trainingLimit': '1005', 'harbourTraining': '101'}", null));
        assertEquals(List.of("BAD_NUMBER $.trainingLimit: expected a string of 1 to 60 digits, found 7"),
            faults("{'base': 'seed', 'trainingLimit': 7}", PackLibrary.shipped("seed")));
        final String less = ": less strict than the international pack: ";
        assertEquals(
            List.of(
                "LESS_STRICT $.trainingLimit" + less + "\"6\" instead of \"5\"",
                "LESS_STRICT $.rateLimit" + less + "nothing instead of \"7\"",
                "LESS_STRICT $.harbourTraining" + less + "\"auto\" (3/5) instead of \"auto\" (1/2)"),
            faults("{" + REQUIRED + ", 'trainingLimit': '6', 'harbourTraining': 'auto'}",
                whole("'trainingLimit': '5', 'rateLimit': '7', 'harbourTraining': 'auto'")));
    }

    @Test
    void shouldFindRulesWithoutASource()
    {
        assertEquals(List.of("trainingLimit", "rateLimit"),
            PackCheck.unsourcedFields(whole("'rateLimit': '7', 'trainingLimit': '5'")));
        final String sources = ", 'schema': 'flopmeter/policy-pack/v1', 'sources': [" +
            "{'citation': 'c', 'status': 'verified'}, " +
            "{'fields': ['trainingLimit'], 'citation': 'c', 'status': 'unverified', 'note': 'n'}]";
        assertEquals(List.of("rateLimit"),
            PackCheck.unsourcedFields(whole("'rateLimit': '7', 'trainingLimit': '5'" + sources)));
        assertEquals(List.of(), PackCheck.unsourcedFields(whole("'trainingLimit': '5'" + sources)));
    }

    @Test
    void shouldReadSourcesToTheLastMember()
    {
        final String source = "'citation': 'c', 'status': 'verified'";
        assertEquals(1, sources("[{" + source + "}]").find(PackField.SOURCES).size());
        assertEquals(List.of(), sources("[]").find(PackField.SOURCES));
        assertEquals("UNKNOWN_FIELD $.sources[0].page: a source has no such member",
            refusal(() -> sources("[{" + source + ", 'page': '1'}]")));
        for (final String wrong : List.of(
            "{'status': 'verified'}", "{'citation': 'c'}", "{'citation': 1, 'status': 'verified'}",
            "{" + source + ", 'fields': 'a'}", "{" + source + ", 'fields': [1]}", "{" + source + ", 'note': 1}", "'c'"))
        {
            assertTrue(refusal(() -> sources("[" + wrong + "]")).startsWith("BAD_PACK $.sources[0]"), wrong);
        }
    }

    @Test
    void shouldTakeTheLongestNoticeAndNoLonger()
    {
        assertEquals("36600", whole("'euNoticeDays': 36600").find(PackField.EU_NOTICE_DAYS).toString());
        assertEquals("0", whole("'euNoticeDays': 0").find(PackField.EU_NOTICE_DAYS).toString());
        assertEquals("BAD_PACK $.euNoticeDays: expected at most 36600 days, found 36601",
            refusal(() -> whole("'euNoticeDays': 36601")));
    }

    @Test
    void shouldSayWherePacksDifferAndWhichIsLaxer()
    {
        final String same = "'rateLimit': '7', 'harbourTraining': 'auto'";
        final Pack left = whole(same + ", 'trainingLimit': '5', 'phase': 'ATTESTED'");
        final Pack right = whole(same + ", 'trainingLimit': '6', 'pauseScope': 'ANY'");
        assertEquals(List.of(), PackComparison.differences(left, left));
        assertEquals(
            List.of(
                "trainingLimit \"5\" \"6\" false true",
                "pauseScope null \"ANY\" false false",
                "harbourTraining \"auto\" \"auto\" false true",
                "phase \"ATTESTED\" null false true"),
            differences(left, right));
        assertEquals(
            List.of(
                "trainingLimit \"6\" \"5\" true false",
                "pauseScope \"ANY\" null false false",
                "harbourTraining \"auto\" \"auto\" true false",
                "phase null \"ATTESTED\" true false"),
            differences(right, left));
    }

    @Test
    void shouldListWhatIsShipped()
    {
        assertEquals(
            List.of("seed", "eu-ai-act", "us-ca-sb53", "us-ny-raise", "us-ny-raise-amended", "us-eo14110-historic"),
            PackLibrary.names());
        final List<String> fields = PackLibrary.fieldNames();
        assertEquals(PackField.ALL.size(), fields.size());
        assertEquals(List.of("schema", "name", "version"), fields.subList(0, 3));
        assertEquals("UNKNOWN_PACK the pack: no pack of that name is shipped; there are " + PackLibrary.names(),
            refusal(() -> PackLibrary.shipped("sead")));
    }

    @Test
    void shouldReadAPackFromOutsideOnlyWithLowHarbours()
    {
        assertEquals("seed", PackLibrary.read(JsonView.root(Cases.json("{'base': 'seed'}"))).name());
        assertEquals("HARBOUR_TOO_HIGH $.harbourRate: 101 is above a tenth of rateLimit 1005",
            refusal(() -> PackLibrary.read(JsonView.root(
                Cases.json("{'base': 'seed', 'rateLimit': '1005', 'harbourRate': '101'}")))));
    }

    @Test
    void shouldKnowTheHighestPackAndTheScheduledOnes()
    {
        final PackHistory history = PackHistory.empty();
        final Moment now = Moment.parse("2026-06-01T00:00:00Z");
        assertEquals(null, history.highest());
        assertEquals(null, history.inForceAt(now));
        final Pack pack = whole("'trainingLimit': '5'");
        history.accept(pack, now);
        assertEquals(pack, history.highest());
        assertEquals(pack, history.inForceAt(now));
        assertEquals(null, history.inForceAt(Moment.parse("2026-05-31T23:59:59Z")));
        assertEquals(List.of(), history.scheduledAfter(now), "what is in force is not scheduled any more");
        assertEquals("[3]", history.scheduledAfter(Moment.parse("2026-05-31T23:59:59Z")).toString());
    }

    private static List<String> faults(final String pack, final Pack international)
    {
        return PackCheck.faults(JsonView.root(Cases.json(pack)), international).stream()
            .map(fault -> fault.code() + " " + fault.message())
            .toList();
    }

    private static List<String> differences(final Pack left, final Pack right)
    {
        return PackComparison.differences(left, right).stream()
            .map(difference -> difference.field() + ' ' + difference.left() + ' ' + difference.right() + ' ' +
                difference.isLeftLessStrict() + ' ' + difference.isRightLessStrict())
            .toList();
    }

    private static Pack sources(final String sources)
    {
        return whole("'sources': " + sources);
    }

    private static Pack whole(final String fields)
    {
        return Cases.pack("{" + REQUIRED + ", " + fields + "}");
    }

    private static String refusal(final Executable reading)
    {
        final PolicyException refused = assertThrows(PolicyException.class, reading);
        return refused.refusal() + " " + refused.getMessage();
    }
}
