/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Input that nobody meant well: refused with a code and the place, or answered, and nothing else. */
class HostileCaseTest
{
    private static final String REGISTRATION =
        "'run': {'estimates': [{'at': '2026-11-01T00:00:00Z', 'total': '1'}]}";

    private static final List<String> NAMES = List.of(
        "run", "estimates", "done", "at", "total", "developer", "inventory", "groups", "links", "models", "model",
        "id", "count", "evidence", "training", "rate", "claims", "harbour", "work", "rateOf", "from", "to", "flop",
        "frontier", "initiated", "raise", "tpp", "report", "basis", "permit", "events", "op", "devices", "keys",
        "quorum", "offers", "pack", "signers", "international", "modifier", "original", "lower", "point", "upper");

    @Test
    void shouldRefusePacksWithTheirPlace()
    {
        refusePack("UNKNOWN_PACK", "$.pack", "'sead'");
        refusePack("UNKNOWN_PACK", "$.pack.base", "{'base': 'sead'}");
        refusePack("UNKNOWN_FIELD", "$.pack.trainingLimits", "{'base': 'seed', 'trainingLimits': '1'}");
        refusePack("UNKNOWN_FIELD", "$.pack.trainingLimits", "{'base': 'seed', 'trainingLimits': null}");
        refusePack("UNKNOWN_FIELD", "$.pack.tierDuties.RT-5",
            "{'base': 'seed', 'tierDuties': {'RT-5': {}}}");
        refusePack("BAD_ENUM", "$.pack.rt4Scope", "{'base': 'seed', 'rt4Scope': 'any'}");
        refusePack("BAD_ENUM", "$.pack.phase", "{'base': 'seed', 'phase': 5}");
        refusePack("BAD_ENUM", "$.pack.status", "{'base': 'seed', 'status': 'VERIFIED'}");
        refusePack("BAD_ENUM", "$.pack.credibleBases[1]", "{'base': 'seed', 'credibleBases': ['MEASURED', 'X']}");
        refusePack("BAD_NUMBER", "$.pack.trainingLimit", "{'base': 'seed', 'trainingLimit': '1e27'}");
        refusePack("BAD_NUMBER", "$.pack.trainingLimit", "{'base': 'seed', 'trainingLimit': 1000}");
        refusePack("BAD_NUMBER", "$.pack.rateWindow", "{'base': 'seed', 'rateWindow': '0'}");
        refusePack("BAD_NUMBER", "$.pack.rateWindowsReported[0]", "{'base': 'seed', 'rateWindowsReported': ['0/5']}");
        refusePack("NEGATIVE_FLOP", "$.pack.rateLimit", "{'base': 'seed', 'rateLimit': '-1'}");
        refusePack("BAD_TIME", "$.pack.effective", "{'base': 'seed', 'effective': '2026-02-30T00:00:00Z'}");
        refusePack("BAD_PACK", "$.pack.version", "{'base': 'seed', 'version': '1'}");
        refusePack("BAD_PACK", "$.pack.version", "{'base': 'seed', 'version': null}");
        refusePack("BAD_PACK", "$.pack.coLocatedOnly", "{'base': 'seed', 'coLocatedOnly': 'no'}");
        refusePack("BAD_PACK", "$.pack.tierDuties.RT-1.training",
            "{'base': 'seed', 'tierDuties': {'RT-1': {'training': 'A'}}}");
        refusePack("BAD_PACK", "$.pack.schema", "{'base': 'seed', 'schema': 'flopmeter/policy-pack/v2'}");
        refusePack("BAD_PACK", "$.pack.name", "{'version': 1}");
        refusePack("BAD_PACK", "$.pack", "7");
        refusePack("HARBOUR_TOO_HIGH", "$.pack.harbourRate", "{'base': 'seed', 'harbourRate': '10000000000000000001'}");
        refusePack("NO_PACK_IN_FORCE", "$.pack", "{'base': 'seed', 'effective': '2026-12-01T00:00:01Z'}");
        assertTrue(!Cases.determine(
            "{'base': 'seed', 'effective': '2026-12-01T00:00:00Z'}", "registration", REGISTRATION).isEmpty());
    }

