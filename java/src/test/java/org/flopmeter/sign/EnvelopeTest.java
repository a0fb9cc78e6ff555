/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.flopmeter.sign.SigningKeyTest.assertRefused;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.junit.jupiter.api.Test;

/** Vectors: the protocol of github.com/secure-systems-lab/dsse. */
class EnvelopeTest
{
    private static final String TYPE = "http://example.com/HelloWorld";
    private static final String PUBLISHED = "{\"payload\": \"aGVsbG8gd29ybGQ=\",\n" +
        " \"payloadType\": \"http://example.com/HelloWorld\",\n \"signatures\": [{\"sig\": \"A3JqsQGtVsJ2O2xqrI5IcnXip5G" +
        "ToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==\"}]}\n";

    private final SigningKey one = Keys.key(1);
    private final SigningKey two = Keys.key(2);
    private final List<VerifyingKey> keys = List.of(one.verifyingKey(), two.verifyingKey());

    @Test
    void shouldEncodeAsThePublishedVector()
    {
        assertEquals("DSSEv1 29 http://example.com/HelloWorld 11 hello world",
            text(Envelope.preAuthenticationEncoding(TYPE, bytes("hello world"))));
        assertEquals("DSSEv1 0  0 ", text(Envelope.preAuthenticationEncoding("", new byte[0])));
        assertEquals("DSSEv1 2 \u00e9 2 \u00e9", text(Envelope.preAuthenticationEncoding("\u00e9", bytes("\u00e9"))));
        final Envelope envelope = Envelope.parse(bytes(PUBLISHED));
        assertEquals(TYPE, envelope.payloadType());
        assertEquals("hello world", text(envelope.payload()));
        assertEquals(1, envelope.signatureCount());
        assertEquals(Set.of(), envelope.signers(keys), "P-256 is none of ours");
        assertEquals(StrictJson.read(bytes(PUBLISHED)), StrictJson.read(envelope.encoded()));
    }

    @Test
    void shouldKnowWhoSigned()
    {
        final Envelope unsigned = Envelope.of(TYPE, bytes("x"));
        assertEquals(Set.of(), unsigned.signers(keys));
        final Envelope once = unsigned.signedBy(one);
        assertEquals(Set.of(one.verifyingKey()), once.signers(keys));
        assertSame(once, once.signedBy(one));
        final Envelope twice = Envelope.parse(once.signedBy(two).encoded());
        assertEquals(keys, List.copyOf(twice.signers(keys)));
        assertEquals(
            Set.of(two.verifyingKey()), twice.signers(List.of(two.verifyingKey(), Keys.key(3).verifyingKey())));
        assertEquals(2, twice.signatureCount());
        assertArrayEquals(twice.encoded(), Envelope.parse(twice.encoded()).encoded());
        final JsonView first = JsonView.root(StrictJson.read(twice.encoded())).member("signatures").elements().get(0);
        assertEquals(one.verifyingKey().fingerprint(), first.member("keyid").string());
    }

    /** The canary: one who counts key ids, as a first version might, counts two. */
    @Test
    void shouldCountAKeyOnceUnderWhateverIds()
    {
        final String once = text(Envelope.of(TYPE, bytes("x")).signedBy(one).encoded());
        final String signature = once.substring(once.indexOf("{\"keyid\""), once.lastIndexOf(']'));
        final String again = signature.replaceFirst("\"keyid\": \"[^\"]*\"", "\"keyid\": \"another\"");
        final byte[] padded = bytes(once.replace(signature, signature + ", " + again));
        final Envelope envelope = Envelope.parse(padded);
        assertEquals(Set.of(one.verifyingKey()), envelope.signers(keys));
        final Set<String> keyIds = new HashSet<>();
        JsonView.root(StrictJson.read(padded)).member("signatures").elements()
            .forEach(element -> keyIds.add(element.member("keyid").string()));
        assertEquals(2, keyIds.size());
        assertEquals(1, envelope.signers(Collections.nCopies(3, one.verifyingKey())).size());
    }

