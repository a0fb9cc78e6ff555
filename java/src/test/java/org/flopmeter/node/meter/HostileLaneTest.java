/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.Finding;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.JavaDrainKernel;
import org.flopmeter.wire.LaneFixture;
import org.flopmeter.wire.LaneMapper;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Law 6: one bad lane beside a good one. The bad one is named, the good one is exact, the JVM lives. */
final class HostileLaneTest
{
    private static final long BAD = 0xbadL;

    @TempDir
    private Path directory;

    /** What a hostile process does to a lane that was good, and the kind of finding that it earns. */
    record Attack(String name, String kind, Spoil spoil)
    {
        @Override
        public String toString()
        {
            return name;
        }
    }

    /** Changes the bad lane. */
    @FunctionalInterface
    interface Spoil
    {
        void spoil(LaneFixture lane) throws IOException;
    }

    @BeforeAll
    static void needsNativeLibrary()
    {
        try
        {
            new NativeLaneMapper().isAlive(1, 1, 1);
        }
        catch (final UnsatisfiedLinkError ex)
        {
            assumeTrue(false, "no native library: " + ex.getMessage());
        }
    }

    static Stream<Attack> attacks()
    {
        return Stream.of(
            new Attack("magic", "header", (lane) -> lane.bytes.putLong(0, 1)),
            new Attack("version", "header", (lane) -> lane.bytes.putInt(8, 2)),
            new Attack("header length", "header", (lane) -> lane.bytes.putInt(12, 64)),
            new Attack("nonce", "header", (lane) -> lane.bytes.putLong(16, 5)),
            new Attack("slot capacity", "header", (lane) -> lane.bytes.putInt(48, 1 << 30)),
            new Attack("negative slot capacity", "header", (lane) -> lane.bytes.putInt(48, Integer.MIN_VALUE)),
            new Attack("ring capacity", "header", (lane) -> lane.bytes.putInt(52, 16384)),
            new Attack("slot table offset", "header", (lane) -> lane.bytes.putLong(56, -8)),
            new Attack("fold table offset", "header", (lane) -> lane.bytes.putLong(64, 1L << 40)),
            new Attack("ring offset", "header", (lane) -> lane.bytes.putLong(72, 0)),
            new Attack("file length in the header", "header", (lane) -> lane.bytes.putLong(80, 1L << 40)),
            new Attack("slot count", "slot", (lane) -> lane.bytes.putInt(132, -1)),
            new Attack("slot precision", "slot", (lane) -> lane.bytes.putShort(4096, (short)99)),
            new Attack("slot run length", "slot", (lane) -> lane.bytes.put(4096 + 8, (byte)255)),
            new Attack("slot run alphabet", "slot", (lane) -> lane.bytes.put(4096 + 16, (byte)'\n')),
            new Attack("record length huge", "length", (lane) -> lane.bytes.putInt(lane.ring, Integer.MAX_VALUE)),
            new Attack("record length odd", "length", (lane) -> lane.bytes.putInt(lane.ring, 47)),
            new Attack("record length 3", "length", (lane) -> lane.bytes.putInt(lane.ring, 3)),
            new Attack("claim huge", "length", (lane) -> lane.bytes.putInt(lane.ring, Integer.MIN_VALUE)),
            new Attack("padding too long", "length", (lane) -> lane.bytes.putInt(lane.ring + 4, -1)),
            new Attack("record type", "type", (lane) -> lane.bytes.putInt(lane.ring + 4, 7)),
            new Attack("sequence repeated", "sequence", (lane) -> lane.bytes.putLong(lane.ring + 2048 + 8, 1)),
            new Attack("sequence skipped", "sequence", (lane) -> lane.bytes.putLong(lane.ring + 8, 2)),
            new Attack("count", "count", (lane) -> lane.bytes.putInt(lane.ring + 24, 127)),
            new Attack("negative count", "count", (lane) -> lane.bytes.putInt(lane.ring + 24, -1)),
            new Attack("sample's slot", "slot", (lane) -> lane.bytes.putInt(lane.ring + 32, 1)),
            new Attack("sample's slot negative", "slot", (lane) -> lane.bytes.putInt(lane.ring + 32, -1)),
            new Attack("sample changed", "tally", (lane) -> lane.bytes.putLong(lane.ring + 40, 12345)),
            new Attack("ring tally", "tally", (lane) -> lane.bytes.putLong(192, 1L << 50)),
            new Attack("fold cell without tally", "tally", HostileLaneTest::foldTwiceUntold),
            new Attack("fold cell out of bounds", "fold",
                (lane) -> lane.writeDouble(lane.foldTable, 1, BigInteger.ONE.shiftLeft(127), 1)),
            new Attack("truncated to nothing", "file", (lane) -> truncate(lane, 0)),
            new Attack("truncated header", "header", (lane) -> truncate(lane, 100)),
            new Attack("truncated ring", "header", (lane) -> truncate(lane, lane.ring)),
            new Attack("longer than it says", "header", (lane) -> truncate(lane, lane.bytes.capacity() + 1)),
            new Attack("symlink", "file", HostileLaneTest::symlink),
            new Attack("dangling symlink", "file", HostileLaneTest::danglingSymlink),
            new Attack("hard link", "file",
                (lane) -> Files.createLink(lane.file.resolveSibling("other-name"), lane.file)),
            new Attack("mode", "file",
                (lane) -> Files.setPosixFilePermissions(lane.file, PosixFilePermissions.fromString("rw-r-----"))),
            new Attack("directory", "file", HostileLaneTest::directory),
            new Attack("fifo", "file", HostileLaneTest::fifo),
            new Attack("name of another nonce", "header", (lane) ->
                Files.move(lane.file, lane.file.resolveSibling("00000000000000aa.lane"))),
            new Attack("no name of a lane", "file", (lane) ->
                Files.move(lane.file, lane.file.resolveSibling("ABCDEF.lane"))));
    }