    @Test
    void shouldRefuseFactsWithTheirPlace()
    {
        refuse("MISSING_FACT", "registration", "'x': 1", "$.facts.run.estimates");
        refuse("MISSING_FACT", "registration", "'run': {'estimates': []}", "$.facts.run.estimates");
        refuse("MISSING_FACT", "packs", "'offers': [{'at': '2026-11-01T00:00:00Z', 'signers': []}]",
            "$.facts.offers[0].pack");
        refuse("BAD_FACT", "reporting", "'report': {'attested': 'true'}", "$.facts.report.attested");
        refuse("BAD_ENUM", "reporting", "'report': {'basis': ['X']}", "$.facts.report.basis[0]");
        refuse("MISSING_FACT", "cap", "'run': {'done': [{'at': '2026-12-01T00:00:01Z', 'total': '1'}]}",
            "$.facts.run.done");
        refuse("BAD_NUMBER", "cap", "'run': {'done': [{'at': '2026-12-01T00:00:01Z', 'total': 'x'}]}",
            "$.facts.run.done[0].total");
        refuse("TIME_ORDER", "cap", "'run': {'done': [{'at': '2026-02-01T00:00:00Z'}, {'at': '2026-01-01T00:00:00Z'}]}",
            "$.facts.run.done[1].at");
        refuse("BAD_FACT", "registration", "'run': []", "$.facts.run");
        refuse("BAD_FACT", "registration", "'developer': {'businessIn': 'US'}, " + REGISTRATION,
            "$.facts.developer.businessIn");
        refuse("UNKNOWN_ASK", "taxes", REGISTRATION, "$.ask[0]");
        refuse("BAD_ENUM", "tier", "'model': {'autonomy': 'VERY'}", "$.facts.model.autonomy");
        refuse("DUPLICATE_CLAIM", "harbours",
            "'model': {}, 'claims': [{'harbour': 'WEAK'}, {'harbour': 'WEAK'}]", "$.facts.claims[1]");
        refuse("BAD_INVENTORY", "cluster", "'inventory': {'groups': [{'id': 'A', 'count': 0, 'model': 'X'}]}",
            "$.facts.inventory.groups[0]");
        refuse("BAD_INVENTORY", "cluster", "'inventory': {'groups': [], 'links': [{'a': 'A', 'b': 'A', 'gbps': '1'}]}",
            "$.facts.inventory.links[0].a");
        refuse("TIME_ORDER", "rate", "'rateOf': 'm', 'work': [{'model': 'm', 'cluster': 'c', 'from': '2', 'to': '1'}]",
            "$.facts.work[0].to");
        refuse("MISSING_FACT", "rate",
            "'rateOf': 'm', 'work': [{'model': 'n', 'cluster': 'c', 'from': '1', 'to': '1'}]", "$.facts.work");
        refuse("TIME_ORDER", "permit", "'permit': {'devices': [], 'keys': [], 'quorum': 0, 'events': [" +
            "{'op': 'status', 'boot': 5}, {'op': 'status', 'boot': 4}]}", "$.facts.permit.events[1].boot");
        refuse("MISSING_FACT", "permit", "'permit': {'devices': [], 'keys': [], 'quorum': 0, 'events': [" +
            "{'op': 'restart'}]}", "$.facts.permit.events[0].wall");
        refuse("TIME_ORDER", "packs", "'offers': [{'at': '2026-12-01T00:00:01Z', 'signers': [], 'pack': 'seed'}]",
            "$.facts.offers[0].at");
        refuse("MISSING_FACT", "eu", "'x': 1", "$.facts");
        refuse("LESS_STRICT", "packs", "'international': {'base': 'seed', 'trainingLimit': '1'}",
            "$.pack.trainingLimit");
    }

    @Test
    void shouldReadOnlyWhatIsAsked()
    {
        assertEquals("REQUIRED", Cases.determine("'seed'", "registration",
            "'model': 7, 'permit': [], 'work': 'x', 'run': {'done': null, 'estimates': [" +
            "{'at': '2026-11-01T00:00:00Z', 'total': '10000000000000000000000001'}]}").get("state").asString());
        refuse("BAD_FACT", "registration", "'offers': {}, " + REGISTRATION, "$.facts.offers");
        refuse("BAD_PACK", "registration", "'international': 7, " + REGISTRATION, "$.facts.international");
    }

