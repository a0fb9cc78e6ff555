/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.ledger;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.flopmeter.bench.graph.Figures;
import org.flopmeter.ledger.Disk;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.FileDisk;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerClock;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerWriter;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verifier;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/** {@code flopmeter ledger bench}: what booking, opening and verifying cost here, against their goals. */
public final class LedgerBench
{
    private static final int KEYS = 64;
    private static final long MIB = 1L << 20;
    private static final int ROUNDS = 5;

    private final Figures figures;
    private final Path state;
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    private LedgerBench(final Figures figures, final Path state)
    {
        this.figures = figures;
        this.state = state;
    }

    /**
     * Run it.
     *
     * @param out  the table, or JSON.
     * @param err  one line for a usage error.
     * @param args {@code --quick} takes a ledger of 64 MiB in place of 1 GiB; {@code --json}.
     * @return 0, or 2 for bad usage.
     * @throws IOException the disk refused.
     */
    public static int run(final PrintStream out, final PrintStream err, final String[] args) throws IOException
    {
        long length = 1024 * MIB;
        boolean isJson = false;
        for (final String arg : args)
        {
            if ("--quick".equals(arg))
            {
                length = 64 * MIB;
            }
            else if ("--json".equals(arg))
            {
                isJson = true;
            }
            else
            {
                err.println("flopmeter: ledger bench: unknown argument: " + arg);
                return 2;
            }
        }
        final Figures figures = new Figures(isJson ? null : out);
        final Path state = Files.createTempDirectory("flopmeter-ledger");
        try
        {
            final LedgerBench bench = new LedgerBench(figures, state);
            bench.append();
            bench.end();
            bench.grow(length);
            bench.open();
            bench.verify();
        }
        finally
        {
            delete(state);
        }
        if (isJson)
        {
            out.println(figures.json());
        }
        return 0;
    }

    /** A host's keys, each of which grows every interval. */
    private static final class Host
    {
        private final EpochWriter epoch;
        private final List<EpochWriter.KeyWriter> keys = new ArrayList<>();
        private long round;

        Host(final LedgerWriter writer, final int keyCount)
        {
            epoch = writer.openEpoch(writer.ledger(), LedgerHome.randomId(), LedgerHome.randomId(), Id.NONE, "boot",
                "bench");
            final EpochWriter.SourceRef source = epoch.source("blas", "cpu", "", "EXACT_BY_SHAPE", "bench");
            for (int i = 0; i < keyCount; i++)
            {
                keys.add(epoch.key(new AccountKey(
                    "run", "node-" + i, Precision.FP64, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.COUNT), source));
            }
        }

        void grow()
        {
            round++;
            for (int i = 0; i < keys.size(); i++)
            {
                keys.get(i).use(FlopCount.of(round, i), round, (round - 1) * 1000, round * 1000);
            }
        }

        void end()
        {
            final FlopCount sum = FlopCount.of(keys.size() * round, keys.size() * (keys.size() - 1L) / 2);
            epoch.bound(FlopInterval.of(sum, sum, sum), 0, round * 1000);
            epoch.close();
        }
    }

    private long cpuNs()
    {
        return threads.getCurrentThreadCpuTime();
    }

    private static long processCpuNs()
    {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    }

