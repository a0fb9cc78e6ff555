/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.booking.LedgerBooking;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.sidecar.SidecarScene;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A meter directory with producers in it and meters that follow each other, each the JVM that the launcher starts. Here
 * the test is the supervisor, because the real one gives up after five deaths.
 */
public final class KillScene implements AutoCloseable
{
    private static final int CONTROL_LENGTH = 8192;
    private static final int CONTROL_TIME_OFFSET = 64;
    private static final long PATIENCE_S = 120;
    private static final long POLL_NS = 200_000L;
    /** Among the ways of starting a JVM there is one that is slower than all others. */
    private static final long BOOT_NS_MAX = 1_000_000_000L;
    private static final int WORK_BITS_MIN = 20;
    private static final int WORK_BITS_MAX = 28;

    private final Path directory;
    private final MappedByteBuffer control;
    private final SplittableRandom random;
    private final String mainClass;
    private final List<Process> workers = new ArrayList<>();
    private Process meter;
    private int killsAtWork;

    public KillScene(final String mainClass, final long seed) throws IOException
    {
        this.mainClass = mainClass;
        random = new SplittableRandom(seed);
        final Path memory = Path.of("/dev/shm");
        directory = Files.isWritable(memory) ?
            Files.createTempDirectory(memory, "flopmeter-kill-") : Files.createTempDirectory("flopmeter-kill-");
        control = newControl(seed);
    }

    /** Producers in a directory that a sidecar serves; the meters are the caller's. */
    public KillScene(final Path directory, final long seed) throws IOException
    {
        mainClass = null;
        random = new SplittableRandom(seed);
        this.directory = directory;
        control = newControl(seed);
    }

    /** Whoever meters it books it there. */
    public void bookIn(final Path state) throws IOException
    {
        Files.createSymbolicLink(directory.resolve(LedgerBooking.STATE), state);
        SidecarScene.start(directory, 0);
    }