    @Test
    void shouldRefuseWhatIsNoStrictJson()
    {
        final String number = "1" + "0".repeat(1_000_000);
        for (final String hostile : List.of(
            "{\"pack\": NaN}", "{\"pack\": 1, \"pack\": 2}", "{\"pack\": " + "[".repeat(100_000),
            "{\"pack\": " + number + "}", "{\"pack\": 1} {}", "{\"pack\": Infinity}", "", "{'pack': 1}"))
        {
            assertThrows(
                JsonFormatException.class, () -> StrictJson.read(hostile.getBytes(StandardCharsets.UTF_8)));
        }
        refuse("BAD_NUMBER", "cap", "'run': {'done': [{'at': '2026-11-01T00:00:00Z', 'total': '" + number + "'}]}",
            "$.facts.run.done[0].total");
        refuse("BAD_NUMBER", "rate", "'rateOf': 'm', 'work': [{'model': 'm', 'cluster': 'c', 'from': '1/" + number +
            "', 'to': '1'}]", "$.facts.work[0].from");
    }

    /** Values of every kind at every place of a case: a code or an answer, never another exception. */
    @Test
    void shouldAnswerOrRefuseWhateverStandsWhere()
    {
        final List<String> asks = List.of(
            "packs", "registration", "pause", "cap", "cluster", "tier", "harbours", "rate", "eu", "frontier", "raise",
            "tpp", "reporting", "permit");
        final Random random = new Random(7);
        int refused = 0;
        final int rounds = Suite.rounds(5000, 200_000);
        for (int round = 0; round < rounds; round++)
        {
            final String facts = randomObject(random, 0, "now");
            final JsonNode document = Cases.json("{'pack': " + (random.nextInt(8) == 0 ? randomValue(random, 2) :
                "{'base': 'seed', 'frontierAbove': '1', 'euSystemicAbove': '1'}") + ", 'ask': ['" +
                asks.get(random.nextInt(asks.size())) + "'], 'facts': " + facts + "}");
            try
            {
                PolicyCase.evaluate(JsonView.root(document));
            }
            catch (final PolicyException ex)
            {
                refused++;
            }
        }
        assertTrue(refused > rounds / 2 && refused < rounds, refused + " refused of " + rounds);
    }

    private static String randomValue(final Random random, final int depth)
    {
        switch (random.nextInt(depth > 4 ? 8 : 12))
        {
            case 0:
                return "null";
            case 1:
                return "" + random.nextBoolean();
            case 2:
                return "" + (random.nextInt(5) - 2);
            case 3:
                return "'1/" + random.nextInt(3) + "'";
            case 4:
                return "'2026-0" + random.nextInt(10) + "-01T00:00:00Z'";
            case 5:
            case 6:
                return "'" + NAMES.get(random.nextInt(NAMES.size())) + "'";
            case 7:
                return "'" + random.nextInt(100) + "'";
            case 8:
            case 9:
                return "[" + randomValue(random, depth + 1) + ", " + randomValue(random, depth + 1) + "]";
            default:
                return randomObject(random, depth + 1, null);
        }
    }

    private static String randomObject(final Random random, final int depth, final String first)
    {
        final StringBuilder object = new StringBuilder("{");
        object.append(null == first ? "'x': 1" : "'" + first + "': '" + Cases.NOW + "'");
        int chance = 0;
        for (final String name : NAMES)
        {
            chance = random.nextInt(0 == depth ? 2 : 6);
            object.append(0 == chance ? ", '" + name + "': " + randomValue(random, depth + 1) : "");
        }
        return object.append('}').toString();
    }

    private static void refusePack(final String code, final String path, final String pack)
    {
        assertEquals(code, Cases.refusal(pack, "registration", REGISTRATION, path), pack);
    }

    private static void refuse(final String code, final String ask, final String facts, final String path)
    {
        assertEquals(code, Cases.refusal("'seed'", ask, facts, path));
    }
}
