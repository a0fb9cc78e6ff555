/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.flopmeter.node.Main;
import org.flopmeter.node.MeteredRun;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Metered commands of the real launcher become a graph by what they read and write. */
class GraphRecordIT
{
    private static final String WORKER = MeteredRun.WORKER.toString();
    private static final Path VERIFIER = MeteredRun.ROOT.resolve("testdata/proof/verify.py");

    @TempDir
    private Path work;

    /** Does so many FLOP, then writes a text of its own into each file. */
    private static String computing(final int flopCount, final String... files)
    {
        final StringBuilder script = new StringBuilder("\"$0\" count 1 " + flopCount + " >/dev/null");
        for (final String file : files)
        {
            script.append(" && echo 'made by ").append(flopCount).append("' >'").append(file).append('\'');
        }
        return script.toString();
    }

    private MeteredRun run(final String script, final String... options) throws Exception
    {
        return new MeteredRun(work).option(options).run("sh", "-c", script, WORKER);
    }

    private JsonNode total(final String name) throws IOException
    {
        return JsonMapper.shared().readTree(graph(0, "total", "--json", name));
    }

    private String graph(final int exitCode, final String... words) throws IOException
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final List<String> all = new ArrayList<>(List.of("graph"));
        all.addAll(List.of(words));
        all.addAll(List.of("--dir", work.resolve("state").toString()));
        final int found = Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), all.toArray(new String[0]));
        assertEquals(exitCode, found, () -> out.toString(StandardCharsets.UTF_8) + err);
        return 0 == exitCode ? out.toString(StandardCharsets.UTF_8) : err.toString(StandardCharsets.UTF_8);
    }

    private String file(final String name)
    {
        return work.resolve(name).toString();
    }

    @Test
    void shouldConnectTwoCommandsByTheFileBetweenThem() throws Exception
    {
        final MeteredRun prep = run(computing(1000, "data.bin"), "--node", "prep", "--writes", "data.bin");
        final MeteredRun train = run(
            computing(234, "model.bin"), "--node", "train", "--reads", "data.bin", "--writes=model:model.bin",
            "--purpose", "training");
        run(computing(7, "else.bin"), "--node", "else", "--writes", "else.bin");

        assertEquals(0, train.exitCode(), train::stderr);
        assertTrue(train.stderr().contains("graph: 1 read, 1 written"), train::stderr);
        final JsonNode total = total(file("model.bin"));
        assertEquals("1234", total.at("/total/lower").asString());
        assertEquals(prep.result().at("/flop/upper").asString(), total(file("data.bin")).at("/total/upper").asString());
        assertEquals(2, total.path("counted").size());
        assertEquals("234", total.at("/byNode/train/lower").asString());
        assertEquals("1000", total.at("/byNode/prep/lower").asString());
        assertEquals("234", total.at("/byPurpose/training/lower").asString());
        assertEquals("1000", total.at("/byPurpose/unspecified/lower").asString());
        assertEquals(0, total.path("unknown").size());
        assertEquals("7", total("else").at("/total/lower").asString());
        assertEquals("1234", total("train").at("/total/lower").asString());

        final String text = graph(0, "total", file("model.bin"));
        assertTrue(text.contains("1 234"), text);
        proofHolds(file("model.bin"), "1234");
        // Renamed, it is the same: content is what counts.
        Files.move(work.resolve("model.bin"), work.resolve("renamed"));
        assertEquals("1234", total(file("renamed")).at("/total/lower").asString());
        assertEquals("1234", total(file("model.bin")).at("/total/lower").asString());
        Files.writeString(work.resolve("renamed"), "something else");
        assertTrue(graph(2, "total", file("renamed")).contains("renamed"), "nothing is known of other content");
    }

    private void proofHolds(final String name, final String lower) throws Exception
    {
        final Path proof = work.resolve("proof.json");
        graph(0, "total", name, "--proof", proof.toString());
        final String document = Files.readString(proof);
        assertNull(ProofVerifier.refute(document));
        // Canary: one more FLOP anywhere, and it is refuted.
        final String planted = document.replaceFirst("\"lower\" : \"" + lower + '"', "\"lower\" : \"9999\"");
        assertNotNull(ProofVerifier.refute(planted));
        final Process version = new ProcessBuilder("sh", "-c", "python3 --version").start();
        assumeTrue(version.waitFor(60, TimeUnit.SECONDS) && 0 == version.exitValue(), "SKIPPED: no python3");
        assertEquals("proved", verdict(proof));
        Files.writeString(proof, planted);
        assertEquals("not proved", verdict(proof));
    }

    private static String verdict(final Path proof) throws Exception
    {
        final Process process =
            new ProcessBuilder("python3", VERIFIER.toString(), proof.toString()).redirectErrorStream(true).start();
        final String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return text.contains(":") ? text.substring(0, text.indexOf(':')) : text;
    }

    /** No option names a file: the program does, by its C API. */
    @Test
    void shouldConnectWhatProgramsThemselvesName() throws Exception
    {
        final MeteredRun prep = run("echo made >data.bin && \"$0\" artifacts 1000 dataset:data.bin");
        assertEquals("1\n", prep.stdout());
        assertTrue(prep.stderr().contains("graph: 0 read, 1 written"), prep::stderr);
        final MeteredRun train = run(
            "\"$0\" artifacts 230 read:data.bin && echo model >m && \"$0\" artifacts 4 model:m read:m",
            "--node", "train");
        assertEquals("1\n2\n", train.stdout());

        final JsonNode total = total(file("m"));
        assertEquals("1234", total.at("/total/lower").asString());
        assertEquals("234", total.at("/byNode/train/lower").asString());
        // The program read what it had written: that comes from nowhere else.
        assertEquals(0, total.path("unknown").size(), total::toString);
        final JsonNode totals = JsonMapper.shared().readTree(graph(0, "totals", "--json"));
        assertEquals("model", totals.at("/totals/0/kind").asString());
        proofHolds(file("m"), "1234");
    }

    /** One process, two segments, a model in each: behind the first is what came before it, to the operation. */
    @Test
    void shouldCountOnlyTheSegmentsBeforeAnArtifact() throws Exception
    {
        Files.writeString(work.resolve("s"), "score");
        final MeteredRun run = run("echo one >m1 && echo two >m2 && echo end >m3 && " +
            "\"$0\" artifacts 1 segment:one flop:20 model:m1 end read:s segment:two flop:300 model:m2 end && " +
            "\"$0\" artifacts 4000", "--node", "train", "--writes", "model:m3");
        assertEquals("9\n0\n", run.stdout(), run::stderr);
        assertEquals("4321", run.result().at("/flop/lower").asString());
        assertEquals("20", run.result().at("/byNode/segment:one/lower").asString());

        // What no segment names may be behind any artifact: the meter doesn't know when it was.
        final JsonNode first = total(file("m1"));
        assertEquals("4021", first.at("/total/lower").asString(), first::toString);
        assertEquals("4001", first.at("/byNode/train/lower").asString());
        assertEquals(0, first.path("unknown").size(), "the score was read later");
        assertTrue(first.at("/byNode/segment:two").isMissingNode());
        final JsonNode second = total(file("m2"));
        assertEquals("4321", second.at("/total/lower").asString(), second::toString);
        assertEquals(1, second.path("unknown").size(), second::toString);
        assertEquals("4321", total(file("m3")).at("/total/lower").asString());
        assertEquals("4321", total("train").at("/total/lower").asString());
        proofHolds(file("m1"), "4021");
    }

    @Test
    void shouldStandAProgramThatSpoilsItsNotes() throws Exception
    {
        final String notes = "\"$FLOPMETER_LANE_DIR/artifacts\"";
        final MeteredRun garbage = run(
            "printf garbage >" + notes + " && echo model >m && \"$0\" artifacts 5 model:m");
        assertEquals("1\n", garbage.stdout(), garbage::stderr);
        assertTrue(garbage.stderr().contains("damaged"), garbage::stderr);
        assertEquals("5", total(file("m")).at("/total/lower").asString());
        assertEquals("unbounded", total(file("m")).at("/total/upper").asString());

        final MeteredRun fifo = run("mkfifo -m 600 " + notes + " && \"$0\" artifacts 7 model:m");
        assertEquals(0, fifo.exitCode(), fifo::stderr);
        assertEquals("0\n", fifo.stdout());
        assertEquals("7", fifo.result().at("/flop/lower").asString());
    }

    @Test
    void shouldTakeAFileOfUnknownOriginAsUnknownUntilItIsDeclared() throws Exception
    {
        Files.writeString(work.resolve("notes, \"typed\".txt"), "by a person");
        run(computing(5, "out"), "--reads", "notes, \"typed\".txt", "--writes", "out");

        final JsonNode total = total(file("out"));
        assertEquals("5", total.at("/total/lower").asString());
        assertEquals("unbounded", total.at("/total/upper").asString());
        assertEquals(file("notes, \"typed\".txt"), total.at("/unknown/0/path").asString());
        final String text = graph(0, "total", file("out"));
        assertTrue(text.contains("graph declare"), text);

        graph(0, "declare", file("notes, \"typed\".txt"), "--unknown-bound", "100", "--argument", "letter of 3 May");
        final String bounded = total(file("out")).at("/total/upper").asString();
        graph(0, "declare", file("notes, \"typed\".txt"), "--human", "--argument", "typed by me", "--author", "A");
        final JsonNode declared = total(file("out"));
        assertEquals(new BigInteger(bounded).subtract(BigInteger.valueOf(100)).toString(),
            declared.at("/total/upper").asString());
        assertEquals("typed by me", declared.at("/declared/0/argument").asString());
        graph(2, "declare", file("notes, \"typed\".txt"), "--human", "--argument", " ");
    }

    @Test
    void shouldCutAnEdgeOnlyWhereThereIsOne() throws Exception
    {
        run(computing(1000, "data"), "--node", "prep", "--writes", "data");
        run(computing(234, "model"), "--node", "train", "--reads", "data", "--writes", "model");

        graph(2, "declare", "train", "--independent-of", "prep", "--argument", "a path is no edge");
        graph(0, "declare", "train", "--independent-of", file("data"), "--argument", "opened, never read");

        assertEquals("234", total(file("model")).at("/total/lower").asString());
        assertEquals("opened, never read", total(file("model")).at("/cuts/0/argument").asString());
    }

    /** The files are said to be read and written, and are not there, or no files: the program notices nothing. */
    @Test
    void shouldNotDisturbTheProgram() throws Exception
    {
        Files.writeString(work.resolve("old"), "from before");
        Files.setLastModifiedTime(work.resolve("old"), FileTime.fromMillis(1));
        final MeteredRun run = run("mkfifo pipe; echo hello; exit 7",
            "--reads", "no/such", "--writes", "never", "--writes", "pipe", "--reads", "/dev/null");

        assertEquals(7, run.exitCode(), run::stderr);
        assertEquals("hello\n", run.stdout());
        assertTrue(run.stderr().contains("no/such was not hashed (no such file)"), run::stderr);
        assertTrue(run.stderr().contains("never is not there"), run::stderr);
        assertTrue(run.stderr().contains("pipe is not recorded as written: not a regular file"), run::stderr);
        final MeteredRun unlucky = new MeteredRun(work).option("--writes", "x").run("flopmeter-no-such-command");
        assertEquals(127, unlucky.exitCode());
    }

    @Test
    void shouldNotCallAFileWrittenThatIsOlderThanTheRun() throws Exception
    {
        Files.writeString(work.resolve("old"), "from before");

        final MeteredRun run = run(computing(5), "--writes", "old", "--node", "idle");

        assertTrue(run.stderr().contains("old is older than the run"), run::stderr);
        graph(2, "total", file("old"));
        assertEquals("5", total("idle").at("/total/lower").asString());
    }

    @Test
    void shouldTakeAFileThatIsChangedInPlaceAsChanged() throws Exception
    {
        run(computing(1000, "state.bin"), "--writes", "state.bin");
        final MeteredRun run = run(computing(5) + " && echo more >>state.bin",
            "--node", "resume", "--reads", "state.bin", "--writes", "state.bin");

        assertTrue(run.stderr().contains("state.bin changed after the run had begun"), run::stderr);
        assertEquals("unbounded", total(file("state.bin")).at("/total/upper").asString());
    }

    @Test
    void shouldTakeADirectoryForItsFiles() throws Exception
    {
        run("mkdir -p d/sub && " + computing(100, "d/a", "d/sub/b") + " && : >d/empty && ln -s a d/link",
            "--writes", "d");
        run(computing(3, "one"), "--reads", "d/sub/b", "--writes", "one");
        run(computing(4, "two"), "--reads", "d", "--writes", "two");

        assertEquals("103", total(file("one")).at("/total/lower").asString());
        assertEquals("104", total(file("two")).at("/total/lower").asString());
        assertEquals(0, total(file("two")).path("unknown").size());
    }

    /** Killed meters say what they said before: one run, counted once. */
    @Test
    void shouldRecordARunOnceWhoseMeterWasKilled() throws Exception
    {
        // The script goes on only when it has killed it.
        final String kill = "supervisor=$PPID; until [ -s state/graph/records.store ]; do sleep 0.02; done; " +
            "killed=; until [ -n \"$killed\" ]; do for s in /proc/[0-9]*/stat; do " +
            "set -- $(cat $s 2>/dev/null) x x x x; " +
            "[ \"$2\" = '(java)' ] && [ \"$4\" = \"$supervisor\" ] && kill -9 $1 && killed=1; done; done; ";
        Files.writeString(work.resolve("in"), "content");
        final MeteredRun run = run(
            kill + computing(50, "out"), "--node", "hit", "--reads", "in", "--writes", "out");

        assertEquals(0, run.exitCode(), run::stderr);
        final JsonNode list = JsonMapper.shared().readTree(graph(0, "list", "--json"));
        assertEquals(1, list.path("computations").size(), list::toPrettyString);
        assertEquals("50", total(file("out")).at("/total/lower").asString());
        assertEquals(1, total(file("out")).path("unknown").size());
    }

    /** While it goes on a run counts as far as it was committed, even when its meter is killed meanwhile. */
    @Test
    void shouldTellOfARunThatGoesOn() throws Exception
    {
        for (final String pipe : List.of("ready", "go"))
        {
            assertEquals(0, new ProcessBuilder("mkfifo", file(pipe)).start().waitFor());
        }
        final String kill = "supervisor=$PPID; killed=; until [ -n \"$killed\" ]; do for s in /proc/[0-9]*/stat; do " +
            "set -- $(cat $s 2>/dev/null) x x x x; " +
            "[ \"$2\" = '(java)' ] && [ \"$4\" = \"$supervisor\" ] && kill -9 $1 && killed=1; done; done; ";
        final String handshake = "; echo >ready; read line <go; ";
        final MeteredRun run = new MeteredRun(work).option("--node", "long", "--purpose", "training");
        final Process process = run.start("sh", "-c",
            computing(1000) + handshake + kill + "echo >ready; read line <go; " + computing(234), WORKER);
        Files.readAllBytes(work.resolve("ready"));
        awaitLower("long", "1000");

        final JsonNode total = total("long");
        final JsonNode counted = total.at("/counted/0");
        assertTrue(counted.path("reportedNs").asLong() >= counted.path("beginNs").asLong(), counted::toString);
        assertTrue(counted.path("endNs").isMissingNode());
        assertEquals("1000", total.at("/byPurpose/training/point").asString());
        assertTrue("unbounded".equals(total.at("/total/upper").asString()) ||
            0 < new BigInteger(total.at("/total/upper").asString()).compareTo(BigInteger.valueOf(1000)));
        Files.writeString(work.resolve("go"), "\n");
        Files.readAllBytes(work.resolve("ready"));
        assertEquals("1000", total("long").at("/total/lower").asString());
        Files.writeString(work.resolve("go"), "\n");

        assertEquals(0, run.await(process).exitCode(), run::stderr);
        assertEquals("1234", total("long").at("/total/lower").asString());
        assertTrue(total("long").at("/counted/0").has("endNs"));
    }

    private void awaitLower(final String node, final String lower) throws IOException
    {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (true)
        {
            final ByteArrayOutputStream out = new ByteArrayOutputStream();
            final int exitCode = Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(new ByteArrayOutputStream()), "graph", "total", "--json", node, "--dir",
                work.resolve("state").toString());
            final String text = out.toString(StandardCharsets.UTF_8);
            if (0 == exitCode && lower.equals(JsonMapper.shared().readTree(text).at("/total/lower").asString()))
            {
                return;
            }
            assertTrue(System.nanoTime() < deadlineNs, text);
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldCountNestedRunsOnceWithTheOuterOne() throws Exception
    {
        final String inner = '"' + MeteredRun.LAUNCHER.toString() + "\" run --dir '" + work.resolve("state") + "' ";
        final String script =
            computing(1000) + " && " + inner + "--node prep --writes data -- sh -c '" +
            computing(20, "data").replace("'", "'\\''") + "' \"$0\" && " + inner +
            "--node train --reads data --writes model -- sh -c '" +
            computing(3, "model").replace("'", "'\\''") + "' \"$0\"";

        final MeteredRun run = run(script, "--node", "pipeline", "--writes", "log");

        assertEquals(0, run.exitCode(), run::stderr);
        assertEquals("1023", total(file("model")).at("/total/lower").asString());
        assertEquals("1023", total(file("data")).at("/total/lower").asString());

        Files.delete(work.resolve("model"));
        final MeteredRun plain = run(script, "--node", "script");
        assertEquals(0, plain.exitCode(), plain::stderr);
        final JsonNode list = JsonMapper.shared().readTree(graph(0, "list", "--json"));
        assertEquals(5, list.path("computations").size(), "an outer run that records nothing is not in the graph");
    }

    @Test
    void shouldTakeRunsSideBySide() throws Exception
    {
        final List<Process> running = new ArrayList<>();
        final List<MeteredRun> runs = new ArrayList<>();
        for (int i = 0; i < 4; i++)
        {
            final MeteredRun run = new MeteredRun(work).option("--node", "n" + i, "--writes", "out" + i);
            running.add(run.start("sh", "-c", computing(100 + i, "out" + i), WORKER));
            runs.add(run);
        }
        for (int i = 0; i < running.size(); i++)
        {
            assertEquals(0, runs.get(i).await(running.get(i)).exitCode());
            assertEquals(Integer.toString(100 + i), total(file("out" + i)).at("/total/lower").asString());
        }
    }
}