    private MappedByteBuffer newControl(final long seed) throws IOException
    {
        final MappedByteBuffer page;
        try (FileChannel channel = FileChannel.open(
            directory.resolve("control"),
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))))
        {
            channel.write(ByteBuffer.allocate(CONTROL_LENGTH));
            page = channel.map(FileChannel.MapMode.READ_WRITE, 0, CONTROL_LENGTH);
        }
        page.order(ByteOrder.LITTLE_ENDIAN);
        page.putLong(0, 0x4C525443504F4C46L).putInt(8, 1).putInt(12, CONTROL_LENGTH).putLong(16, seed | 1);
        page.putInt(24, (int)ProcessHandle.current().pid()).putInt(28, 1);
        page.putLong(CONTROL_TIME_OFFSET, System.nanoTime());
        return page;
    }

    /** Where it all happens. */
    public Path directory()
    {
        return directory;
    }

    /** Forget that a meter has drained; {@link #isDrained} tells when one has again. */
    public void forgetWork()
    {
        control.putLong(CONTROL_TIME_OFFSET, 0);
    }

    public boolean isDrained()
    {
        return 0 != control.getLong(CONTROL_TIME_OFFSET);
    }

    /** How many meters died after they had begun to drain. */
    int killsAtWork()
    {
        return killsAtWork;
    }

    public void startWorker(final int ringCapacity) throws IOException
    {
        final ProcessBuilder builder =
            new ProcessBuilder(MeteredRun.WORKER.toString(), "load", Long.toString(random.nextLong(1L << 62) + 1));
        builder.environment().put("FLOPMETER_LANE_DIR", directory.toString());
        builder.environment().put("FLOPMETER_LANE_SLOTS", "128");
        builder.environment().put("FLOPMETER_LANE_RING", Integer.toString(ringCapacity));
        builder.redirectError(directory.resolve("worker.log").toFile());
        workers.add(builder.start());
    }

    /** A new meter, and its death: one in eight while it starts, the others while it drains. */
    public void killOne() throws IOException, InterruptedException
    {
        control.putLong(CONTROL_TIME_OFFSET, 0);
        startMeter(random.nextBoolean());
        if (0 == random.nextInt(8))
        {
            passNs(random.nextLong(BOOT_NS_MAX));
        }
        else
        {
            awaitWork();
            passNs(random.nextLong(1L << random.nextInt(WORK_BITS_MIN, WORK_BITS_MAX + 1)));
        }
        killsAtWork += 0 == control.getLong(CONTROL_TIME_OFFSET) ? 0 : 1;
        kill();
    }

    /** A new meter, and its death as soon as something is so. */
    public void killWhen(final Callable<Boolean> condition) throws Exception
    {
        startMeter(false);
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        while (!condition.call())
        {
            assertTrue(meter.isAlive(), () -> "the meter has ended by itself: " + log());
            assertTrue(System.nanoTime() < deadlineNs, () -> "it does not become so: " + log());
            LockSupport.parkNanos(POLL_NS);
        }
        kill();
    }

    /** As at the end of a run: the command is gone, its facts are there, and now the meter dies. */
    void killOneAtTheEnd() throws IOException, InterruptedException
    {
        startMeter(random.nextBoolean());
        passNs(random.nextLong(BOOT_NS_MAX));
        kill();
    }

    private void kill() throws InterruptedException
    {
        meter.destroyForcibly();
        assertTrue(meter.waitFor(PATIENCE_S, TimeUnit.SECONDS), "a JVM that SIGKILL does not end");
    }

    private void awaitWork() throws IOException
    {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        while (0 == control.getLong(CONTROL_TIME_OFFSET))
        {
            assertTrue(meter.isAlive(), () -> "the meter has ended by itself: " + log());
            assertTrue(System.nanoTime() < deadlineNs, () -> "the meter does not begin: " + log());
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /** Not to wait for anything: the kill shall come at any time. */
    private static void passNs(final long ns)
    {
        final long endNs = System.nanoTime() + ns;
        for (long leftNs = ns; leftNs > 0; leftNs = endNs - System.nanoTime())
        {
            LockSupport.parkNanos(leftNs);
        }
    }

    private void startMeter(final boolean isSlow) throws IOException
    {
        meter = startMeter(directory.resolve("meter.log"), isSlow, random.nextBoolean() ? "native" : "java",
            mainClass, "aggregate", "--meter-dir", directory.toString());
    }

    /**
     * With the options of the launcher, and one of the two drain kernels. In slow motion, its classes interpreted, a
     * meter has no time to sleep, and dies between any two steps of a cycle.
     */
    public static Process startMeter(
        final Path log, final boolean isSlow, final String kernel, final String... arguments)
        throws IOException
    {
        final List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1", "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=" + (isSlow ? "exclude,org.flopmeter.*::*" : "quiet"),
            "-XX:+UseSerialGC", "-Xshare:auto", "-Xms8m", "-XX:NewSize=4m", "-Xmx256m",
            "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
            "-Dflopmeter.native.path=" + System.getProperty("flopmeter.native.path"),
            "-Dflopmeter.drain=" + kernel, "-Dflopmeter.ledger.interval.ms=10",
            "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(
            ProcessBuilder.Redirect.appendTo(log.toFile())).start();
    }

    /** Lets the producers end, kills some more meters, and lets the last one write the result. */
    public Outcome finish(final int killsAtTheEnd) throws IOException, InterruptedException
    {
        final Outcome outcome = endProducers();
        for (int i = 0; i < killsAtTheEnd; i++)
        {
            killOneAtTheEnd();
        }
        startMeter(false);
        assertTrue(meter.waitFor(PATIENCE_S, TimeUnit.SECONDS), () -> "the last meter does not end: " + log());
        assertEquals(0, meter.exitValue(), this::log);
        readResult(outcome);
        return outcome;
    }

    public void readResult(final Outcome outcome)
    {
        outcome.result = JsonMapper.shared().readTree(directory.resolve(ResultFiles.RESULT).toFile());
    }

    /** The producers end and say what they did, and the facts are there as after the end of a command. */
    public Outcome endProducers() throws IOException, InterruptedException
    {
        final Outcome outcome = new Outcome();
        for (final Process worker : workers)
        {
            worker.getOutputStream().close();
            final String said = new String(worker.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(worker.waitFor(PATIENCE_S, TimeUnit.SECONDS), "a worker that does not end");
            assertEquals(0, worker.exitValue(), this::log);
            outcome.addTallies(said);
        }
        // A device, since no CPU could do what the workers say that they did.
        Files.writeString(directory.resolve(RunFacts.FACTS), """
            {"schema": "flopmeter/run-facts/v1", "run": "kill", "node": null, "command": ["worker"], "exitCode": 0,
             "beginNs": 1, "endNs": 2, "beginMonotonicNs": 1, "endMonotonicNs": 2, "cpuNs": 1, "cpuComplete": true,
             "onlineCpus": 2, "acceleratorsOpened": ["/dev/worker"]}
            """);
        return outcome;
    }

    private String log()
    {
        final StringBuilder text = new StringBuilder();
        for (final String name : List.of("meter.log", "worker.log"))
        {
            try
            {
                text.append(Files.readString(directory.resolve(name)));
            }
            catch (final IOException ex)
            {
                text.append(name).append(": ").append(ex.getMessage());
            }
        }
        return text.toString();
    }

    @Override
    public void close() throws IOException
    {
        workers.forEach(Process::destroyForcibly);
        if (null != meter)
        {
            meter.destroyForcibly();
        }
        workers.forEach((worker) -> worker.onExit().join());
        try (Stream<Path> files = Files.walk(directory))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.deleteIfExists(file);
            }
        }
    }

    /** What the producers say they did, and what the last meter says. */
    public static final class Outcome
    {
        final BigInteger[] flopCounts = { BigInteger.ZERO, BigInteger.ZERO };
        long samples;
        long killedDone;
        long killedBegun;
        BigInteger killedFlopCountEach;
        public JsonNode result;

        private void addTallies(final String said)
        {
            final String[] lines = said.strip().split("\n");
            assertEquals(3, lines.length, said);
            for (int i = 0; i < 2; i++)
            {
                final String[] words = lines[i].split(" ");
                assertEquals(0 == i ? "steady" : "ended", words[0]);
                flopCounts[i] = flopCounts[i].add(new BigInteger(words[1]));
                samples += Long.parseLong(words[2]);
            }
            final String[] words = lines[2].split(" ");
            killedFlopCountEach = new BigInteger(words[1]);
            killedDone += Long.parseLong(words[2]);
            killedBegun += Long.parseLong(words[3]);
        }

        BigInteger lowerOf(final String node)
        {
            return new BigInteger(result.path("byNode").path(node).path("lower").asString("0"));
        }

        /** Nothing lost, nothing doubled; of a killed producer the one sample that it was in may be there or not. */
        public void assertExact(final String where)
        {
            assertEquals(0, result.path("findings").size(), () -> where + ": " + result.path("findings"));
            assertTrue(result.path("conserved").asBoolean(), () -> where + ": not conserved");
            assertEquals(0, result.path("samples").path("lost").asLong(), where);
            assertEquals(flopCounts[0], lowerOf("steady"), where);
            assertEquals(flopCounts[1], lowerOf("ended"), where);

            final long killed = result.path("samples").path("produced").asLong() - samples;
            assertTrue(killed >= killedDone && killed <= killedBegun, () -> where + ": " + killed +
                " samples of killed producers, not between " + killedDone + " and " + killedBegun);
            assertEquals(killedFlopCountEach.multiply(BigInteger.valueOf(killed)), lowerOf("killed"), where);
        }
    }
}
