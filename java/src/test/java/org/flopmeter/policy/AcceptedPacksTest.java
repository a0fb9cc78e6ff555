/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.sign.Envelope;
import org.flopmeter.sign.Keys;
import org.flopmeter.sign.SigningKey;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Keys 1 to 3 are the seed's authority's, 11 to 13 the international agency's. Either needs two. */
class AcceptedPacksTest
{
    private static final String NOW = "2026-06-01T00:00:00Z";
    private static final String LATER = "2026-07-01T00:00:00Z";
    private static final String E27 = "1000000000000000000000000000";
    private static final String E26 = "100000000000000000000000000";

    private final AcceptedPacks accepted = new AcceptedPacks();
    private final List<Authority> trusted = List.of(
        authority("SEED", "NATIONAL", 2, "", 1, 2, 3), authority("INTL", "INTERNATIONAL", 2, "", 11, 12, 13));

    @Test
    void shouldAcceptWhatAQuorumSigned()
    {
        final AcceptedPacks.Decision decision =
            accepted.offer(signed(pack("seed", 2, "SEED", LATER, E26), 1, 3), trusted, NOW);
        assertTrue(decision.isAccepted(), decision::toString);
        assertEquals(LATER, decision.acceptance().effectiveFrom());
        assertFalse(decision.acceptance().isRetroactive());
        assertFalse(decision.acceptance().isInternational());
        assertEquals(Set.of(key(1).verifyingKey(), key(3).verifyingKey()), decision.acceptance().signers());
        assertNull(accepted.inForce("seed", NOW), "it is scheduled");
        assertEquals(2, accepted.inForce("seed", LATER).version().intValue());
        assertNull(accepted.inForce("other", LATER));
        assertEquals(NOW, accepted.lastAt());
        assertEquals(List.of(decision.acceptance()), accepted.acceptances());
    }

    /** The canary: counted by ids or by signatures, each of these would be a quorum. */
    @Test
    void shouldRefuseWhatIsNoQuorum()
    {
        final String pack = pack("seed", 2, "SEED", NOW, E26);
        assertRefused("QUORUM: $.authority: 0 of the 3 keys of SEED signed, 2 must have", signed(pack));
        assertRefused("QUORUM: $.authority: 1 of the 3 keys of SEED signed, 2 must have", signed(pack, 1));
        assertRefused("QUORUM", signed(pack, 1, 11, 12, 99));
        final String once = text(signed(pack, 1));
        final String entry = once.substring(once.indexOf("{\"keyid\""), once.lastIndexOf(']'));
        final Envelope twice = Envelope.parse(bytes(
            once.replace(entry, entry + "," + entry.replaceFirst("keyid\": \"..", "keyid\": \"xx"))));
        assertEquals(2, twice.signatureCount());
        assertRefused("QUORUM", twice);
        assertTrue(accepted.acceptances().isEmpty());
    }

    @Test
    void shouldCoverTheExactBytesAndTheirType()
    {
        final Envelope good = signed(pack("seed", 2, "SEED", NOW, E26), 1, 2);
        final String reencoded = StrictJson.read(good.payload()).toString();
        final Envelope same = Envelope.parse(bytes(text(good).replace(
            base64(good.payload()), base64(bytes(reencoded)))));
        assertEquals(StrictJson.read(good.payload()), StrictJson.read(same.payload()));
        assertRefused("QUORUM: $.authority: 0 of", same);
        assertPolicyException("payloadType: expected application/vnd.flopmeter.policy-pack+json, found text/plain",
            Envelope.parse(bytes(text(good).replace(AcceptedPacks.PAYLOAD_TYPE, "text/plain"))));
        assertPolicyException("payload: line", signed(pack("seed", 2, "SEED", NOW, E26) + "x", 1, 2));
        assertPolicyException("payload: ", signed("[]", 1, 2));
        assertPolicyException("$.version: needed and not there", signed("{\"name\": \"a\"}", 1, 2));
        assertPolicyException("$.base: a pack that is signed is whole", signed("{\"base\": \"seed\"}", 1, 2));
    }

