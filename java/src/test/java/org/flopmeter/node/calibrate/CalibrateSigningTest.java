/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.flopmeter.node.Main;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.sign.Envelope;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Certificates in strangers' hands: whose they are, and whether what they say follows from what they show. */
class CalibrateSigningTest
{
    private static final String FIGURE = "\"class\" : \"0.2\"";
    private static final int FLIP_STRIDE = 211;

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final String text = DocumentJson.print(CalibrateCertificateTest.full().document());
    private Path bare;
    private Path signed;

    @BeforeEach
    void sign() throws IOException
    {
        for (final String name : new String[] { "lab", "vendor", "nobody" })
        {
            final NoteSigner signer =
                new NoteSigner(name + ".example/1", SigningKey.generate(SignatureAlgorithm.ED25519));
            KeyFiles.create(folder.resolve(name), signer);
            KeyFiles.createPublic(folder.resolve(name + ".pub"), signer.noteKey());
        }
        bare = file("bare.json", text);
        signed = folder.resolve("signed.json");
        assertEquals(0, run("--verify", bare.toString(), "--sign", key("lab"), "--out", signed.toString()), words());
    }

    @Test
    void shouldProveToAStrangerWhoseACertificateIs() throws IOException
    {
        assertEquals(0, run("--verify", signed.toString(), "--key", key("lab.pub")), words());

        assertTrue(words().startsWith("certificate "), words());
        assertTrue(words().contains(": its figures follow from its readings; signed by lab.example/1+"), words());
        assertTrue(err().contains("every interval held the truth"), err());
        assertEquals(0, run("--verify", signed.toString(), "--json", "--key", key("lab.pub")));
        assertEquals(text, out(), "the exact bytes that were signed");
        assertEquals(0, Main.run(stream(out), stream(err), "verify", signed.toString(), "--key", key("lab.pub")));
    }

    @Test
    void shouldSignWhatItMeasuredAtOnce() throws IOException
    {
        final CalibrateCommand command = new CalibrateCommand();
        command.streams(stream(out), stream(err));
        new CommandLine(command).parseArgs("--json");
        out.reset();

        command.deliver(CalibrateCertificateTest.full(), KeyFiles.read(folder.resolve("lab")).key());

        assertEquals(Files.readString(signed), out(), "Ed25519 signs the same bytes alike");
    }

    @Test
    void shouldAddASignatureAndAskForEachKeyThatIsNamed()
    {
        assertEquals(1, run("--verify", signed.toString(), "--key", key("lab.pub"), "--key", key("vendor.pub")));
        assertEquals(0, run(
            "--verify", signed.toString(), "--sign", key("vendor"), "--out", signed.toString()), words());

        assertEquals(0, run("--verify", signed.toString(), "--key", key("lab.pub"), "--key", key("vendor.pub")));
        assertTrue(words().contains("signed by lab.example/1+"), words());
        assertTrue(words().contains(", vendor.example/1+"), words());
        assertEquals(1, run("--verify", signed.toString(), "--key", key("nobody.pub")));
        assertTrue(words().matches("(?s)not verified: .*none of its 2 signatures over these bytes is of the key " +
            "nobody.example/1.*\n"), words());
    }

    /** Canary: a forger works out everything again, and only the signature tells. */
    @Test
    void shouldNoticeAForgeryThatIsConsistentByItsSignatureOnly() throws IOException
    {
        final ObjectNode forged = CalibrateFixture.certificate(
            CalibrateFixture.raw().replace("\"point\": \"1090000\"", "\"point\": \"1000000\"")).document();
        final String document = DocumentJson.print(forged);

        assertEquals(0, run("--verify", file("forged.json", document).toString()), words());
        assertTrue(words().contains("origin unproven: it has no signature"), words());
        final ObjectNode envelope = (ObjectNode)JsonMapper.shared().readTree(signed.toFile());
        envelope.put("payload", document.getBytes(StandardCharsets.UTF_8));
        final Path transplanted = file("transplanted.json", envelope.toString());

        assertEquals(0, run("--verify", transplanted.toString()), words());
        assertTrue(words().contains("origin unproven: no key was given for its 1 signature"), words());
        assertEquals(1, run("--verify", transplanted.toString(), "--key", key("lab.pub")), words());
        assertTrue(words().contains("none of its 1 signature "), words());
    }

    @Test
    void shouldWorkOutEachFigureAgainWhoeverSigned() throws IOException
    {
        final String[][] lies = {
            { FIGURE, "\"class\" : \"0.5\"", "$.figures[0].class: is \"0.5\", its readings give \"0.2\"" },
            { "\"high\" : 90000", "\"high\" : 80000", ".pointErrorPpm.high: is 80000, its readings give 90000" },
            { "\"outside\" : 0,", "\"outside\" : 1,", ".interval.outside: is 1, its readings give 0" },
            { "\"isUnbounded\" : true", "\"isUnbounded\" : true, \"widthPpm\" : 5",
              ".interval.widthPpm: is 5, its readings give none" },
            { "\"isTruthInside\" : true", "\"isTruthInside\" : false", "$.isTruthInside: is false" },
            { "\"elsewherePpm\" : 0", "\"elsewhere\" : 0", ".elsewherePpm: is absent, its readings give 0" },
            { "\"architecture\" : \"sm_90a\"", "\"architecture\" : \"sm_100\"", "$.digest.value: is " } };
        for (final String[] lie : lies)
        {
            assertTrue(text.contains(lie[0]), lie[0]);
            final byte[] told = text.replaceFirst(Pattern.quote(lie[0]), lie[1])
                .getBytes(StandardCharsets.UTF_8);
            final Path both = folder.resolve("lie.json");
            Files.write(both, CalibrateFile.signed(told, KeyFiles.read(folder.resolve("lab")).key()));

            assertEquals(1, run("--verify", both.toString(), "--key", key("lab.pub")), lie[1]);
            assertTrue(words().startsWith("not verified: " + both + ": "), words());
            assertTrue(words().contains(lie[2]), lie[2] + " in " + words());
        }
    }

