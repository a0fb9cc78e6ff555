/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.text.Messages;
import org.flopmeter.policy.PackLibrary;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Keys, signatures and acceptance, as a user does it: an agency with three keys of which two must sign. */
class PolicySigningTest
{
    private static final String E26 = "100000000000000000000000000";
    private static final String E25 = "10000000000000000000000000";
    private static final String PAST = "2026-02-01T00:00:00Z";
    private static final String FUTURE = "2999-01-01T00:00:00Z";

    private final PolicyRun policy = new PolicyRun();
    private final Messages messages = Messages.of(System.getenv());
    private final List<String> publicKeys = new ArrayList<>();

    @TempDir
    private Path folder;
    private String state;
    private Path authority;

    @BeforeEach
    void makeAnAgency() throws IOException
    {
        state = folder.resolve("state").toString();
        for (final String key : List.of("a", "b", "c"))
        {
            assertEquals(0, policy.run("keygen", "--name", "agency.example/" + key, file(key).toString()),
                policy.err());
            publicKeys.add(policy.out().strip());
        }
        authority = authority("authority.json", "");
    }

    @Test
    void shouldMakeKeysThatNobodyElseReads() throws IOException
    {
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file("a"))));
        assertEquals(publicKeys.get(0) + '\n', Files.readString(file("a.pub")));
        assertEquals(2, policy.run("keygen", "--name", "x", file("a").toString()));
        assertLine("is there already; a key is never overwritten");
        assertEquals(2, policy.run("keygen", "--name", "x y", file("d").toString()));
        assertLine("key name \"x y\"");
        Files.setPosixFilePermissions(file("a"), PosixFilePermissions.fromString("rw-r--r--"));
        assertEquals(2, policy.run("sign", pack(2, E26, PAST).toString(), "--key", file("a").toString()));
        assertLine("a private key that others may use (mode 0644)");
    }

    @Test
    void shouldAcceptWhatAQuorumSignedAndKeepItsBytes() throws IOException
    {
        final Path pack = pack(2, E26, PAST);
        final Path once = signed(pack, "a");
        assertEquals(1, accept(once, "--authority", authority.toString()));
        assertLine("refused: QUORUM: $.authority: 1 of the 3 keys of SEED signed, 2 must have");
        final Path twice = signed(once, "c");
        assertEquals(0, accept(twice), policy.err());
        assertTrue(policy.out().contains("seed"), policy.out());
        assertTrue(policy.out().contains("RETROACTIVE"), policy.out());
        final Path kept = folder.resolve("state/policy/accepted/000001");
        assertArrayEquals(Files.readAllBytes(pack), Files.readAllBytes(kept.resolve("pack.json")));
        assertArrayEquals(Files.readAllBytes(twice), Files.readAllBytes(kept.resolve("envelope.json")));
        assertArrayEquals(Files.readAllBytes(authority), Files.readAllBytes(kept.resolve("authority.json")));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)));

        assertEquals(0, accept(signed(signed(pack(3, E25, FUTURE), "a"), "b")), policy.err());
        assertEquals(0, policy.run("history", "--json", "--dir", state));
        final JsonNode history = policy.json().get("accepted");
        assertEquals("inForce", history.get(0).get("state").asString());
        assertEquals("scheduled", history.get(1).get("state").asString());
        assertEquals(FUTURE, history.get(1).get("effectiveFrom").asString());
        assertEquals(2, history.get(0).get("signers").size());
        assertEquals(0, policy.run("history", "--dir", state));
        assertTrue(policy.out().contains(messages.get("policy.scheduled")), policy.out());
        assertEquals(List.of("000001", "000002"), names(folder.resolve("state/policy/accepted")));
    }

    /** Each of these is one change away from what is accepted at the end: the canary. */
    @Test
    void shouldRefuseHostileEnvelopesInOneLine() throws IOException
    {
        assertEquals(0, accept(signed(signed(pack(4, E26, PAST), "a"), "b"), "--authority", authority.toString()));
        final Path pack = pack(5, E26, PAST);
        final Path good = signed(signed(pack, "a"), "b");
        final String text = Files.readString(good);
        assertRefused("QUORUM: $.authority: 1 of the 3", signed(pack, "a"));
        final String one = Files.readString(signed(pack, "a"));
        final String entry = one.substring(one.indexOf("{\"keyid\""), one.lastIndexOf(']'));
        assertRefused("QUORUM: $.authority: 1 of the 3", write("twice.json",
            one.replace(entry, entry + ',' + entry.replaceFirst("keyid\": \".", "keyid\": \"x"))));
        final String payload = PolicyRun.json(text).get("payload").asString();
        assertRefused("QUORUM: $.authority: 0 of the 3", write("reencoded.json", text.replace(
            payload, base64(StrictJson.read(Files.readAllBytes(pack)).toString()))));
        assertRefused("QUORUM: $.authority: 0 of the 3", write("newline.json",
            text.replace(payload, base64(Files.readString(pack) + '\n'))));
        assertRefused("BAD_PACK: payloadType: expected application/vnd.flopmeter.policy-pack+json, found text/plain",
            write("type.json", text.replace("application/vnd.flopmeter.policy-pack+json", "text/plain")));
        assertRefused("not a DSSE envelope: line", write("trailing.json", text + "x"));
        assertRefused("not a DSSE envelope: $.payload", write("base64.json", text.replace(payload, payload + "=")));
        assertRefused("VERSION_NOT_NEWER: $.version: 3 is not above 4", signed(signed(pack(3, E26, PAST), "a"), "b"));
        assertRefused("RAISE_NEEDS_INTERNATIONAL:trainingLimit: $.trainingLimit: \"" + E26 + "1\" instead of \"" + E26 +
            "\" in version 4", signed(signed(pack(5, E26 + '1', PAST), "a"), "b"));
        final Path expired = authority("expired.json", ", \"validUntil\": \"2026-01-01T00:00:00Z\"");
        assertEquals(2, accept(good, "--authority", expired.toString()));
        assertLine("to trust this one instead: --replace-authority");
        assertEquals(1, accept(good, "--authority", expired.toString(), "--replace-authority"));
        assertLine("CREDENTIAL_EXPIRED: $.authority: the mandate of SEED ended 2026-01-01T00:00:00Z");
        assertEquals(0, accept(good, "--authority", authority.toString(), "--replace-authority"), policy.err());
        assertEquals(2, names(folder.resolve("state/policy/accepted")).size());
    }

    @Test
    void shouldSignOnlyPacks() throws IOException
    {
        final String key = file("a").toString();
        assertEquals(2, policy.run("sign", write("x.json", "{\"base\": \"seed\"}").toString(), "--key", key));
        assertLine("BAD_PACK: $.base: a pack that is signed is whole");
        assertEquals(2, policy.run("sign", write("y.json", "{").toString(), "--key", key));
        assertLine("BAD_JSON");
        Files.setPosixFilePermissions(file("a.pub"), PosixFilePermissions.fromString("rw-------"));
        assertEquals(2, policy.run("sign", pack(2, E26, PAST).toString(), "--key", file("a.pub").toString()));
        assertLine("not a private key");
        assertEquals(2, policy.run("sign", pack(2, E26, PAST).toString(), "--key", file("none").toString()));
        assertLine("no such file");
        assertEquals(0, policy.run("sign", pack(2, E26, PAST).toString(), "--key", key));
        assertEquals(1, policy.json().get("signatures").size());
    }

    /** What is not as it was accepted stops every reading: a history with a hole may be more lenient. */
    @Test
    void shouldNoticeEveryAlteredByteOfAnAcceptance() throws IOException
    {
        assertEquals(0, policy.run("history", "--dir", state));
        assertTrue(policy.out().contains(messages.get("policy.noneAccepted")), policy.out());
        assertEquals(0, accept(signed(signed(pack(2, E26, PAST), "a"), "b"), "--authority", authority.toString()));
        assertEquals(0, accept(signed(signed(pack(3, E25, PAST), "a"), "b")));
        for (final String name : List.of("envelope.json", "pack.json", "authority.json", "acceptance.json"))
        {
            final Path kept = folder.resolve("state/policy/accepted/000001").resolve(name);
            final byte[] good = Files.readAllBytes(kept);
            for (int i = 0; i < good.length; i += 1 + good.length / 12)
            {
                final byte[] altered = good.clone();
                altered[i] ^= 1;
                Files.write(kept, altered);
                final boolean isNoticed = 0 != policy.run("history", "--dir", state);
                assertTrue(isNoticed || isHarmless(name, good, i), name + " byte " + i);
            }
            Files.delete(kept);
            assertEquals(3, policy.run("history", "--dir", state));
            assertLine("accepted packs are damaged");
            Files.write(kept, good);
            assertEquals(0, policy.run("history", "--dir", state), policy.err());
        }
        Files.createDirectory(folder.resolve("state/policy/accepted/.new-left-by-a-crash"));
        assertEquals(0, policy.run("history", "--dir", state), "what a crash left is not an acceptance");
        final Path copy = folder.resolve("state/policy/authorities/COPY.json");
        Files.copy(authority, copy);
        assertEquals(2, accept(signed(signed(pack(4, E25, PAST), "a"), "b")));
        assertLine("COPY.json: the file of authority SEED under another name");
        Files.delete(copy);
        final Path first = folder.resolve("state/policy/accepted/000001");
        Files.move(first, folder.resolve("elsewhere"));
        assertEquals(3, policy.run("history", "--dir", state));
        assertLine("000001: it is missing, and later ones are there");
        assertEquals(3, accept(signed(signed(pack(4, E25, PAST), "a"), "b")));
    }

    @Test
    void shouldApplyAcceptedPacksToFacts() throws IOException
    {
        assertEquals(0, accept(signed(signed(pack(2, E26, FUTURE), "a"), "b"), "--authority", authority.toString()));
        final Path facts = write("facts.json", ("{'pack': 'eu-ai-act', 'ask': ['cap'], 'facts': {'now': '" + FUTURE +
            "', 'run': {'done': [{'at': '2026-05-01T00:00:00Z', 'total': '500000000000000000000000000'}]}}}")
            .replace('\'', '"'));
        assertEquals(0, policy.run("eval", "--accepted", "seed", "--dir", state, facts.toString()), policy.err());
        final JsonNode answer = policy.json();
        assertEquals("{\"name\":\"seed\",\"version\":2}", answer.get("pack").toString());
        assertEquals("[{\"at\":\"2026-05-01T00:00:00Z\",\"state\":\"WITHIN\"},{\"at\":\"" + FUTURE +
            "\",\"state\":\"EXCEEDED\"}]", answer.get("determinations").get("cap").get("events").toString());
        assertEquals(2, policy.run("eval", "--accepted", "sead", "--dir", state, facts.toString()));
        assertEquals("NO_PACK_IN_FORCE", policy.json().get("error").asString());
    }

    /** The schema that editors use takes what the reader takes, and refuses a misspelt member. */
    @Test
    void shouldHaveASchemaForAuthorities() throws IOException
    {
        final Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(
            Files.readString(Path.of(System.getProperty("flopmeter.root"), "docs/schema/policy-authority-v1.json")),
            InputFormat.JSON);
        final String good = Files.readString(authority("full.json",
            ", \"validUntil\": \"2027-01-01T00:00:00Z\", \"packs\": [\"seed\"], \"revoked\": []"));
        assertEquals(List.of(), schema.validate(good, InputFormat.JSON));
        for (final String bad : List.of(
            good.replace("\"packs\"", "\"pack\""), good.replace("\"quorum\": 2", "\"quorum\": 0"),
            good.replace("NATIONAL", "LOCAL"), good.replace("\"agency\"", "\"agent\""),
            good.replace("\"SEED\"", "\"a b\"")))
        {
            assertFalse(schema.validate(bad, InputFormat.JSON).isEmpty(), bad);
            assertEquals(2, accept(pack(2, E26, PAST), "--authority", write("bad.json", bad).toString()));
            assertLine("not an authority: $.");
        }
    }

    /** White space and the name of an agency mean nothing; a quorum may be given by fewer keys than there are. */
    private static boolean isHarmless(final String name, final byte[] good, final int index)
    {
        final String text = new String(good, StandardCharsets.UTF_8);
        final int agency = text.indexOf("Bureau");
        final boolean isInLabel = index >= agency && index < text.indexOf("\"level\"");
        final int keyId = text.lastIndexOf("\"keyid\"", index);
        final boolean isInKeyId = keyId >= 0 && index < text.indexOf("\"sig\"", keyId);
        return "authority.json".equals(name) && isInLabel || "envelope.json".equals(name) && isInKeyId;
    }

    private void assertRefused(final String words, final Path envelope)
    {
        assertEquals(1, accept(envelope), envelope::toString);
        assertLine(": refused: " + words);
    }

    /** Exactly one line, with these words. */
    private void assertLine(final String words)
    {
        assertEquals(1, policy.err().lines().count(), policy.err());
        assertTrue(policy.err().contains(words), policy.err());
    }

    private int accept(final Path envelope, final String... more)
    {
        return policy.run(Stream.concat(
            Stream.of("accept", envelope.toString(), "--dir", state), Stream.of(more)).toArray(String[]::new));
    }

    private Path signed(final Path file, final String key)
    {
        final Path envelope = folder.resolve(file.getFileName() + "." + key);
        assertEquals(0, policy.run("sign", file.toString(), "--key", file(key).toString(), "--out",
            envelope.toString()), policy.err());
        return envelope;
    }

    private Path pack(final int version, final String limit, final String effective) throws IOException
    {
        return write("pack-" + version + "-" + limit.length() + ".json", PackLibrary.shipped("seed").document()
            .put("version", version).put("trainingLimit", limit).put("effective", effective).toPrettyString() + '\n');
    }

    private Path authority(final String name, final String more) throws IOException
    {
        return write(name, "{\"schema\": \"flopmeter/policy-authority/v1\", \"authority\": \"SEED\", " +
            "\"agency\": \"Bureau\", \"jurisdiction\": \"US\", \"level\": \"NATIONAL\", \"quorum\": 2, \"keys\": [\"" +
            String.join("\", \"", publicKeys) + "\"]" + more + "}\n");
    }

    private Path write(final String name, final String text) throws IOException
    {
        return Files.writeString(folder.resolve(name), text);
    }

    private Path file(final String name)
    {
        return folder.resolve("key-" + name);
    }

    private static List<String> names(final Path directory) throws IOException
    {
        try (Stream<Path> files = Files.list(directory))
        {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static String base64(final String text)
    {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