    @Test
    void shouldRefuseUnknownAndExpiredAuthorities()
    {
        final Envelope envelope = signed(pack("seed", 2, "SEED", NOW, E26), 1, 2);
        assertEquals(List.of("UNKNOWN_AUTHORITY"), codes(accepted.offer(envelope, List.of(), NOW)));
        final Authority until = authority("SEED", "NATIONAL", 2, ", 'validUntil': '" + LATER + "'", 1, 2, 3);
        assertEquals(List.of("CREDENTIAL_EXPIRED"), codes(accepted.offer(envelope, List.of(until), LATER)),
            "valid until a moment is no longer valid then");
        final Authority other = authority("SEED", "NATIONAL", 2, ", 'packs': ['x']", 1, 2, 3);
        assertEquals("$.name: SEED may issue [x], not seed",
            accepted.offer(envelope, List.of(other), NOW).objections().get(0).message());
        assertEquals(List.of("UNKNOWN_AUTHORITY"), codes(accepted.offer(envelope, List.of(other), NOW)));
        final Authority revoked = authority(
            "SEED", "NATIONAL", 2, ", 'revoked': ['" + Keys.signer("other-name", 2).noteKey().text() + "']", 1, 2, 3);
        assertEquals(List.of("QUORUM"), codes(accepted.offer(envelope, List.of(revoked), NOW)));
        assertTrue(accepted.offer(envelope, List.of(until), NOW).isAccepted(), "before that");
        assertTrue(new AcceptedPacks().offer(envelope, List.of(authority(
            "SEED", "NATIONAL", 2, ", 'packs': ['x', 'seed']", 1, 2, 3)), NOW).isAccepted());
    }

    @Test
    void shouldRefuseOldVersionsAndTimes()
    {
        assertRefused("VERSION_NOT_NEWER: $.version: 1 is not above 1, the highest accepted version of seed",
            signed(pack("seed", 1, "SEED", NOW, E27), 1, 2));
        accept("seed", 5, "SEED", NOW, E26, 1, 2);
        assertRefused(
            "VERSION_NOT_NEWER: $.version: 4 is not above 5", signed(pack("seed", 4, "SEED", NOW, E26), 1, 2));
        assertRefused("VERSION_NOT_NEWER", signed(pack("seed", 5, "SEED", NOW, E26), 1, 2));
        accept("seed", 6, "SEED", NOW, E26, 1, 2);
        final PolicyException ex = assertThrows(PolicyException.class, () -> accepted.offer(
            signed(pack("seed", 7, "SEED", NOW, E26), 1, 2), trusted, "2026-05-31T23:59:59Z"));
        assertEquals(Refusal.TIME_ORDER, ex.refusal());
        assertEquals(Refusal.BAD_TIME, assertThrows(PolicyException.class, () -> accepted.inForce("seed", "now"))
            .refusal());
    }

    @Test
    void shouldRaiseForTheInternationalQuorumOnly()
    {
        final String twice = "2" + E27.substring(1);
        final String raised = pack("seed", 2, "SEED", NOW, twice);
        assertRefused("RAISE_NEEDS_INTERNATIONAL:trainingLimit: $.trainingLimit: \"" + twice +
            "\" instead of \"" + E27 + "\" in version 1: only an international quorum may raise it",
            signed(raised, 1, 2, 3));
        assertRefused("RAISE_NEEDS_INTERNATIONAL:trainingLimit", signed(raised, 1, 2, 11, 12));
        assertRefused(
            "QUORUM: $.authority: 1 of the 3 keys of INTL", signed(pack("seed", 2, "INTL", NOW, twice), 11, 1));
        accept("seed", 2, "INTL", NOW, twice, 11, 12);
        assertTrue(accepted.acceptances().get(0).isInternational());
        accept("seed", 3, "SEED", NOW, E26, 1, 2);
        assertRefused("RAISE_NEEDS_INTERNATIONAL:trainingLimit", signed(pack("seed", 4, "SEED", NOW, E27), 1, 2));
    }

    @Test
    void shouldHoldNationalPacksToTheInternationalOneInForceThen()
    {
        accept("treaty", 1, "INTL", LATER, E26, 11, 13);
        accept("seed", 2, "SEED", NOW, E27, 1, 2);
        assertRefused("LESS_STRICT:trainingLimit: $.trainingLimit: less strict than the international pack: \"" + E27 +
            "\" instead of \"" + E26 + '"', signed(pack("seed", 3, "SEED", LATER, E27), 1, 2));
        accept("seed", 3, "SEED", LATER, E26, 1, 2);
        accept("treaty", 2, "INTL", LATER, E27, 11, 13);
    }

    @Test
    void shouldNotRaiseOverWhatIsScheduled()
    {
        accept("seed", 2, "SEED", LATER, E26, 1, 2);
        assertRefused("RAISE_NEEDS_INTERNATIONAL:trainingLimit: $.trainingLimit: \"" + E27 + "\" instead of \"" + E26 +
            "\" in version 2", signed(pack("seed", 3, "SEED", NOW, E27), 1, 2));
        accept("seed", 3, "SEED", "2026-05-31T23:59:59Z", E26, 1, 2);
        assertTrue(accepted.acceptances().get(1).isRetroactive());
        assertEquals(NOW, accepted.acceptances().get(1).effectiveFrom());
    }