    @ParameterizedTest
    @MethodSource("attacks")
    void shouldQuarantineTheBadLaneOnly(final Attack attack) throws IOException
    {
        final LaneFixture bad = lane(BAD);
        final LaneFixture good = lane(1);
        attack.spoil().spoil(bad);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, new NativeLaneMapper()))
        {
            agent.drainToEnd();
            assertQuarantined(agent.totals(), attack, good);
        }
        try (AggregatorAgent agent = AggregatorAgent.open(directory, new NativeLaneMapper()))
        {
            agent.drainToEnd();
            assertQuarantined(agent.totals(), attack, good);
        }
    }

    @Test
    void shouldQuarantineALaneOfAnotherOwner() throws IOException
    {
        final LaneFixture bad = lane(BAD);
        final LaneFixture good = lane(1);
        try
        {
            Files.setAttribute(bad.file, "unix:uid", 65534);
        }
        catch (final IOException ex)
        {
            assumeTrue(false, "only root can give a file away");
        }
        try (AggregatorAgent agent = AggregatorAgent.open(directory, new NativeLaneMapper()))
        {
            agent.drainToEnd();
            assertQuarantined(agent.totals(), new Attack("owner", "file", (lane) -> lane.closeBatch()), good);
        }
    }

    @Test
    void shouldDeclareWhatABadLaneStillHeldAsLost() throws IOException
    {
        final LaneFixture bad = lane(BAD);
        bad.bytes.putInt(bad.ring + 4, 7);
        final LaneFixture good = lane(1);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, new NativeLaneMapper()))
        {
            agent.drainToEnd();

            final Totals totals = agent.totals();
            assertEquals(bad.samples, totals.samplesLost());
            assertEquals(bad.samples + good.samples, totals.samplesProduced());
            assertTrue(totals.conserved(), () -> totals.conservationDetails().toString());
        }
    }

    @Test
    void shouldLiveWhenALaneIsTruncatedUnderItsMap() throws IOException
    {
        final LaneFixture bad = lane(BAD);
        final LaneFixture good = lane(1);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, new NativeLaneMapper()))
        {
            agent.doWork();
            truncate(bad, bad.ring);
            for (int i = 0; i < 10; i++)
            {
                good.add(0, 1);
                good.closeBatch();
                agent.doWork();
            }
            agent.drainToEnd();

            assertEquals(good.total(), sumOf(agent.totals(), "r1"));
            assertEquals(List.of("truncated"), agent.totals().findings().stream().map(Finding::kind).toList());
        }
    }

    /** The race that no check can win: the length is right when asked, and the pages are gone when read. */
    @Test
    void shouldLiveWhenATruncationShowsOnlyByItsFault() throws IOException
    {
        for (int round = 0; round < 20; round++)
        {
            final Path place = Files.createDirectory(directory.resolve("round-" + round));
            final LaneFixture bad = lane(place, BAD);
            final LaneFixture good = lane(place, 1);
            try (AggregatorAgent agent = AggregatorAgent.open(place, blindFor(bad)))
            {
                agent.doWork();
                bad.add(0, 1);
                bad.closeBatch();
                truncate(bad, 4096);
                for (int i = 0; i < 12; i++)
                {
                    good.add(0, 1);
                    onThreadOfItsOwn(agent::doWork);
                }
                onThreadOfItsOwn(agent::drainToEnd);

                assertEquals(good.total(), sumOf(agent.totals(), "r1"));
                // A meter that never asks for the length may not learn whose page it was.
                final String badName = bad.file.getFileName().toString();
                assertTrue(agent.totals().findings().stream().allMatch((finding) -> badName.equals(finding.lane())));
            }
        }
    }

    /**
     * Without any check of lengths the JVM may tell of a fault when the cycle is over: not to the thread of the test.
     */
    private static void onThreadOfItsOwn(final Runnable work)
    {
        final Throwable[] thrown = new Throwable[1];
        final Thread thread = new Thread(work);
        thread.setUncaughtExceptionHandler((ignore, ex) -> thrown[0] = ex);
        thread.start();
        try
        {
            thread.join();
        }
        catch (final InterruptedException ex)
        {
            throw new IllegalStateException(ex);
        }
        assertTrue(null == thrown[0] || thrown[0] instanceof InternalError, () -> "thrown: " + thrown[0]);
    }

    /** Never sees a truncation of that lane; and all of them have a producer. */
    private static LaneMapper blindFor(final LaneFixture lane)
    {
        final LyingMapper mapper = new LyingMapper(JavaDrainKernel.INSTANCE)
        {
            @Override
            public boolean isAlive(final int pid, final long startTicks, final long pidNamespace)
            {
                return true;
            }
        };
        mapper.lie(lane.file.getFileName().toString(), Integer.MAX_VALUE);
        return mapper;
    }

    private static void assertQuarantined(final Totals totals, final Attack attack, final LaneFixture good)
    {
        assertEquals(good.total(), sumOf(totals, "r1"), attack.name());
        assertEquals(List.of(attack.kind()), totals.findings().stream().map(Finding::kind).toList(),
            () -> attack.name() + ": " + totals.findings());
        assertFalse(totals.findings().get(0).reason().isEmpty());
        assertTrue(totals.findings().get(0).lane().endsWith(".lane"));
        assertEquals("tally".equals(attack.kind()), !totals.conserved(), attack.name());
    }

    private static BigInteger sumOf(final Totals totals, final String run)
    {
        return totals.keys().stream().filter((key) -> run.equals(key.run()))
            .map((key) -> key.flopCount().toBigInteger()).reduce(BigInteger.ZERO, BigInteger::add);
    }

    private LaneFixture lane(final long nonce) throws IOException
    {
        return lane(directory, nonce);
    }

    private static LaneFixture lane(final Path place, final long nonce) throws IOException
    {
        final LaneFixture lane = LaneFixture.dead(place, nonce, 8192);
        lane.slot("r" + Long.toHexString(nonce));
        for (int i = 0; i < 130; i++)
        {
            lane.add(0, 1000 + i);
        }
        lane.closeBatch();
        return lane;
    }

    private static void foldTwiceUntold(final LaneFixture lane)
    {
        lane.foldCell(0, 1);
        lane.foldCell(0, 1);
    }

    private static void truncate(final LaneFixture lane, final long length) throws IOException
    {
        try (RandomAccessFile file = new RandomAccessFile(lane.file.toFile(), "rw"))
        {
            file.setLength(length);
        }
    }

    private static void symlink(final LaneFixture lane) throws IOException
    {
        Files.move(lane.file, lane.file.resolveSibling("elsewhere"));
        Files.createSymbolicLink(lane.file, lane.file.resolveSibling("elsewhere"));
    }

    private static void danglingSymlink(final LaneFixture lane) throws IOException
    {
        Files.delete(lane.file);
        Files.createSymbolicLink(lane.file, Path.of("/nowhere"));
    }

    private static void directory(final LaneFixture lane) throws IOException
    {
        Files.delete(lane.file);
        Files.createDirectory(lane.file);
    }

    private static void fifo(final LaneFixture lane) throws IOException
    {
        Files.delete(lane.file);
        try
        {
            final Process mkfifo = new ProcessBuilder("mkfifo", "-m", "600", lane.file.toString()).start();
            assertTrue(mkfifo.waitFor(10, TimeUnit.SECONDS));
        }
        catch (final InterruptedException ex)
        {
            throw new IOException(ex);
        }
    }
}
