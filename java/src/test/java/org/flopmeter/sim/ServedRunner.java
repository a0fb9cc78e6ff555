/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Supplier;

import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerState.EpochState;
import org.flopmeter.node.sidecar.SteppedSidecar;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.wire.ControlDescriptor;
import org.flopmeter.wire.LaneFixture;
import org.flopmeter.wire.LaneHeader;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A run's directory, its program and its supervisor, and what is true of it. */
final class ServedRunner
{
    private static final String NOT_BOOKED = "not booked";
    private static final int NODES = 3;
    private static final String START = """
        {"schema": "flopmeter/run-start/v1", "run": "r%d", "node": null, "command": ["worker"], "beginNs": %d,
         "beginMonotonicNs": %d, "spillDir": null, "ownMeter": false, "supervisorPid": 1}
        """;
    /** A device, since no CPU could do what the program says. */
    private static final String END = """
        {"schema": "flopmeter/run-facts/v1", "run": "r%d", "node": null, "command": ["worker"], "exitCode": 0,
         "beginNs": %d, "endNs": %d, "beginMonotonicNs": %d, "endMonotonicNs": %d, "cpuNs": 1, "cpuComplete": true,
         "onlineCpus": 2, "acceleratorsOpened": ["/dev/worker"]}
        """;

    private final VolumeFileSystem system;
    private final SimulatedLanes lanes;
    private final String directory;
    private final int number;
    private final long beginNs;
    private final long monotonicNs;
    private final ByteBuffer control = ByteBuffer.allocateDirect(ControlDescriptor.FILE_LENGTH + 64).alignedSlice(64)
        .limit(ControlDescriptor.FILE_LENGTH).slice().order(ByteOrder.LITTLE_ENDIAN);
    private final List<LaneFixture> producers = new ArrayList<>();
    private Id epoch;
    private BigInteger truth = BigInteger.ZERO;
    private boolean isEnded;
    private boolean isLost;
    private boolean isBooked;
    /** What its result says. */
    private FlopCount resultFlop = FlopCount.ZERO;

    ServedRunner(
        final VolumeFileSystem system, final SimulatedClock clock, final SimulatedLanes lanes, final String place,
        final String state, final int number, final int boot)
    {
        this.system = system;
        this.lanes = lanes;
        this.number = number;
        beginNs = clock.wallNs();
        directory = String.format(Locale.ROOT, "%s/20261128T050000Z-%d-%08x", place, 1 + number, number);
        final Volume volume = system.volume();
        volume.putDirectory(directory);
        control.putLong(0, ControlDescriptor.MAGIC)
            .putInt(ControlDescriptor.WIRE_VERSION_OFFSET, ControlDescriptor.WIRE_VERSION)
            .putInt(ControlDescriptor.FILE_LENGTH_OFFSET, ControlDescriptor.FILE_LENGTH)
            .putInt(ControlDescriptor.SUPERVISOR_PID_OFFSET, 1)
            .putInt(ControlDescriptor.METER_STATE_OFFSET, ControlDescriptor.METER_STATE_ACCEPTING)
            .putLong(ControlDescriptor.TIME_NS_OFFSET, clock.monotonicNs());
        nonce(1 + number);
        volume.putLink(directory + '/' + SteppedSidecar.STATE, state);
        put(SteppedSidecar.RUN, START.formatted(number, beginNs, 1 + boot));
        monotonicNs = 1 + boot;
    }

    private void nonce(final long nonce)
    {
        control.putLong(ControlDescriptor.METER_NONCE_OFFSET, nonce);
        final byte[] page = new byte[ControlDescriptor.FILE_LENGTH];
        control.get(0, page);
        final String name = directory + '/' + ControlDescriptor.NAME;
        system.volume().putMapped(name, control);
        system.volume().find(name).bytes = page;
        system.volume().find(name).length = page.length;
        epoch = null == epoch ? new Id(nonce, beginNs) : epoch;
    }

    private void put(final String name, final String text)
    {
        system.volume().putMemory(directory + '/' + name, text.getBytes(StandardCharsets.UTF_8));
    }

    Id epoch()
    {
        return epoch;
    }

    /** What its program has done so far. */
    BigInteger truth()
    {
        return truth;
    }

    boolean isEnded()
    {
        return isEnded;
    }