    @Test
    void shouldNeverTakeAnAlteredByteForTheOriginal() throws IOException
    {
        final byte[] right = Files.readAllBytes(signed);
        int accepted = 0;
        for (int i = 0; i < right.length; i += FLIP_STRIDE)
        {
            final byte[] flipped = right.clone();
            flipped[i] ^= 1;
            final Path file = folder.resolve("flipped.json");
            Files.write(file, flipped);
            if (0 == run("--verify", file.toString(), "--json", "--key", key("lab.pub")))
            {
                // A hint of the key and white space are not signed, and change nothing.
                assertEquals(text, out(), "byte " + i);
                accepted++;
            }
        }
        assertTrue(accepted * 20 < right.length / FLIP_STRIDE, accepted + " of " + right.length / FLIP_STRIDE);
    }

    @Test
    void shouldRefuseWhatIsNoCertificateWithOneLine() throws IOException
    {
        final Envelope pack = Envelope.of("application/vnd.flopmeter.policy-pack+json", "{}".getBytes(
            StandardCharsets.UTF_8)).signedBy(KeyFiles.read(folder.resolve("lab")).key());
        final String encoded = Files.readString(signed);
        final Object[][] refused = {
            { file("truncated.json", encoded.substring(0, encoded.length() / 2)), "BAD_JSON" },
            { file("half.json", text.substring(0, text.length() / 2)), "BAD_JSON" },
            { file("empty.json", ""), "BAD_JSON" },
            { file("list.json", "[]"), "expected an object" },
            { file("other.json", "{\"schema\": \"flopmeter/result/v1\"}"), "$.schema" },
            { file("pack.json", new String(pack.encoded(), StandardCharsets.UTF_8)),
              "expected a certificate of flopmeter calibrate, found application/vnd.flopmeter.policy-pack+json" },
            { file("envelope.json", "{\"payloadType\": 7}"), "not a DSSE envelope" },
            { file("big.json", text.replace("\"expected\" : \"1000000\"", "\"expected\" : \"" + "9".repeat(39) + "\"")),
              "expected a decimal string below 2^128" },
            { file("order.json", text.replace("\"lower\" : \"10000\"", "\"lower\" : \"9000000\"")),
              "lower <= point <= upper" },
            { file("half.json", text.replace("\"multiprocessors\" : 132", "\"multiprocessors\" : 132.5")),
              "only whole numbers" },
            { file("source.json", text.replaceFirst("\"source\" : \"gpm\"", "\"source\" : \"else\"")),
              "expected a source of $.sources" },
            { folder.resolve("none.json"), "no such file" },
            { folder, "cannot be read" } };
        for (final Object[] each : refused)
        {
            assertEquals(2, run("--verify", each[0].toString()), each[0] + words());
            assertEquals("", out(), each[0].toString());
            assertTrue(err().startsWith("flopmeter: " + each[0]) && err().contains(each[1].toString()), err());
            assertEquals(1, err().lines().count(), err());
        }
    }

    @Test
    void shouldRefuseUsageThatCanMeanTwoThings()
    {
        final String[][] refused = {
            { "--sign: expected --out FILE or --json", "--sign", key("lab") },
            { "--key: goes with --verify", "--key", key("lab.pub") },
            { "--verify: measures nothing", "--verify", bare.toString(), "--quick" },
            { "expected a signed certificate, because of --key", "--verify", bare.toString(), "--key", key("lab.pub") },
            { "not a public key", "--verify", signed.toString(), "--key", key("lab") },
            { "not a private key", "--verify", bare.toString(), "--sign", folder.resolve("exposed").toString(),
              "--json" },
            { "no such file", "--sign", folder.resolve("none").toString(), "--json" } };
        assertTrue(folder.resolve("lab.pub").toFile().renameTo(folder.resolve("exposed").toFile()));
        assertTrue(folder.resolve("exposed").toFile().setReadable(false, false));
        assertTrue(folder.resolve("exposed").toFile().setReadable(true, true));
        KeyFiles.createPublic(folder.resolve("lab.pub"), KeyFiles.read(folder.resolve("lab")).noteKey());
        for (final String[] each : refused)
        {
            assertEquals(2, run(Stream.of(each).skip(1).toArray(String[]::new)), each[0]);
            assertTrue(err().contains(each[0]), err());
            assertEquals(1, err().lines().count(), err());
        }
    }

    private int run(final String... args)
    {
        out.reset();
        err.reset();
        return Main.run(stream(out), stream(err), Stream.concat(Stream.of("calibrate"), Stream.of(args))
            .toArray(String[]::new));
    }

    private Path file(final String name, final String content) throws IOException
    {
        return Files.writeString(folder.resolve(name), content);
    }

    private String key(final String name)
    {
        return folder.resolve(name).toString();
    }

    private String out()
    {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String words()
    {
        return out() + (out().isEmpty() ? err() : "");
    }

    private String err()
    {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static PrintStream stream(final ByteArrayOutputStream bytes)
    {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