    private static double median(final double[] values)
    {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    /** As the ledger's thread does it once a second: lock, look, write, fsync, let go. */
    private void append() throws IOException
    {
        final int intervals = 2000;
        final double[] cpu = new double[intervals / 2];
        final double[] wall = new double[intervals / 2];
        try (LedgerHome home = LedgerHome.open(state, "bench"))
        {
            final Host host = new Host(home.writer(), KEYS);
            home.pause();
            for (int i = 0; i < intervals; i++)
            {
                final long beginCpuNs = cpuNs();
                final long beginNs = System.nanoTime();
                host.grow();
                home.resume();
                require(home.writer().seal(), home.writer().failure());
                home.pause();
                cpu[i % cpu.length] = (cpuNs() - beginCpuNs) / 1e6;
                wall[i % wall.length] = (System.nanoTime() - beginNs) / 1e6;
            }
            home.resume();
            home.writer().checkpoint();
        }
        final double cpuMs = median(cpu);
        figures.note("an interval of 64 keys, with fsync: wall", median(wall), "ms");
        figures.atMost("an interval of 64 keys: CPU, of one core at one a second", cpuMs / 10, "%", 0.1);
    }

    /** What a run that was never booked before costs at its end: opening, one block, a checkpoint, closing. */
    private void end() throws IOException
    {
        final double[] cpu = new double[40];
        final double[] wall = new double[cpu.length];
        for (int i = 0; i < 2 * cpu.length; i++)
        {
            final long beginCpuNs = cpuNs();
            final long beginNs = System.nanoTime();
            try (LedgerHome home = LedgerHome.open(state, "bench"))
            {
                final Host host = new Host(home.writer(), 4);
                host.grow();
                host.end();
                require(home.writer().seal() && null != home.writer().checkpoint(), home.writer().failure());
            }
            cpu[i % cpu.length] = (cpuNs() - beginCpuNs) / 1e6;
            wall[i % wall.length] = (System.nanoTime() - beginNs) / 1e6;
        }
        figures.note("a run's end, all of it: wall", median(wall), "ms");
        figures.note("a run's end, all of it: CPU", median(cpu), "ms");
    }

    /** Intervals without waiting for the disk: only their bytes matter. */
    private void grow(final long length) throws IOException
    {
        final Path directory = state.resolve(LedgerHome.DIRECTORY);
        final LedgerWriter writer = LedgerWriter.open(new Unforced(new FileDisk(directory, false)),
            LedgerClock.SYSTEM, KeyFiles.read(directory.resolve(LedgerHome.KEY)), "bench");
        final Host host = new Host(writer, KEYS);
        final long begin = System.nanoTime();
        final long before = length(directory);
        long now = before;
        for (int i = 1; now < length; i++)
        {
            host.grow();
            require(writer.seal(), writer.failure());
            now = 0 == i % 1024 ? length(directory) : now;
        }
        writer.checkpoint();
        writer.close();
        figures.note("the ledger: length", length(directory) / (double)MIB, "MiB");
        figures.note("the ledger: blocks", writer.blocks(), "");
        figures.note("written without fsync", (now - before) / (double)MIB / ((System.nanoTime() - begin) / 1e9),
            "MiB/s");
    }

    private void open() throws IOException
    {
        figures.atMost("opening it, to be ready to append", opened() / 1e9, "s", 5);
        Files.delete(state.resolve(LedgerHome.DIRECTORY).resolve("tree"));
        figures.atMost("opening it without its tree file", opened() / 1e9, "s", 30);
    }

    private long opened() throws IOException
    {
        final long begin = System.nanoTime();
        try (LedgerHome home = LedgerHome.open(state, "bench"))
        {
            require(null == home.lost(), "the ledger was put aside");
            return System.nanoTime() - begin;
        }
    }

    private void verify() throws IOException
    {
        final Path directory = state.resolve(LedgerHome.DIRECTORY);
        final double[] ratios = new double[ROUNDS];
        final double[] cpuRatios = new double[ROUNDS];
        final double[] rates = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++)
        {
            final long beginCpuNs = processCpuNs();
            final long begin = System.nanoTime();
            final long length = hash(directory);
            final long hashed = System.nanoTime();
            final long hashedCpuNs = processCpuNs();
            final Verification verification = new Verifier(new FileDisk(directory, true)).verify(null, null);
            final long verified = System.nanoTime();
            require(verification.isOk(), String.valueOf(verification.findings()));
            ratios[round] = (verified - hashed) / (double)(hashed - begin);
            cpuRatios[round] = (processCpuNs() - hashedCpuNs) / (double)(hashedCpuNs - beginCpuNs);
            rates[round] = length / (double)MIB / ((hashed - begin) / 1e9);
        }
        figures.note("plain SHA-256 of the same files", median(rates), "MiB/s");
        figures.atMost("verify to plain SHA-256, wall", median(ratios), "x", 1.5);
        figures.note("verify to plain SHA-256, CPU of all threads", median(cpuRatios), "x");
        figures.note("processors", Runtime.getRuntime().availableProcessors(), "");
    }

    private static long hash(final Path directory) throws IOException
    {
        final ByteBuffer bytes = ByteBuffer.allocate((int)MIB);
        long length = 0;
        for (final Path segment : segments(directory))
        {
            final MessageDigest digest = sha256();
            try (FileChannel channel = FileChannel.open(segment))
            {
                while (channel.read(bytes.clear()) > 0)
                {
                    digest.update(bytes.array(), 0, bytes.position());
                    length += bytes.position();
                }
            }
            require(32 == digest.digest().length, "no hash");
        }
        return length;
    }

    private static MessageDigest sha256()
    {
        try
        {
            return MessageDigest.getInstance("SHA-256");
        }
        catch (final NoSuchAlgorithmException ex)
        {
            throw new IllegalStateException(ex);
        }
    }

    private static List<Path> segments(final Path directory) throws IOException
    {
        try (Stream<Path> files = Files.list(directory))
        {
            return files.filter(file -> file.toString().endsWith(".ledger")).sorted().toList();
        }
    }

    private static long length(final Path directory) throws IOException
    {
        long length = 0;
        for (final Path segment : segments(directory))
        {
            length += Files.size(segment);
        }
        return length;
    }

    private static void require(final boolean isSo, final String what)
    {
        if (!isSo)
        {
            throw new IllegalStateException(what);
        }
    }

    private static void delete(final Path root) throws IOException
    {
        try (Stream<Path> files = Files.walk(root))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.delete(file);
            }
        }
    }

    /** A disk that never waits. */
    private record Unforced(Disk disk) implements Disk
    {
        @Override
        public List<String> list() throws IOException
        {
            return disk.list();
        }

        @Override
        public DiskFile open(final String name, final boolean isCreated) throws IOException
        {
            return new UnforcedFile(disk.open(name, isCreated));
        }

        @Override
        public void rename(final String from, final String to) throws IOException
        {
            disk.rename(from, to);
        }

        @Override
        public void delete(final String name) throws IOException
        {
            disk.delete(name);
        }

        @Override
        public void forceDirectory()
        {
            // Never.
        }
    }

    /** A file of it. */
    private record UnforcedFile(Disk.DiskFile file) implements Disk.DiskFile
    {
        @Override
        public long length() throws IOException
        {
            return file.length();
        }

        @Override
        public void read(final long position, final ByteBuffer into) throws IOException
        {
            file.read(position, into);
        }

        @Override
        public void write(final long position, final ByteBuffer bytes) throws IOException
        {
            file.write(position, bytes);
        }

        @Override
        public void truncate(final long length) throws IOException
        {
            file.truncate(length);
        }

        @Override
        public void force()
        {
            // Never.
        }

        @Override
        public void close() throws IOException
        {
            file.close();
        }
    }
}