    ByteBuffer beginLane(final ByteBuffer bytes)
    {
        final long nonce = 1000L * number + producers.size() + 1;
        final int pid = (int)(1000L * number + producers.size());
        final LaneFixture lane = new LaneFixture(bytes, nonce, SimulatedLanes.RING_CAPACITY, pid);
        for (int node = 0; node < NODES; node++)
        {
            lane.slot("n" + node);
        }
        lanes.alivePids.add(pid);
        producers.add(lane);
        system.volume().putMapped(directory + '/' + LaneHeader.nameOf(nonce), bytes);
        return bytes;
    }

    void count(final SplittableRandom random, final int samples)
    {
        final LaneFixture lane = producers.get(producers.size() - 1);
        for (int i = 0; i < samples; i++)
        {
            final long flopCount = random.nextLong(1L << 40);
            lane.add(random.nextInt(NODES), flopCount);
            truth = truth.add(BigInteger.valueOf(flopCount));
        }
        if (0 == random.nextInt(3))
        {
            lane.closeBatch();
        }
    }

    /** The program ends, and its supervisor says so. */
    void end()
    {
        if (!isEnded)
        {
            isEnded = true;
            producers.forEach(lane ->
            {
                lane.closeBatch();
                lanes.alivePids.remove(lane.bytes.getInt(24));
            });
            put(SteppedSidecar.FACTS,
                END.formatted(number, beginNs, beginNs + 1, monotonicNs, monotonicNs + 1));
        }
    }

    /** Its meter has died; what a mistake would leave behind. */
    void meterDied(final ServedPlant plant)
    {
        if (ServedPlant.ANOTHER_RUN == plant)
        {
            nonce(control.getLong(ControlDescriptor.METER_NONCE_OFFSET) + 1_000_000);
        }
        else if (ServedPlant.ACCOUNT_FORGOTTEN == plant)
        {
            system.volume().dropAll(directory + "/account-");
        }
    }

    /** Shared memory is gone, and all that was in it. */
    void lost()
    {
        isLost = true;
    }

    /** True when the result is there: it is exact, and the directory is cleared up. */
    boolean takeResult(final Supplier<String> where)
    {
        final Volume volume = system.volume();
        final Volume.Node result = volume.find(directory + '/' + SteppedSidecar.RESULT);
        if (null == result)
        {
            return false;
        }
        final JsonNode json = JsonMapper.shared().readTree(result.contents());
        final String summary =
            new String(volume.find(directory + '/' + SteppedSidecar.SUMMARY).contents(), StandardCharsets.UTF_8);
        final BigInteger counted = new BigInteger(json.at("/flop/lower").asString());
        final boolean isTold = !json.path("findings").isEmpty();
        // A lane that could not be mapped is told of; never is there more than was done.
        if (counted.compareTo(truth) > 0 || !isTold && (!counted.equals(truth) || !json.path("conserved").asBoolean()))
        {
            throw new Oracle.Broken("run " + number + " did " + truth + ", the result says " + json.path("flop") +
                ", findings " + json.path("findings") + "; " + where.get());
        }
        resultFlop = FlopCount.of(counted);
        isBooked = !summary.contains(NOT_BOOKED);
        volume.dropAll(directory + '/');
        volume.dropAll(directory);
        return true;
    }

    /** The ledger never has more of it than was done, and all of it once it was said to be booked. */
    void assertNotMore(final EpochState found, final Supplier<String> where)
    {
        final FlopCount done = FlopCount.of(truth);
        final FlopCount counted = null == found ? FlopCount.ZERO : found.counted();
        if (counted.compareTo(done) > 0)
        {
            throw new Oracle.Broken(
                "run " + number + " did " + done + ", the ledger has " + counted + "; " + where.get());
        }
        if (isBooked && !counted.equals(resultFlop))
        {
            throw new Oracle.Broken("run " + number + " was booked with " + resultFlop + ", the ledger has " + counted +
                "; " + where.get());
        }
    }

    /** At the very end: what is not exact is an interval that has it. */
    void assertEnded(final EpochState found, final Supplier<String> where)
    {
        if (null == found)
        {
            if (isBooked && !resultFlop.isZero())
            {
                throw new Oracle.Broken("run " + number + " was booked and is not in the ledger; " + where.get());
            }
            return;
        }
        final FlopCount done = FlopCount.of(truth);
        final boolean isWithin = found.flop().lower().compareTo(done) <= 0 &&
            (!found.flop().isBounded() || found.flop().upper().compareTo(done) >= 0);
        if (!found.isClosed() || !isWithin)
        {
            throw new Oracle.Broken("run " + number + (isLost ? ", lost," : "") + " did " + done +
                ", which is not within " + found.flop() + ", closed " + found.isClosed() + "; " + where.get());
        }
    }
}