    @Test
    void shouldCoverTypeAndEveryByte()
    {
        final String good = text(Envelope.of("a/type", bytes("{\"a\": 1}")).signedBy(one).encoded());
        assertEquals(1, Envelope.parse(bytes(good)).signers(keys).size());
        for (final String altered : List.of(
            good.replace("a/type", "b/type"),
            good.replace("eyJhIjogMX0=", "eyJhIjoxfQ=="),
            good.replace("eyJhIjogMX0=", "eyJhIjogMX0K")))
        {
            assertNotEquals(good, altered);
            assertEquals(Set.of(), Envelope.parse(bytes(altered)).signers(keys), altered);
        }
        final byte[] one1 = Envelope.preAuthenticationEncoding("a", bytes("b 1 c"));
        assertNotEquals(text(one1), text(Envelope.preAuthenticationEncoding("a b", bytes("c"))));
    }

    @Test
    void shouldRefuseWhatIsNoEnvelope()
    {
        final String good = "{'payloadType': 't', 'payload': 'YQ==', 'signatures': [{'keyid': 'k', 'sig': 'YQ=='}]}";
        assertEquals(1, Envelope.parse(json(good)).signatureCount());
        assertEquals(1, Envelope.parse(json(good.replace("'keyid'", "'later': 1, 'keyid'"))).signatureCount());
        assertArrayEquals(new byte[]{ (byte)0xfb, (byte)0xff },
            Envelope.parse(json(good.replace("'payload': 'YQ=='", "'payload': '-_8='"))).payload());
        for (final String bad : List.of(
            "", "[]", good + "x", good + good, good.replace("'payload'", "'Payload'"), good.replace("'YQ=='", "1"),
            good.replace("YQ==", "YR=="), good.replace("YQ==", "YQ"), good.replace("YQ==", "YQ="),
            good.replace("YQ==", "YQ==\\\\n"), good.replace("YQ==", "Y Q=="), good.replace("YQ==", "+_8="),
            good.replace("'sig'", "'Sig'"), good.replace("'k'", "null"), good.replace("'t'", "null"),
            good.replace("[{", "{").replace("}]", "}"), good.replace("[{", "['a', {"),
            good.replace("'payload':", "'payload': 'YQ==', 'payload':"),
            good.replace("'sig':", "'sig': 'YQ==', 'sig':")))
        {
            assertRefused("not a DSSE envelope", () -> Envelope.parse(json(bad)));
        }
        final String many = "[" + String.join(", ", Collections.nCopies(65, "{'sig': 'YQ=='}")) + "]";
        assertEquals(64, Envelope.parse(json(good.replaceFirst("\\[.*\\]", many.replace(", {'sig': 'YQ=='}]", "]"))))
            .signatureCount());
        assertRefused("at most 64", () -> Envelope.parse(json(good.replaceFirst("\\[.*\\]", many))));
        final byte[] broken = json(good);
        broken[1] = (byte)0xff;
        assertRefused("UTF-8", () -> Envelope.parse(broken));
    }

    @Test
    void shouldWriteWhateverIsInIt()
    {
        final String odd = "{\"payloadType\":\"a\\\"\\\\\\u0001\\ud83d\\ude00\",\"payload\":\"\"," +
            "\"signatures\":[{\"keyid\":\"\\n\",\"sig\":\"\"},{\"sig\":\"AA==\"}]}";
        final Envelope envelope = Envelope.parse(bytes(odd));
        assertEquals(StrictJson.read(bytes(odd)), StrictJson.read(envelope.encoded()));
        // What is signed is the type's UTF-8, and half a character has none.
        assertRefused("half of a surrogate pair", () -> Envelope.parse(bytes(odd.replace("\\ude00", ""))));
        assertTrue(text(Envelope.of("a b", new byte[0]).encoded()).contains("\"a b\""), "a space is itself");
        assertEquals("{\"payloadType\": \"t\",\n \"payload\": \"\",\n \"signatures\": []}\n",
            text(Envelope.of("t", new byte[0]).encoded()));
    }

    private static byte[] json(final String text)
    {
        return bytes(text.replace('\'', '"'));
    }

    private static byte[] bytes(final String text)
    {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(final byte[] utf8)
    {
        return new String(Arrays.copyOf(utf8, utf8.length), StandardCharsets.UTF_8);
    }
}