    @Test
    void shouldRefuseHarboursAboveATenth()
    {
        final String pack = pack("seed", 2, "SEED", NOW, E26)
            .replace("\"harbourTraining\":\"auto\"", "\"harbourTraining\":\"10000000000000000000000001\"");
        assertRefused("HARBOUR_TOO_HIGH:harbourTraining: $.harbourTraining: 10000000000000000000000001 is above a " +
            "tenth of trainingLimit " + E26, signed(pack, 1, 2));
    }

    /** Appendix B.4: a limit lowered below a running total acts from its effective time and changes no history. */
    @Test
    void shouldExceedALoweredLimitFromItsEffectiveTime()
    {
        accept("seed", 2, "SEED", LATER, E26, 1, 2);
        final String facts = "{'ask': ['cap'], 'facts': {'now': '%s', 'run': {'done': [" +
            "{'at': '2026-05-01T00:00:00Z', 'total': '500000000000000000000000000'}]}}}";
        final JsonNode before = evaluate(String.format(facts, "2026-06-30T23:59:59Z"));
        assertEquals("{\"name\":\"seed\",\"version\":1}", before.get("pack").toString());
        assertEquals("WITHIN", before.get("determinations").get("cap").get("state").asString());
        final JsonNode after = evaluate(String.format(facts, LATER));
        assertEquals("{\"name\":\"seed\",\"version\":2}", after.get("pack").toString());
        final JsonNode cap = after.get("determinations").get("cap");
        assertEquals("[\"LIMIT_EXCEEDED\"]", cap.get("reasons").toString());
        assertEquals("[{\"at\":\"2026-05-01T00:00:00Z\",\"state\":\"WITHIN\"},{\"at\":\"" + LATER +
            "\",\"state\":\"EXCEEDED\"}]", cap.get("events").toString());
        assertEquals(Refusal.NO_PACK_IN_FORCE, assertThrows(PolicyException.class, () -> PolicyCase.evaluate(
            view(String.format(facts, LATER)), accepted, "none")).refusal());
        assertEquals(Refusal.BAD_FACT, assertThrows(PolicyException.class, () -> PolicyCase.evaluate(
            view("{'facts': {'offers': []}}"), accepted, "seed")).refusal());
    }

    @Test
    void shouldTakeAgainOnlyWhatItCouldHaveTaken()
    {
        final Envelope good = signed(pack("seed", 1, "SEED", NOW, "3" + E27.substring(1)), 1, 2);
        final Authority seed = trusted.get(0);
        assertTrue(accepted.again(good, seed, NOW).isAccepted(), "what is shipped may have changed since");
        assertEquals("QUORUM: $.authority: 0 of the 3 keys of SEED signed, 2 must have",
            assertThrows(PolicyException.class, () -> accepted.again(
                signed(pack("seed", 2, "SEED", NOW, E27)), seed, NOW)).getMessage());
        assertThrows(PolicyException.class, () -> accepted.again(good, seed, NOW), "the same version again");
        assertThrows(PolicyException.class, () -> accepted.again(good, trusted.get(1), NOW));
    }

