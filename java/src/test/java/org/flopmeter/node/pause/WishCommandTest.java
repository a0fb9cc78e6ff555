/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.pause;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.flopmeter.node.Main;
import org.flopmeter.node.command.ExitCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WishCommandTest
{
    private static final long SECOND_NS = 1_000_000_000L;

    @TempDir
    private Path place;
    private Path run;
    private String out;
    private String err;
    private PlayedHolder holder;

    @BeforeEach
    void setUp() throws IOException
    {
        run = Files.createDirectories(place.resolve("20261128-0a0b0c0d"));
        Files.createFile(run.resolve("control"));
        Files.createFile(run.resolve("run.json"));
        // A directory that needs no live supervisor.
        Files.createFile(run.resolve("standing"));
    }

    @AfterEach
    void end() throws InterruptedException
    {
        if (null != holder)
        {
            holder.end();
        }
    }

    private int command(final String name, final String... words)
    {
        final List<String> all = new ArrayList<>(List.of(name, "--place", place.toString()));
        all.addAll(List.of(words));
        final ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        final ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        final int exitCode = Main.run(new PrintStream(outBytes, true, StandardCharsets.UTF_8),
            new PrintStream(errBytes, true, StandardCharsets.UTF_8), all.toArray(new String[0]));
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return exitCode;
    }

    private String[] wish() throws IOException
    {
        final String text = Files.readString(run.resolve("pause.wish"));
        assertTrue(text.matches("flopmeter/wish/v1 (pause|resume) [0-9a-f]{16} [0-9]+\n"), text);
        return text.strip().split(" ");
    }

    @Test
    void shouldWishWhereNobodyHoldsAnything() throws IOException
    {
        assertEquals(ExitCode.DONE, command("pause"), () -> err);

        assertEquals("paused " + run + ": nothing holds counters\n", out);
        assertEquals("pause", wish()[1]);
        assertEquals(Long.toUnsignedString(-1), wish()[3]);
        assertEquals("rw-r--r--",
            PosixFilePermissions.toString(Files.getPosixFilePermissions(run.resolve("pause.wish"))));
        final String first = wish()[2];

        assertEquals(ExitCode.DONE, command("resume", run.toString()), () -> err);

        assertEquals("counting " + run + ": nothing holds counters\n", out);
        assertEquals("resume", wish()[1]);
        assertEquals("0", wish()[3]);
        assertFalse(first.equals(wish()[2]), first);
    }

    /** So that who looks is told since when nothing is counted. */
    @Test
    void shouldKeepTheTimeOfAPauseThatIsWishedAgain() throws IOException
    {
        final FileTime past = FileTime.fromMillis(1_000_000);
        assertEquals(ExitCode.DONE, command("pause"), () -> err);
        final Path file = run.resolve("pause.wish");
        Files.setLastModifiedTime(file, past);

        assertEquals(ExitCode.DONE, command("pause", "--for", "60"), () -> err);
        assertEquals(past, Files.getLastModifiedTime(file));
        assertEquals(ExitCode.DONE, command("resume"), () -> err);
        assertTrue(past.compareTo(Files.getLastModifiedTime(file)) < 0);
        Files.setLastModifiedTime(file, past);
        assertEquals(ExitCode.DONE, command("pause"), () -> err);
        assertTrue(past.compareTo(Files.getLastModifiedTime(file)) < 0);
    }

    @Test
    void shouldEndWhenEachHolderHasSaidSo() throws Exception
    {
        holder = new PlayedHolder(run, run, "");
        assertEquals(ExitCode.DONE, command("pause"), () -> err);
        assertEquals("paused " + run + ": played (pid " + ProcessHandle.current().pid() + ")\n", out);
        assertEquals(ExitCode.DONE, command("pause", run.toString()), () -> err);
        assertEquals(ExitCode.DONE, command("resume"), () -> err);
        assertEquals(ExitCode.DONE, command("resume"), () -> err);
        assertTrue(out.startsWith("counting " + run), out);
    }

    @Test
    void shouldWaitForHoldersOfNestedRuns() throws Exception
    {
        final Path nested = Files.createDirectories(run.resolve("nested-00000001/nested-00000002"));
        PlayedHolder.say(nested.resolve("hold-00000000000000b1.json"), ProcessHandle.current().pid(), false, "0", "");

        assertEquals(ExitCode.ANSWER_IS_NO, command("pause", "--wait", "0"));

        Files.delete(nested.resolve("hold-00000000000000b1.json"));
        holder = new PlayedHolder(nested, run, "");
        assertEquals(ExitCode.DONE, command("pause"), () -> err);
        assertTrue(out.contains("played (pid"), out);
    }

    /** A run that lives, as its supervisor holds it. */
    private Process living(final Path folder) throws IOException
    {
        Files.createDirectories(folder);
        final Process process =
            new ProcessBuilder("flock", folder.resolve("owner.lock").toString(), "sh", "-c", "echo; cat").start();
        assertEquals('\n', process.getInputStream().read());
        return process;
    }

    private static void endOf(final Process process) throws Exception
    {
        process.getOutputStream().close();
        process.waitFor();
    }

    /** With the run that it is in; not by itself as long as that is paused. */
    @Test
    void shouldResumeANestedRunThatWasPausedByItself() throws Exception
    {
        final Path nested = run.resolve("nested-00000001");
        final Process supervisor = living(nested);
        Files.createFile(nested.resolve("control"));
        final Path over = Files.createDirectories(run.resolve("nested-00000002"));
        assertEquals(ExitCode.DONE, command("pause", nested.toString()), () -> err);
        Files.copy(nested.resolve("pause.wish"), over.resolve("pause.wish"));

        assertEquals(ExitCode.DONE, command("resume"), () -> err);

        assertTrue(Files.readString(nested.resolve("pause.wish")).startsWith("flopmeter/wish/v1 resume "));
        assertTrue(Files.readString(over.resolve("pause.wish")).startsWith("flopmeter/wish/v1 pause "));
        assertEquals(ExitCode.DONE, command("pause"), () -> err);
        assertEquals(ExitCode.ANSWER_IS_NO, command("resume", nested.toString()));
        assertEquals("flopmeter: resume: " + nested + ": it stays paused with the run that it is in: " +
            "flopmeter resume " + run.toRealPath() + "\n", err);
        endOf(supervisor);
    }

    /** Its supervisor was killed, and a run in it goes on. */
    @Test
    void shouldTakeARunForLivingAsLongAsOneInItLives() throws Exception
    {
        Files.delete(run.resolve("standing"));
        final Process supervisor = living(run.resolve("nested-00000001/nested-00000002"));

        assertEquals(ExitCode.DONE, command("pause"), () -> err);
        assertEquals(ExitCode.DONE, command("resume", run.toString()), () -> err);

        endOf(supervisor);
        assertEquals(ExitCode.USAGE, command("pause"));
    }

    /** As deep as a meter follows: who is not asked there would hold on while the command says that all have let go. */
    @Test
    void shouldAskAsDeepAsMetersAreNested() throws Exception
    {
        Path folder = run;
        for (int depth = 1; depth <= 16; depth++)
        {
            folder = folder.resolve(String.format("nested-%08x", depth));
        }
        final Process supervisor = living(folder);
        final Path answer = folder.resolve("hold-00000000000000f1.json");
        PlayedHolder.say(answer, ProcessHandle.current().pid(), false, "0", "");

        assertEquals(ExitCode.ANSWER_IS_NO, command("pause", "--wait", "0"));

        assertTrue(out.contains("played (pid") || err.contains("played (pid"), () -> out + err);
        endOf(supervisor);
    }

    /** Holders answer the last wish, which replaced those before it: of the same kind, or the opposite. */
    @Test
    void shouldBeContentWithAPauseThatAnotherWishedMeanwhile() throws Exception
    {
        final Path answer = run.resolve("hold-00000000000000f1.json");
        final long pid = ProcessHandle.current().pid();
        for (final boolean isPause : new boolean[] { true, false })
        {
            PlayedHolder.say(answer, pid, false, "0", "");
            Files.deleteIfExists(run.resolve("pause.wish"));
            final AtomicInteger exitCode = new AtomicInteger(-1);
            final Thread command = new Thread(() -> exitCode.set(command("pause", "--wait", "120")));
            command.start();
            while (command.isAlive() && !Files.exists(run.resolve("pause.wish")))
            {
                Thread.onSpinWait();
            }
            final String number = "00000000000000aa";
            final Path other = Files.writeString(run.resolve("other"), "flopmeter/wish/v1 " +
                (isPause ? "pause " + number + " 18446744073709551615\n" : "resume " + number + " 0\n"));
            Files.move(other, run.resolve("pause.wish"), StandardCopyOption.ATOMIC_MOVE);
            PlayedHolder.say(answer, pid, isPause, number, "");
            command.join();

            assertEquals(isPause ? ExitCode.DONE : ExitCode.ANSWER_IS_NO, exitCode.get(), () -> err);
            assertEquals(isPause ? "" :
                "flopmeter: pause: " + run + ": another command has wished the opposite meanwhile\n", err);
        }
    }

    @Test
    void shouldNameWhoDoesNotAnswer() throws Exception
    {
        final Path silent = run.resolve("hold-00000000000000c1.json");
        PlayedHolder.say(silent, ProcessHandle.current().pid(), true, "0123456789abcdef", "");

        assertEquals(ExitCode.ANSWER_IS_NO, command("pause", "--wait", "0"));

        assertEquals("", out);
        assertEquals("flopmeter: pause: " + run + ": played (pid " + ProcessHandle.current().pid() +
            "): no answer within 0 s; the others stay paused: try again, or: flopmeter resume\n", err);
        assertEquals("pause", wish()[1], "it may be carried out later");
    }

    @Test
    void shouldSayWhyItIsNotAsWished() throws Exception
    {
        holder = new PlayedHolder(run, run, "another profiler holds a GPU's counters");
        assertEquals(ExitCode.ANSWER_IS_NO, command("resume", "--wait", "1"));
        assertTrue(err.contains("): another profiler holds a GPU's counters within 1 s; it comes back"), err);
    }

    @Test
    void shouldNotWaitForTheDead() throws Exception
    {
        final Process process = new ProcessBuilder("true").start();
        process.waitFor();
        PlayedHolder.say(run.resolve("hold-00000000000000d1.json"), process.pid(), false, "0", "");
        final Path again = run.resolve("hold-00000000000000d2.json");
        PlayedHolder.say(again, ProcessHandle.current().pid(), false, "0", "");
        Files.writeString(again, Files.readString(again).replaceFirst("startTicks\": ", "startTicks\": 1"));

        assertEquals(ExitCode.DONE, command("pause", "--wait", "0"), () -> err);

        assertEquals("paused " + run + ": nothing holds counters\n", out);
        assertFalse(Files.exists(again), "files of the dead become more and more");
    }

    @Test
    void shouldTakeALyingFileForNoAnswer() throws Exception
    {
        final Path lie = run.resolve("hold-00000000000000e1.json");
        for (final String text : List.of("", "{", "[]", "{\"schema\": \"flopmeter/hold/v2\"}", "x".repeat(1 << 20)))
        {
            Files.writeString(lie, text);
            assertEquals(ExitCode.ANSWER_IS_NO, command("pause", "--wait", "0"), text);
            assertTrue(err.contains("no answer of a holder: "), err);
        }
        Files.delete(lie);
        Files.createSymbolicLink(lie, Path.of("/dev/zero"));
        assertEquals(ExitCode.ANSWER_IS_NO, command("pause", "--wait", "0"));
        assertTrue(err.contains("no regular file"), err);
        Files.delete(lie);
        assertEquals(0, new ProcessBuilder("mkfifo", lie.toString()).start().waitFor());
        assertEquals(ExitCode.ANSWER_IS_NO, command("pause", "--wait", "0"), "a pipe is not read");
    }

    @Test
    void shouldResumeByItself() throws Exception
    {
        final long beginNs = System.nanoTime();

        assertEquals(ExitCode.DONE, command("pause", "--for", "60"), () -> err);

        final long untilNs = Long.parseLong(wish()[3]);
        assertTrue(untilNs >= beginNs + 60 * SECOND_NS && untilNs <= System.nanoTime() + 60 * SECOND_NS, wish()[3]);
    }

    @Test
    void shouldRefuseWhatIsNoMeterOrIsOver() throws Exception
    {
        assertEquals(ExitCode.USAGE, command("pause", place.resolve("nowhere").toString()));
        assertTrue(err.contains("no meter directory and no sidecar's"), err);
        assertEquals(ExitCode.USAGE, command("pause", "--for", "0"));
        assertTrue(err.contains("--for: expected 1 to "), err);
        assertEquals(ExitCode.USAGE, command("pause", "--wait", "-1"));
        assertTrue(err.contains("--wait: expected 0 to "), err);
        assertEquals(ExitCode.USAGE, command("resume", "--for", "1"));
        Files.delete(run.resolve("standing"));
        Files.createFile(run.resolve("owner.lock"));
        assertEquals(ExitCode.USAGE, command("resume", run.toString()));
        assertEquals("flopmeter: " + run + ": its run is over\n", err);
        assertEquals(ExitCode.USAGE, command("pause"));
        assertTrue(err.contains("no meter of this user is running in "), err);
        assertEquals(ExitCode.USAGE, command("pause", "--for", "0"));
        assertTrue(err.contains("--for: expected 1 to "), err);
        assertFalse(Files.exists(run.resolve("pause.wish")), "a wish although it is refused");
    }

    @Test
    void shouldSayThatTheWishCannotBeWritten() throws Exception
    {
        Files.createDirectory(run.resolve("pause.wish"));
        Files.createFile(run.resolve("pause.wish").resolve("x"));

        assertEquals(ExitCode.ENVIRONMENT, command("pause", run.toString()));

        assertTrue(err.startsWith("flopmeter: " + run + ": the wish cannot be written: "), err);
        try (var files = Files.list(run))
        {
            assertEquals(4, files.count(), "a temporary file is left");
        }
    }

    @Test
    void shouldWishInASidecarsPlaceAndForItsServices() throws Exception
    {
        Files.createFile(place.resolve("sidecar.lock"));
        final Path services = Files.createDirectory(place.resolve("services"));
        Files.createFile(services.resolve("control"));
        holder = new PlayedHolder(place, place, "");
        assertEquals(ExitCode.DONE, command("pause", place.toString()), () -> err);
        assertTrue(out.startsWith("paused " + place + ": played (pid"), out);
        assertTrue(out.contains("paused " + services + ": nothing holds counters\n"), out);
        assertFalse(Files.exists(run.resolve("pause.wish")), "runs are not the sidecar's");
        assertEquals(ExitCode.DONE, command("resume", place.toString()), () -> err);
    }
}
