/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import static org.flopmeter.node.run.Fixtures.PEAK;
import static org.flopmeter.node.run.Fixtures.facts;
import static org.flopmeter.node.run.Fixtures.key;
import static org.flopmeter.node.run.Fixtures.reading;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.node.Main;
import org.flopmeter.node.booking.LedgerBooking;
import org.flopmeter.node.meter.ResultFiles;
import org.flopmeter.node.run.MeterLoop;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sign.Envelope;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Runs are booked once, and a stranger who adds the export up again gets the published total. */
class LedgerCommandTest
{
    private static final int FLOP_COLUMN = 8;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    private Path folder;

    @Test
    void shouldBookRunsOnceAndProveThem() throws IOException
    {
        final Path first = meterDirectory("run-1", 1);
        final Path second = meterDirectory("run-2", 2);
        book(first, "170141183460469231731687303715884105727");
        book(second, "3");
        book(second, "3");
        book(second, "5");

        assertEquals(0, run("ledger", "total", "--dir", state(), "--json"), text(err));
        final String total = JsonMapper.shared().readTree(text(out)).path("flop").path("lower").asString();
        assertEquals("170141183460469231731687303715884105732", total);
        assertEquals(0, run("ledger", "total", "--dir", state()), text(err));
        assertTrue(text(out).contains("2 epochs, "), text(out));
        assertEquals(0, run("ledger", "export", "--dir", state(), "--format", "csv"), text(err));
        assertEquals(total, added(text(out)).toString());
        assertEquals(0, run("verify", state()), text(err));
        assertTrue(text(out).contains("origin and later entries unproven"), text(out));

        assertEquals(0, run("ledger", "checkpoint", "--dir", state()), text(err));
        final Path note = Files.write(folder.resolve("note"), out.toByteArray());
        final Path publicKey = folder.resolve("state/ledger/key.pub");
        assertEquals(0, run("verify", "--key", publicKey.toString(), "--checkpoint", note.toString(), state()));
        assertTrue(text(out).contains("was changed or is missing; the key signed"), text(out));
        assertEquals(0, run("verify", "--key", publicKey.toString(), note.toString()), text(err));

        assertEquals(0, run("ledger", "proof", "--dir", state(), "--entry", "4"), text(err));
        final Path proof = Files.write(folder.resolve("proof"), out.toByteArray());
        assertEquals(0, run("ledger", "proof", "--check", proof.toString(), "--key", publicKey.toString()));
        assertTrue(text(out).contains("  4 "), text(out));
        assertEquals(0, run("ledger", "show", "--dir", state()), text(err));
    }

    /** A counter of samples is unsigned, in every format. */
    @Test
    void shouldExportSamplesBeyondALong() throws IOException
    {
        final Path state = Path.of(state());
        try (LedgerHome home = LedgerHome.open(state, "test"))
        {
            final EpochWriter epoch = home.writer().openEpoch(home.writer().ledger(), LedgerHome.randomId(),
                LedgerHome.randomId(), Id.NONE, "boot", "test");
            epoch.key(new AccountKey("run", "node", Precision.FP64, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.COUNT),
                epoch.source("blas", "cpu", "", "EXACT_BY_SHAPE", "test")).use(FlopCount.of(7), -1L, 0, 1);
            assertTrue(home.writer().seal());
        }

        assertEquals(0, run("ledger", "export", "--dir", state(), "--format", "csv"), text(err));
        assertTrue(text(out).contains(",7,18446744073709551615,"), text(out));
        assertEquals(0, run("ledger", "export", "--dir", state(), "--format", "json"), text(err));
        assertEquals("18446744073709551615",
            JsonMapper.shared().readTree(text(out)).findValue("samples").bigIntegerValue().toString());
    }

    /** Canary: one bit, and every command says no. */
    @Test
    void shouldSayNoAboutADamagedLedger() throws IOException
    {
        book(meterDirectory("run-1", 1), "7");
        final Path segment = folder.resolve("state/ledger/00000001.ledger");
        final byte[] bytes = Files.readAllBytes(segment);
        bytes[bytes.length / 2] ^= 1;
        Files.write(segment, bytes);

        assertEquals(1, run("verify", "--json", state()), text(err));
        final var finding = JsonMapper.shared().readTree(text(out)).path("findings").path(0);
        assertEquals("damaged", finding.path("kind").asString());
        assertTrue(finding.path("offset").asLong() <= bytes.length / 2);
        assertEquals(1, run("ledger", "total", "--dir", state()));
        assertTrue(text(out).contains("unbounded"), text(out));
        assertEquals(1, run("ledger", "export", "--dir", state()));
        assertEquals(2, run("verify", folder.resolve("nothing").toString()));
    }

