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
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.node.Main;
import org.flopmeter.node.booking.HttpTransport;
import org.flopmeter.node.booking.LedgerBooking;
import org.flopmeter.node.meter.ResultFiles;
import org.flopmeter.node.run.MeterLoop;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.witness.AddCheckpoint;
import org.flopmeter.witness.Witness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A state directory, its copy and a witness over HTTP, by the commands that people type. */
class WitnessCommandTest
{
    private static final long PATIENCE_MS = 60_000;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private WitnessDirectory directory;
    private WitnessServer server;

    @TempDir
    private Path folder;

    @BeforeEach
    void serve() throws IOException
    {
        grow("a", 3);
        directory = WitnessDirectory.open(folder.resolve("w"), WitnessCommandTest::ignore);
        final Witness witness = new Witness(directory.signer("witness.example/w1"), directory::logs, directory,
            () -> System.currentTimeMillis() / 1000);
        directory.trust(KeyFiles.readPublic(folder.resolve("a/ledger/key.pub")));
        server = WitnessServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), witness, WitnessCommandTest::ignore);
    }

    @AfterEach
    void end() throws IOException
    {
        server.close();
        directory.close();
    }

    @Test
    void shouldCountWhatWitnessesHaveSeen() throws IOException
    {
        assertEquals(0, run("ledger", "witness", "--dir", dir("a"), "--url", url(), "--key", dir("w/key.pub")), err());
        assertTrue(out().contains("witness.example/w1 has seen 3 blocks"), out());
        assertEquals(0, run("verify", "--witness", dir("w/key.pub"), dir("a")), err());
        assertTrue(out().contains("1 of 1 witnesses have seen the first 3 blocks, by 20"), out());
        grow("a", 2);
        assertEquals(0, run("verify", "--witness", dir("w/key.pub"), dir("a")), err());
        assertTrue(out().contains("have seen the first 3 blocks"), "the newest are not witnessed: " + out());

        WitnessDirectory.open(folder.resolve("w2"), WitnessCommandTest::ignore).signer("witness.example/w2");
        assertEquals(1, run("verify", "--witness", dir("w/key.pub"), "--witness", dir("w2/key.pub"), dir("a")));
        assertTrue(out().contains("1 of 2 witnesses have cosigned a checkpoint of this ledger; needed are 2"), out());
        assertEquals(0, run("verify", "--witness", dir("w/key.pub"), "--witness", dir("w2/key.pub"),
            "--quorum", "1", dir("a")), err());
        final String copied = Files.readString(folder.resolve("w/key.pub")).strip();
        assertEquals(2, run("verify", "--witness", dir("w/key.pub"), "--witness", copied, dir("a")), "counted twice");
        assertEquals(2, run("verify", "--witness", dir("a/ledger/key.pub"), dir("a")), "the key of a ledger");
        assertRefused(2, "verify --quorum 2: given: 1 witness",
            "verify", "--witness", dir("w/key.pub"), "--quorum", "2", dir("a"));
        assertRefused(2, "verify --quorum -1: given: 1 witness",
            "verify", "--witness", dir("w/key.pub"), "--quorum", "-1", dir("a"));
        assertRefused(2, "verify --quorum 1: given: 0 witnesses", "verify", "--quorum", "1", dir("a"));

        // Another ledger's cosignature is none of this one.
        grow("b", 3);
        assertEquals(1, run("verify", "--witness", dir("w/key.pub"), dir("b")));
        try (Stream<Path> files = Files.list(folder.resolve("a/ledger")))
        {
            final Path witnessed = files.filter(file -> file.toString().contains("witnessed-")).findFirst().get();
            Files.copy(witnessed, folder.resolve("b/ledger").resolve(witnessed.getFileName()));
        }
        assertEquals(1, run("verify", "--witness", dir("w/key.pub"), dir("b")));
    }

    @Test
    void shouldRaiseTheAlarmForACopyThatGoesOn() throws IOException
    {
        assertEquals(0, run("ledger", "witness", "--dir", dir("a"), "--url", url(), "--key", dir("w/key.pub"),
            "--keep"), err());
        copy("a", "b");
        grow("a", 4);
        assertEquals(0, run("ledger", "checkpoint", "--dir", dir("a")), err());
        assertEquals("", err(), "cosigned, which is worth no word");
        assertEquals(0, run("verify", "--witness", dir("w/key.pub"), dir("a")), err());
        assertTrue(out().contains("have seen the first 7 blocks"), out());

        assertEquals(1, run("ledger", "witness", "--dir", dir("b")));
        assertTrue(err().contains("ALARM: the witness witness.example/w1 has seen 7 blocks of this ledger, and here " +
            "are 3: an older state was put back"), err());
        assertEquals(1, run("verify", dir("b")), "the alarm stands");
        assertTrue(out().contains("witness: alarm-"), out());
        assertTrue(out().contains(": a witness raised an alarm that stands: 20"), out());
        assertEquals(1, run("ledger", "fork", dir("a/ledger/checkpoint"), dir("b/ledger/checkpoint"), "--dir",
            dir("a")));
        assertTrue(err().contains("one ledger grew from 3 to 7 blocks"), err());

        // The copy outgrows the other: a run on it ends with the alarm in its summary, and the proof is there.
        grow("b", 5);
        final String summary = book("b");
        assertTrue(summary.contains(
            "!!! ledger: ALARM, see flopmeter verify: the witness witness.example/w1 has seen "), summary);
        assertEquals(1, run("ledger", "witness", "--dir", dir("b")));
        final String proof = err().substring(err().indexOf("the proof: ") + 11).strip();
        assertEquals(0, run("ledger", "fork", "--check", proof, "--key", dir("a/ledger/key.pub")), err());
        assertTrue(out().startsWith("two histories of flopmeter.org/ledger/"), out());
        assertEquals(1, run("ledger", "fork", "--check", proof, "--key", dir("w/key.pub")), "not of that key");
        assertEquals(0, run("ledger", "fork", dir("a/ledger/checkpoint"), dir("b/ledger/checkpoint"), "--dir",
            dir("b"), "--out", dir("proof")), err());
        assertEquals(0, run("ledger", "fork", "--check", dir("proof"), "--key", dir("a/ledger/key.pub")), err());
        assertEquals(0, run("verify", dir("a")), err());

        // The true one is put in its place: the witness accepts it, and the alarm is over.
        delete(folder.resolve("b"));
        copy("a", "b");
        assertEquals(0, run("ledger", "witness", "--dir", dir("b")), err());
        assertEquals(0, run("verify", dir("b")), err());
    }

    /** Whoever hands over to another key is told who has to know, and a witness takes it from its owner only. */
    @Test
    void shouldTellWhoHasToKnowARotatedKey() throws IOException
    {
        assertEquals(0, run("ledger", "witness", "--dir", dir("a"), "--url", url(), "--key", dir("w/key.pub"),
            "--keep"), err());
        assertEquals(0, run("ledger", "rotate", "--dir", dir("a")), err());
        final String key = out().strip();
        assertTrue(err().contains("the witness witness.example/w1 at " + url() + " cosigns nothing more until its " +
            "owner adds this line to its file `logs`: " + key), err());
        assertEquals(1, run("ledger", "witness", "--dir", dir("a")));
        assertTrue(err().contains("(403)") && err().contains("it did before: after `ledger rotate`"), err());

        Files.writeString(folder.resolve("w/logs"), key + "\n", StandardOpenOption.APPEND);
        assertEquals(0, run("ledger", "witness", "--dir", dir("a")), err());
        assertTrue(out().contains("has seen 4 blocks"), out());
        assertEquals(0, run("verify", "--witness", dir("w/key.pub"), dir("a")), err());

        grow("c", 1);
        assertEquals(0, run("verify", dir("c")), err());
        assertTrue(out().contains(" (1 block); "), out());
        Files.writeString(folder.resolve("c/witnesses"), "no line\n");
        final String before = Files.readString(folder.resolve("c/ledger/key.pub"));
        assertRefused(2, "witnesses:1: ", "ledger", "rotate", "--dir", dir("c"));
        assertEquals(before, Files.readString(folder.resolve("c/ledger/key.pub")), "nothing was done");
    }

    @Test
    void shouldProveAnEntryWithCosignatures() throws IOException
    {
        final String key = dir("w/key.pub");
        final String[] check = { "ledger", "proof", "--check", dir("proof"), "--key", dir("a/ledger/key.pub"),
            "--witness", key };
        prove("a", 4);
        assertEquals(1, run(check));
        assertTrue(out().contains("not proved: 0 of 1 witnesses have cosigned the checkpoint; needed are 1"), out());

        assertEquals(0, run("ledger", "witness", "--dir", dir("a"), "--url", url(), "--key", key), err());
        // The newest checkpoint is nobody's yet: an entry that the cosigned one has is proved with that.
        grow("a", 2);
        prove("a", 4);
        assertEquals(0, run(check), out() + err());
        assertTrue(out().contains(" is in the tree of 3 blocks of "), out());
        assertTrue(out().contains(", signed by the key; cosigned by 1 of 1 witnesses, by 20"), out());
        prove("a", 9);
        assertEquals(1, run(check));
        assertEquals(0, run("ledger", "witness", "--dir", dir("a"), "--url", url(), "--key", key), err());
        prove("a", 4);
        assertEquals(0, run(check), out() + err());
        assertTrue(out().contains(" is in the tree of 5 blocks of "), out());

        WitnessDirectory.open(folder.resolve("w2"), WitnessCommandTest::ignore).signer("witness.example/w2");
        assertEquals(1, run(both(check)));
        assertEquals(0, run(both(check, "--quorum", "1")), out() + err());
        assertRefused(2, "--quorum 3: given: 2 witnesses", both(check, "--quorum", "3"));
        assertRefused(2, "goes with --check FILE", "ledger", "proof", "--dir", dir("a"), "--entry", "4", "--witness",
            key);
        assertRefused(2, "is not a witness's", "ledger", "proof", "--check", dir("proof"), "--witness",
            dir("a/ledger/key.pub"));

        // Canary: what was cosigned of another ledger, or of another history, proves nothing here.
        grow("b", 5);
        try (Stream<Path> files = Files.list(folder.resolve("a/ledger")))
        {
            final Path witnessed = files.filter(file -> file.toString().contains("witnessed-")).findFirst().get();
            Files.copy(witnessed, folder.resolve("b/ledger").resolve(witnessed.getFileName()));
        }
        prove("b", 4);
        assertEquals(1, run("ledger", "proof", "--check", dir("proof"), "--witness", key));
    }

    /** Witnesses don't follow a change of keys at once; what is proved meanwhile is proved by the key that holds. */
    @Test
    void shouldProveByTheKeyThatHoldsNow() throws IOException
    {
        assertEquals(0, run("ledger", "witness", "--dir", dir("a"), "--url", url(), "--key", dir("w/key.pub")), err());
        Files.copy(folder.resolve("a/ledger/key.pub"), folder.resolve("old.pub"));
        assertEquals(0, run("ledger", "rotate", "--dir", dir("a")), err());
        prove("a", 4);
        assertEquals(0, run("ledger", "proof", "--check", dir("proof"), "--key", dir("a/ledger/key.pub")), out());
        assertTrue(out().contains(" is in the tree of 4 blocks of "), out());

        // Who has the old key, and asks for it, gets what witnesses cosigned under it.
        assertEquals(0, run("ledger", "proof", "--dir", dir("a"), "--entry", "4", "--key", dir("old.pub"), "--out",
            dir("proof")), err());
        assertEquals(0, run("ledger", "proof", "--check", dir("proof"), "--key", dir("old.pub"), "--witness",
            dir("w/key.pub")), out());
        assertTrue(out().contains(" is in the tree of 3 blocks of "), out());
        grow("b", 1);
        assertRefused(2, "was signed by", "ledger", "proof", "--dir", dir("a"), "--entry", "4", "--key",
            dir("b/ledger/key.pub"));
    }

    private void prove(final String state, final int entry)
    {
        assertEquals(0, run("ledger", "proof", "--dir", dir(state), "--entry", Integer.toString(entry), "--out",
            dir("proof")), err());
    }

    private String[] both(final String[] words, final String... more)
    {
        final List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--witness", dir("w2/key.pub")));
        all.addAll(List.of(more));
        return all.toArray(new String[0]);
    }

    @Test
    void shouldPublishTiles() throws IOException
    {
        assertEquals(0, run("ledger", "witness", "--dir", dir("a"), "--url", url(), "--key", dir("w/key.pub")), err());
        assertEquals(0, run("ledger", "export", "--dir", dir("a"), "--tiles", dir("tiles")), err());
        assertTrue(out().startsWith("3 blocks of flopmeter.org/ledger/"), out());
        assertTrue(Files.exists(folder.resolve("tiles/tile/0/000.p/3")));
        assertTrue(Files.readString(folder.resolve("tiles/checkpoint")).contains("\u2014 witness.example/w1 "));
        assertEquals(0, run("ledger", "export", "--dir", dir("a"), "--tiles", dir("tiles")), err());
        grow("b", 4);
        assertEquals(2, run("ledger", "export", "--dir", dir("b"), "--tiles", dir("tiles")));
        assertTrue(err().contains("does not go on from what is published there"), err());
    }

    @Test
    void shouldAnswerInHttp() throws IOException
    {
        final HttpTransport transport = new HttpTransport(URI.create(url() + '/'), PATIENCE_MS);
        assertEquals(405, transport.get("/add-checkpoint").status());
        assertEquals(404, transport.get("/").status());
        assertEquals(404, transport.get("/" + "0".repeat(64) + "/checkpoint").status());
        assertEquals(405, transport.post("/" + "0".repeat(64) + "/checkpoint", new byte[1]).status());
        assertEquals(400, transport.post("/add-checkpoint", new byte[0]).status());
        assertEquals(413, transport.post("/add-checkpoint", new byte[AddCheckpoint.LENGTH_MAX + 1]).status());
        assertEquals(400, transport.post("/add-checkpoint", new byte[AddCheckpoint.LENGTH_MAX]).status());
    }

    @Test
    void shouldSayWhatIsWrong() throws IOException
    {
        final String key = dir("w/key.pub");
        assertRefused(2, "expected --url URL and --key KEY", "ledger", "witness", "--dir", dir("a"), "--url", url());
        assertRefused(2, "names no witness", "ledger", "witness", "--dir", dir("a"));
        assertRefused(2, "no such file", "ledger", "witness", "--dir", dir("a"), "--url", url(), "--key", dir("x"));
        assertRefused(2, "is not a witness's", "ledger", "witness", "--dir", dir("a"), "--url", url(), "--key",
            dir("a/ledger/key.pub"));
        assertRefused(2, "expected http://", "ledger", "witness", "--dir", dir("a"), "--url", "witness", "--key", key);
        assertRefused(3, "cannot be reached", "ledger", "witness", "--dir", dir("a"), "--url", "http://127.0.0.1:1",
            "--key", key);
        grow("c", 1);
        assertRefused(1, "does not know this ledger (404)", "ledger", "witness", "--dir", dir("c"), "--url", url(),
            "--key", key);
        Files.delete(folder.resolve("c/ledger/checkpoint"));
        assertRefused(2, "no checkpoint", "ledger", "witness", "--dir", dir("c"), "--url", url(), "--key", key);
        Files.writeString(folder.resolve("a/witnesses"), "# none\n\nhttp://127.0.0.1:1\n");
        assertRefused(2, "witnesses:3: expected URL KEY", "ledger", "witness", "--dir", dir("a"));
        assertRefused(2, "expected two checkpoints", "ledger", "fork", dir("a/ledger/checkpoint"));
        assertRefused(2, "not a signed note", "ledger", "fork", key, key);
        assertRefused(2, "not a proof of a fork", "ledger", "fork", "--check", key, "--key", key);
        assertRefused(2, "expected --check FILE --key KEY", "ledger", "fork", "--check", key);
        assertRefused(2, "expected ADDRESS:PORT", "witness", "--dir", dir("v"), "--listen", "7861");
        assertRefused(2, "not an address of this host alone", "witness", "--dir", dir("v"), "--listen", "0.0.0.0:0");
        assertRefused(2, "no such file; expected a line", "witness", "--dir", dir("v"));
        Files.writeString(folder.resolve("v/logs"), "\nlog.example\n");
        assertRefused(2, "logs: line 2: not a public key", "witness", "--dir", dir("v"));
        assertRefused(3, "another witness serves it", "witness", "--dir", dir("w"));
    }

    /** Who can't be reached costs a run nothing but a line. */
    @Test
    void shouldBookWithoutTheWitness() throws IOException
    {
        Files.writeString(folder.resolve("a/witnesses"),
            "http://127.0.0.1:1 " + Files.readString(folder.resolve("w/key.pub")));
        final String summary = book("a");
        assertTrue(summary.contains("ledger: the witness witness.example/w1 was not asked: "), summary);
        assertFalse(summary.contains("!!!"), summary);
        assertEquals(0, run("verify", dir("a")), err());
    }

    private void assertRefused(final int exitCode, final String words, final String... args)
    {
        assertEquals(exitCode, run(args), () -> String.join(" ", args) + ": " + err());
        assertTrue(err().contains(words), () -> String.join(" ", args) + ": " + err());
        assertEquals(1, err().lines().count(), err());
    }

    private void grow(final String state, final int blocks) throws IOException
    {
        try (LedgerHome home = LedgerHome.open(folder.resolve(state), "test"))
        {
            final EpochWriter epoch = home.writer().openEpoch(
                new Id(1, 2), LedgerHome.randomId(), LedgerHome.randomId(), Id.NONE, "boot", "test");
            final EpochWriter.KeyWriter total = epoch.key(new AccountKey(
                "run", "node", Precision.FP64, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.COUNT), null);
            for (int i = 1; i <= blocks; i++)
            {
                total.use(FlopCount.of(i), i, i, i);
                assertTrue(home.writer().seal());
            }
            home.writer().checkpoint();
        }
    }

    private String book(final String state) throws IOException
    {
        final Path meter = Files.createDirectories(folder.resolve("meter-" + state));
        Files.createSymbolicLink(meter.resolve("state"), folder.resolve(state));
        Files.write(meter.resolve("control"),
            ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(16, 77).array());
        return ResultFiles.of(facts().build(),
            reading(key("n", Precision.FP64, Source.BLAS, Part.COUNT, "5", 1)), PEAK, MeterLoop.UNKNOWN,
            Messages.english(), null, LedgerBooking.of(meter, Messages.english())).summary();
    }

    private void copy(final String from, final String to) throws IOException
    {
        try (Stream<Path> files = Files.walk(folder.resolve(from)))
        {
            for (final Path file : files.toList())
            {
                final Path target = folder.resolve(to).resolve(folder.resolve(from).relativize(file));
                Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private static void delete(final Path directory) throws IOException
    {
        final List<Path> files;
        try (Stream<Path> found = Files.walk(directory))
        {
            files = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (final Path file : files)
        {
            Files.delete(file);
        }
    }

    private static void ignore(final String line)
    {
        // What people would read.
    }

    private String url()
    {
        return "http://127.0.0.1:" + server.address().getPort();
    }

    private String dir(final String name)
    {
        return folder.resolve(name).toString();
    }

    private int run(final String... args)
    {
        out.reset();
        err.reset();
        return Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), args);
    }

    private String out()
    {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err()
    {
        return err.toString(StandardCharsets.UTF_8);
    }
}
