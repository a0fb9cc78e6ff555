/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.Finding;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.wire.LaneFixture;
import org.flopmeter.wire.LaneHeader;

/** 63 producers that go on, and one after the other that spoils its lane; one meter drains them all. */
final class HostileScene implements AutoCloseable
{
    /**
     * More duty cycles than this are too many for what a reader is bound to see. One would do, were it not for faults:
     * after one all lanes are adopted again, 64 in a cycle. And a meter whose rings fill fast looks for new lanes by
     * the clock, not in every cycle, so both must have passed, cycles and time.
     */
    static final int CYCLES_MAX = 8;
    private static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Duty cycles for a change that may be none. */
    private static final int CYCLES_ENOUGH = 3;

    private static final int NEIGHBOURS = 63;
    private static final int NEIGHBOUR_RING = 4096;
    private static final int NEIGHBOURS_AT_WORK = 3;
    private static final int CHANGES_MAX = 3;
    private static final int LIES_MAX = 2;
    private static final int FAULTS_MAX = 64;
    private static final int SETTLE_LENGTH = 1 << 20;

    /** An array that nobody sees is none to a compiler. */
    private static volatile byte[] seen;

    private final Path directory;
    private final LyingMapper mapper;
    private final SplittableRandom random;
    private final HostileTemplate template;
    private final List<LaneFixture> neighbours = new ArrayList<>();
    private final Map<String, BigInteger> truthByLane = new HashMap<>();
    private final Set<String> found = new HashSet<>();
    private final Map<String, String> whatByLane = new HashMap<>();
    private final Map<String, Long> beginNsByLane = new HashMap<>();
    private final HostileFigures figures;
    private String currentName = "";
    private AggregatorAgent agent;
    private long nonce = 0x1000;

    HostileScene(final LyingMapper mapper, final SplittableRandom random, final HostileFigures figures)
        throws IOException
    {
        final Path memory = Path.of("/dev/shm");
        directory = Files.isWritable(memory) ?
            Files.createTempDirectory(memory, "flopmeter-hostile-") : Files.createTempDirectory("flopmeter-hostile-");
        this.mapper = mapper;
        this.random = random;
        this.figures = figures;
        template = new HostileTemplate(random);
        for (int i = 1; i <= NEIGHBOURS; i++)
        {
            final LaneFixture lane = LaneFixture.dead(directory, i, NEIGHBOUR_RING);
            // A pid of nobody knows which namespace: it is taken for alive.
            lane.bytes.putLong(88, 1);
            lane.slot("n" + i);
            neighbours.add(lane);
        }
        agent = AggregatorAgent.open(directory, mapper);
        cycle();
    }

    /** One corruption, of a lane that is new or of one that the meter reads already; and how soon it is found. */
    void corruptOne() throws IOException
    {
        nonce++;
        final String name = String.format("%016x.lane", nonce);
        final Path file = directory.resolve(name);
        final boolean isKnown = random.nextBoolean();
        final boolean isCut = 0 == random.nextInt(8);
        final ByteBuffer bytes = template.bytes(nonce, true);
        boolean isCertain = isCut;
        boolean isOfKeys = isCut;
        String what = "cut";
        if (!isCut)
        {
            final List<HostileTemplate.Change> changes = changes(bytes, isKnown);
            changes.forEach((change) -> change.apply(bytes));
            isCertain = changes.stream().anyMatch(HostileTemplate.Change::isCertain) && 1 == changes.size();
            isOfKeys = changes.stream().anyMatch(HostileTemplate.Change::isOfKeys) ||
                1 < changes.stream().filter((change) -> template.isOfFolds(change.offset())).count();
            what = changes.toString();
        }
        if (isKnown || isCut)
        {
            create(file, template.bytes(nonce, false));
            cycle();
            write(file, bytes);
        }
        else
        {
            create(file, bytes);
        }
        if (isCut)
        {
            cut(file, name);
        }
        whatByLane.put(name, (isKnown ? "known, " : "new, ") + what);
        if (!isOfKeys)
        {
            truthByLane.put(name, template.truth);
        }
        final boolean isFound = awaitFinding(name, isCertain ? CYCLES_MAX : CYCLES_ENOUGH, isCertain ? PATIENCE_NS : 0);
        assertTrue(!isCertain || isFound,
            () -> "not seen in " + CYCLES_MAX + " cycles and 100 ms: " + whatByLane.get(name));
        if (isFound)
        {
            Files.deleteIfExists(file);
        }
    }