    @Test
    void shouldReadAuthoritiesStrictly()
    {
        final String good = authorityText("SEED", "NATIONAL", 2, "", 1, 2, 3);
        final Authority authority = Authority.read(view(good));
        assertEquals("SEED Bureau US 2 3", authority.id() + ' ' + authority.agency() + ' ' + authority.jurisdiction() +
            ' ' + authority.quorum() + ' ' + authority.keys().size());
        assertFalse(authority.isInternational());
        assertTrue(trusted.get(1).isInternational());
        final String key = Keys.signer("key-1", 1).noteKey().text();
        for (final String[] bad : new String[][]{
            { good.replace("'level'", "'levl'"), "$.levl" },
            { good.replace("authority/v1", "authority/v2"), "$.schema" },
            { good.replace("'SEED'", "'../SEED'"), "$.authority" },
            { good.replace("'SEED'", "''"), "$.authority" },
            { good.replace("'quorum': 2", "'quorum': 0"), "$.quorum: expected 1 to 3" },
            { good.replace("'quorum': 2", "'quorum': 4"), "$.quorum: expected 1 to 3" },
            { good.replace("NATIONAL", "LOCAL"), "$.level" },
            { good.replace("'keys': [", "'keys': ['" + key.replace("key-1+", "key-9+") + "', "), "$.keys[0]" },
            { good.replace("'keys': [", "'keys': ['" + Keys.signer("again", 1).noteKey().text() + "', "),
                "$.keys[1]: a key that is listed above" },
            { good.replace("'keys': [", "'keys': ['" + Keys.signer("w", 5).witnessKey().text() + "', "),
                "$.keys[0]: a witness's key" },
            { good.replace("'agency': 'Bureau', ", ""), "$.agency: needed" },
            { "[]", "$: expected an object" } })
        {
            final String message =
                assertThrows(PolicyException.class, () -> Authority.read(view(bad[0])), bad[0]).getMessage();
            assertTrue(message.startsWith(bad[1]), message);
        }
        assertEquals(3, authority("SEED", "NATIONAL", 3, "", 1, 2, 3).quorum().intValue(), "all of them");
        assertEquals(64, authority("SEED", "NATIONAL", 2, "", IntStream.range(0, 64).toArray()).keys().size());
        final int[] many = new int[65];
        for (int i = 0; i < many.length; i++)
        {
            many[i] = i;
        }
        assertTrue(assertThrows(PolicyException.class, () -> authority("SEED", "NATIONAL", 2, "", many))
            .getMessage().contains("at most 64"));
    }

    private JsonNode evaluate(final String document)
    {
        return PolicyCase.evaluate(view(document), accepted, "seed");
    }

    private void accept(
        final String name, final int version, final String authority, final String effective, final String limit,
        final int... keys)
    {
        final AcceptedPacks.Decision decision =
            accepted.offer(signed(pack(name, version, authority, effective, limit), keys), trusted, NOW);
        assertTrue(decision.isAccepted(), decision::toString);
    }

    /** The one objection, as a user would read it. */
    private void assertRefused(final String words, final Envelope envelope)
    {
        final AcceptedPacks.Decision decision = accepted.offer(envelope, trusted, NOW);
        assertFalse(decision.isAccepted());
        final List<String> lines = new ArrayList<>();
        decision.objections().forEach(objection -> lines.add(objection.code() + ": " + objection.message()));
        lines.removeIf(line -> line.startsWith("LESS_STRICT:harbourTraining"));
        assertEquals(1, lines.size(), lines::toString);
        assertTrue(lines.get(0).startsWith(words), lines.get(0));
    }

    private void assertPolicyException(final String words, final Envelope envelope)
    {
        final PolicyException ex =
            assertThrows(PolicyException.class, () -> accepted.offer(envelope, trusted, NOW));
        assertEquals(Refusal.BAD_PACK, ex.refusal());
        assertTrue(ex.getMessage().startsWith(words), ex.getMessage());
    }

    private static List<String> codes(final AcceptedPacks.Decision decision)
    {
        return decision.objections().stream().map(Objection::code).toList();
    }

    private static String pack(
        final String name, final int version, final String authority, final String effective, final String limit)
    {
        return PackLibrary.shipped("seed").document()
            .put("name", name)
            .put("version", version)
            .put("authority", authority)
            .put("effective", effective)
            .put("trainingLimit", limit)
            .toString();
    }

    private static Envelope signed(final String pack, final int... keys)
    {
        Envelope envelope = Envelope.of(AcceptedPacks.PAYLOAD_TYPE, bytes(pack + '\n'));
        for (final int key : keys)
        {
            envelope = envelope.signedBy(key(key));
        }
        return envelope;
    }

    private static SigningKey key(final int number)
    {
        return Keys.key(number);
    }

    private static Authority authority(
        final String id, final String level, final int quorum, final String more, final int... keys)
    {
        return Authority.read(view(authorityText(id, level, quorum, more, keys)));
    }

    private static String authorityText(
        final String id, final String level, final int quorum, final String more, final int... keys)
    {
        final List<String> texts = new ArrayList<>();
        for (final int key : keys)
        {
            texts.add('\'' + Keys.signer("key-" + key, key).noteKey().text() + '\'');
        }
        return "{'schema': '" + Authority.SCHEMA + "', 'authority': '" + id + "', 'agency': 'Bureau', " +
            "'jurisdiction': 'US', 'level': '" + level + "', 'quorum': " + quorum + ", 'keys': [" +
            String.join(", ", texts) + "]" + more + "}";
    }

    private static JsonView view(final String text)
    {
        return JsonView.root(StrictJson.read(bytes(text.replace('\'', '"'))));
    }

    private static String base64(final byte[] bytes)
    {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String text(final Envelope envelope)
    {
        return new String(envelope.encoded(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(final String text)
    {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
