/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.aggregate.Pacer;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.ControlDescriptor;
import org.flopmeter.wire.LaneDescriptor;

/** One meter directory, producers that act for the hosts, and the aggregator of production that drains their lanes. */
final class ReplayMeter
{
    private static final long RING_BYTES_MAX = 4L << 20;
    private static final long RING_BYTES_MIN = 16L << 10;
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path program;
    private final List<Process> processes = new ArrayList<>();
    private Path directory;
    private Path scratch;

    /**
     * What a replay did.
     *
     * @param wallNs          from the start of the first producer to the last commit.
     * @param aggregatorCpuNs CPU time of the thread that drains.
     * @param producers       their own tallies.
     */
    record Outcome(Totals totals, long wallNs, long aggregatorCpuNs, long ringBytes, Tally producers)
    {
    }

    ReplayMeter(final Path program)
    {
        this.program = program;
    }

    /** Replay the whole fleet, `hostsAtOnce` hosts at a time. One call per instance. */
    Outcome replay(final ReplaySpec spec, final int hostsAtOnce) throws IOException, InterruptedException
    {
        final Thread cleaner = new Thread(this::cleanUp, "replay-clean-up");
        Runtime.getRuntime().addShutdownHook(cleaner);
        try
        {
            return drain(spec, hostsAtOnce);
        }
        finally
        {
            cleanUp();
            removeHook(cleaner);
        }
    }

    private static void removeHook(final Thread hook)
    {
        try
        {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
        catch (final IllegalStateException ex)
        {
            // The JVM is ending: the hook has run, or does.
            return;
        }
    }

    private Outcome drain(final ReplaySpec spec, final int hostsAtOnce) throws IOException, InterruptedException
    {
        final Path memory = Path.of("/dev/shm");
        directory = Files.createTempDirectory(
            Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir")), "flopmeter-replay-",
            PRIVATE);
        scratch = Files.createTempDirectory("flopmeter-replay-", PRIVATE);
        writeControl();
        final int producers = (int)Math.min(hostsAtOnce, spec.hosts());
        final long ringBytes = ringBytes(producers);
        final Path specFile = Files.writeString(scratch.resolve("spec"), spec.text(), StandardCharsets.US_ASCII);

        final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        final Pacer pacer = new Pacer(CpuBudget.NONE);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, new NativeLaneMapper()))
        {
            final long cpuBeginNs = threads.getCurrentThreadCpuTime();
            final long beginNs = System.nanoTime();
            for (int i = 0; i < producers; i++)
            {
                start(specFile, spec.hosts() * i / producers, spec.hosts() * (i + 1) / producers, ringBytes);
            }
            while (processes.stream().anyMatch(Process::isAlive))
            {
                final int workCount = agent.doWork();
                LockSupport.parkNanos(pacer.pauseNs(workCount, agent.halfFullNs(), System.nanoTime()));
            }
            agent.drainToEnd();
            final long wallNs = System.nanoTime() - beginNs;
            final long cpuNs = threads.getCurrentThreadCpuTime() - cpuBeginNs;
            Tally tally = Tally.NONE;
            for (int i = 0; i < producers; i++)
            {
                tally = tally.add(tallyOf(i));
            }
            return new Outcome(agent.totals(), wallNs, cpuNs, ringBytes, tally);
        }
    }

    private void start(final Path specFile, final long first, final long end, final long ringBytes) throws IOException
    {
        final ProcessBuilder builder = new ProcessBuilder(
            program.toString(), specFile.toString(), Long.toString(first), Long.toString(end));
        builder.environment().keySet().removeIf((name) -> name.startsWith("FLOPMETER_"));
        builder.environment().remove("LD_PRELOAD");
        builder.environment().put("FLOPMETER_LANE_DIR", directory.toString());
        builder.environment().put("FLOPMETER_LANE_RING", Long.toString(ringBytes));
        builder.redirectOutput(scratch.resolve("out-" + processes.size()).toFile());
        builder.redirectError(scratch.resolve("err-" + processes.size()).toFile());
        processes.add(builder.start());
    }

    private Tally tallyOf(final int index) throws IOException, InterruptedException
    {
        final int exitCode = processes.get(index).waitFor();
        final String words = Files.readString(scratch.resolve("err-" + index)).strip().replaceAll("\\R+", "; ");
        if (0 != exitCode)
        {
            throw ReplayException.environment("a producer ended with " + exitCode + ": " + words);
        }
        return Tally.parse(Files.readString(scratch.resolve("out-" + index)));
    }

    /** 4 MiB, or less where all lanes together would fill more than half of the place. */
    private long ringBytes(final int producers) throws IOException
    {
        final FileStore store = Files.getFileStore(directory);
        final long lanes = (long)producers * ReplaySpec.DEVICES_PER_HOST;
        long ringBytes = RING_BYTES_MAX;
        while (ringBytes > RING_BYTES_MIN && 2 * lanes * LaneDescriptor.fileLength(1024, (int)ringBytes) >
            store.getUsableSpace())
        {
            ringBytes /= 2;
        }
        return ringBytes;
    }

    /** As the supervisor makes it, docs/design/0002-meter-directory.md section 2. */
    private void writeControl() throws IOException
    {
        final ByteBuffer page = ByteBuffer.allocate(ControlDescriptor.FILE_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        page.putLong(ControlDescriptor.MAGIC_OFFSET, ControlDescriptor.MAGIC);
        page.putInt(ControlDescriptor.WIRE_VERSION_OFFSET, ControlDescriptor.WIRE_VERSION);
        page.putInt(ControlDescriptor.FILE_LENGTH_OFFSET, ControlDescriptor.FILE_LENGTH);
        page.putLong(ControlDescriptor.METER_NONCE_OFFSET, ThreadLocalRandom.current().nextLong());
        page.putInt(ControlDescriptor.SUPERVISOR_PID_OFFSET, (int)ProcessHandle.current().pid());
        page.putInt(ControlDescriptor.METER_STATE_OFFSET, ControlDescriptor.METER_STATE_ACCEPTING);
        page.putLong(ControlDescriptor.TIME_NS_OFFSET, System.nanoTime());
        final Path control = Files.createFile(
            directory.resolve(ControlDescriptor.NAME),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(control, page.array());
    }

    private synchronized void cleanUp()
    {
        processes.forEach(Process::destroyForcibly);
        for (final Path folder : new Path[]{ directory, scratch })
        {
            if (null != folder && Files.isDirectory(folder))
            {
                remove(folder);
            }
        }
    }

    private static void remove(final Path folder)
    {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder))
        {
            for (final Path file : files)
            {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(folder);
        }
        catch (final IOException ex)
        {
            System.err.println("flopmeter: " + folder + " could not be removed: " + ex.getMessage());
        }
    }
}