    private List<HostileTemplate.Change> changes(final ByteBuffer bytes, final boolean isKnown)
    {
        final List<HostileTemplate.Change> changes = new ArrayList<>();
        for (int i = random.nextInt(1, CHANGES_MAX + 1); i > 0; i--)
        {
            changes.add(template.change(random, bytes, isKnown));
            if (changes.get(changes.size() - 1).isAlone())
            {
                return changes.subList(changes.size() - 1, changes.size());
            }
        }
        return changes;
    }

    /** The meter learns of the new length when it has asked a few times: so it reads pages that are gone. */
    private void cut(final Path file, final String name) throws IOException
    {
        mapper.lie(name, random.nextInt(LIES_MAX + 1));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            channel.truncate(random.nextInt(template.length));
        }
    }

    private boolean awaitFinding(final String name, final int cyclesMax, final long patienceNs)
    {
        final long beginNs = System.nanoTime();
        beginNsByLane.put(name, beginNs);
        currentName = name;
        long ns = 0;
        for (int cycles = 1; cycles <= cyclesMax || ns < patienceNs; cycles++)
        {
            work();
            cycle();
            ns = System.nanoTime() - beginNs;
            withFaults(this::takeFindings);
            if (found.contains(name))
            {
                figures.found(cycles, ns);
                return true;
            }
        }
        return false;
    }

    /** Some are found late: folds are looked at every 5 ms, and some tallies only when the producer is gone. */
    private void takeFindings()
    {
        for (final Finding finding : agent.totals().findings())
        {
            if (found.add(finding.lane()) && !finding.lane().equals(currentName))
            {
                figures.foundLater(System.nanoTime() - beginNsByLane.get(finding.lane()));
            }
        }
    }

    /** The neighbours go on. */
    private void work()
    {
        for (int i = 0; i < NEIGHBOURS_AT_WORK; i++)
        {
            final LaneFixture lane = neighbours.get(random.nextInt(NEIGHBOURS));
            for (int left = random.nextInt(20); left > 0; left--)
            {
                lane.add(0, random.nextLong());
            }
            if (random.nextBoolean())
            {
                lane.closeBatch();
            }
        }
    }

    private void cycle()
    {
        withFaults(agent::doWork);
    }

    /** As the meter's loop does: JDK 17 may tell of a fault anywhere. */
    private void withFaults(final Runnable work)
    {
        for (int faults = 0;;)
        {
            try
            {
                work.run();
                // A way through the runtime: a fault that is still to be told is told here, not among the producers.
                seen = new byte[SETTLE_LENGTH];
                return;
            }
            catch (final InternalError fault)
            {
                assertTrue(++faults <= FAULTS_MAX, "faults without end");
                figures.lateFaults++;
                agent.onFault(fault);
            }
        }
    }

    /** All is read to its end, by this meter and by one that comes after it. */
    void checkEnd() throws IOException
    {
        neighbours.forEach(LaneFixture::closeBatch);
        for (int meter = 0; meter < 2; meter++)
        {
            withFaults(agent::drainToEnd);
            withFaults(() -> checkTotals(agent.totals()));
            agent.close();
            agent = AggregatorAgent.open(directory, mapper);
        }
    }

    private void checkTotals(final Totals totals)
    {
        final Map<String, BigInteger> sums = new HashMap<>();
        totals.keys().forEach((key) -> sums.merge(key.run(), key.flopCount().toBigInteger(), BigInteger::add));
        for (final LaneFixture lane : neighbours)
        {
            assertEquals(lane.total(), sums.getOrDefault("n" + lane.nonce, BigInteger.ZERO), "neighbour " + lane.nonce);
        }
        final Set<String> bad = new HashSet<>();
        for (final Finding finding : totals.findings())
        {
            assertTrue(finding.lane().length() == 21 && !finding.lane().startsWith("00000000000000"),
                () -> "a neighbour is accused: " + finding);
            bad.add(finding.lane());
        }
        // What nobody found is as it was: no corruption is silently believed.
        truthByLane.forEach((name, truth) ->
        {
            if (!bad.contains(name))
            {
                final String run = HostileTemplate.runOf(LaneHeader.nonceOf(name));
                assertEquals(truth, sums.getOrDefault(run, BigInteger.ZERO),
                    () -> name + " was changed and believed: " + whatByLane.get(name));
            }
        });
        figures.foundAtTheEnd += bad.size() - found.size();
        found.addAll(bad);
    }

    private static void create(final Path file, final ByteBuffer bytes) throws IOException
    {
        final Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
        try (FileChannel channel = FileChannel.open(
            temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))))
        {
            channel.write(bytes.duplicate());
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void write(final Path file, final ByteBuffer bytes) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            channel.write(bytes.duplicate());
        }
    }

    @Override
    public void close()
    {
        agent.close();
        neighbours.forEach(LaneFixture::unmap);
        try (Stream<Path> files = Files.walk(directory))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.deleteIfExists(file);
            }
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }
}