    @Test
    void shouldVerifyAnEnvelopeByItsKeyOnly() throws IOException
    {
        final NoteSigner signer = new NoteSigner("report", SigningKey.generate(SignatureAlgorithm.ED25519));
        final NoteSigner other = new NoteSigner("report", SigningKey.generate(SignatureAlgorithm.ED25519));
        final Path key = Files.writeString(folder.resolve("a.pub"), signer.noteKey().text() + "\n");
        final Path otherKey = Files.writeString(folder.resolve("b.pub"), other.noteKey().text() + "\n");
        final byte[] signed = Envelope.of("application/json", "{}".getBytes(StandardCharsets.UTF_8))
            .signedBy(signer.key()).encoded();
        final String file = Files.write(folder.resolve("envelope.json"), signed).toString();

        assertEquals(0, run("verify", "--key", key.toString(), file), text(err));
        assertTrue(text(out).contains("2 bytes of application/json"), text(out));
        assertEquals(1, run("verify", "--key", otherKey.toString(), "--json", file));
        assertTrue(text(out).contains("\"origin\""), text(out));
        assertEquals(0, run("verify", file));
        assertTrue(text(out).contains("origin unproven"), text(out));
        final String text = new String(signed, StandardCharsets.UTF_8);
        Files.writeString(Path.of(file), text.replace("application/json", "application/jsom"));
        assertEquals(1, run("verify", "--key", key.toString(), file));
        Files.writeString(Path.of(file), "{\"payload\": 7}");
        assertEquals(2, run("verify", file));
        assertTrue(text(err).contains("envelope.json"), text(err));
    }

    @Test
    void shouldChangeAndEndKeys() throws IOException
    {
        book(meterDirectory("run-1", 1), "7");
        final Path first = Files.copy(folder.resolve("state/ledger/key.pub"), folder.resolve("first.pub"));
        assertEquals(0, run("ledger", "rotate", "--dir", state()), text(err));
        assertEquals(Files.readString(folder.resolve("state/ledger/key.pub")), text(out));
        book(meterDirectory("run-2", 2), "3");
        assertEquals(0, run("verify", "--key", first.toString(), state()), text(err));
        assertTrue(text(out).contains("or one that it handed over to, signed"), text(out));

        assertEquals(2, run("ledger", "revoke", "--dir", state()));
        assertTrue(text(err).contains("--yes"), text(err));
        assertEquals(0, run("ledger", "revoke", "--dir", state(), "--yes"), text(err));
        book(meterDirectory("run-3", 3), "5");
        assertEquals(1, run("verify", "--key", first.toString(), state()));
        assertEquals(0, run("verify", "--key", first.toString(),
            folder.resolve("state/ledger.revoked-1").toString()), text(err));
        assertTrue(text(out).contains("revoked"), text(out));
        assertEquals(0, run("ledger", "total", "--dir", state()), text(err));
        assertTrue(text(out).matches("(?s)counted +5\n.*"), text(out));
        assertEquals(2, run("ledger", "rotate", "--dir", folder.resolve("nothing").toString()));
    }

    @Test
    void shouldNotBookNestedRuns() throws IOException
    {
        assertNull(LedgerBooking.of(folder.resolve("nested-0a1b2c3d"), Messages.english()));
        assertNull(LedgerBooking.of(folder.resolve("without-a-state"), Messages.english()));
    }

    private Path meterDirectory(final String name, final long nonce) throws IOException
    {
        final Path directory = Files.createDirectories(folder.resolve(name));
        Files.createDirectories(folder.resolve("state"));
        Files.createSymbolicLink(directory.resolve("state"), folder.resolve("state"));
        Files.write(directory.resolve("control"),
            ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(16, nonce).array());
        return directory;
    }

    private static void book(final Path directory, final String flop)
    {
        final ResultFiles files = ResultFiles.of(facts().build(),
            reading(key("n", Precision.FP64, Source.BLAS, Part.COUNT, flop, 1)), PEAK, MeterLoop.UNKNOWN,
            Messages.english(), null, LedgerBooking.of(directory, Messages.english()));
        assertTrue(!files.summary().contains("ledger"), files.summary());
    }

    /** Knows nothing of ledgers: the sum of a column. */
    private static BigInteger added(final String csv)
    {
        final String[] lines = csv.split("\r\n");
        assertNotEquals(1, lines.length);
        BigInteger sum = BigInteger.ZERO;
        for (int i = 1; i < lines.length; i++)
        {
            sum = sum.add(new BigInteger(lines[i].split(",")[FLOP_COLUMN]));
        }
        return sum;
    }

    private String state()
    {
        return folder.resolve("state").toString();
    }

    private int run(final String... args)
    {
        out.reset();
        err.reset();
        return Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), args);
    }

    private static String text(final ByteArrayOutputStream stream)
    {
        return stream.toString(StandardCharsets.UTF_8);
    }
}
