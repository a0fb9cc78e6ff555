/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerState;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verified;
import org.flopmeter.node.Main;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Suite;
import org.flopmeter.wire.LaneFixture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Services that make up names without end, and names that are none, before a sidecar's process with the heap that the
 * launcher gives it and no more: it lives, and the ledger has every FLOP.
 */
final class SidecarFloodTest
{
    private static final int LANES = Suite.rounds(2100, 15_625);
    private static final int LANES_AT_ONCE = 256;
    /** Of ended processes the newest lanes stay. */
    private static final int DEAD_LANES_KEPT = 32;
    private static final int HOSTILE_EVERY = 20;
    private static final int RING_CAPACITY = 4096;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(240);
    private static final long POLL_NS = 50_000_000L;
    private static final int KEYS_TOLD_APART = 1 << 17;
    private static final String[] HOSTILE = { "\u001b[2J", "a\nb", "a\u0000b", "x y", "\"; DROP", "../../x", "\u007f" };

    private Path place;
    private Path state;
    private Path services;
    private Process sidecar;
    private BigInteger truth = BigInteger.ZERO;
    private long nonces = 1;
    private int hostileLanes;

    @BeforeEach
    void start() throws IOException
    {
        place = SidecarScene.newPlace("flood-");
        state = Files.createTempDirectory("flopmeter-flood-state-");
        services = place.resolve(RunFacts.SERVICES);
        sidecar = newSidecar();
        await(() -> Files.exists(services.resolve("control")), "it does not begin");
    }

    @AfterEach
    void end() throws IOException
    {
        sidecar.destroyForcibly().onExit().join();
        SidecarScene.delete(place);
        SidecarScene.delete(state);
    }

    private Process newSidecar() throws IOException
    {
        return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xms8m", "-XX:NewSize=4m", "-Xmx512m",
            "-XX:+ExitOnOutOfMemoryError", "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED",
            "-Dflopmeter.native.path=" + System.getProperty("flopmeter.native.path"),
            "-cp", System.getProperty("java.class.path"), Main.class.getName(), "sidecar", "--place", place.toString(),
            "--dir", state.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(place.resolve("sidecar.log").toFile())).start();
    }

    /** Something to wait for. */
    private interface Condition
    {
        boolean isTrue() throws IOException;
    }

    private void await(final Condition condition, final String what) throws IOException
    {
        final long endNs = System.nanoTime() + PATIENCE_NS;
        while (!condition.isTrue())
        {
            final boolean isLate = System.nanoTime() > endNs;
            assertTrue(!isLate && sidecar.isAlive(), () -> what + ": " + log());
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private String log()
    {
        try
        {
            final String whole = Files.readString(place.resolve("sidecar.log"));
            return whole.substring(Math.max(0, whole.length() - 2000));
        }
        catch (final IOException ex)
        {
            return ex.toString();
        }
    }

    private long lanes() throws IOException
    {
        try (Stream<Path> files = Files.list(services))
        {
            return files.filter(file -> file.toString().endsWith(".lane")).count();
        }
    }

    /** A process that has ended: a run for each slot, and no other lane has it. */
    private void flood() throws IOException
    {
        final LaneFixture lane = LaneFixture.dead(services, ++nonces, RING_CAPACITY);
        for (int slot = 0; slot < LaneFixture.SLOTS; slot++)
        {
            lane.slot(String.format(Locale.ROOT, "%d.%d-_:%050d", slot, lane.nonce, 7));
            lane.add(slot, -1L - slot);
        }
        lane.closeBatch();
        truth = truth.add(lane.total());
    }

    private void beHostile() throws IOException
    {
        final LaneFixture lane = LaneFixture.dead(services, ++nonces, RING_CAPACITY);
        lane.slot(HOSTILE[hostileLanes++ % HOSTILE.length]);
        lane.add(0, 7);
        lane.closeBatch();
    }

    private Verification ledger()
    {
        try
        {
            return Verified.of(state);
        }
        catch (final IOException | LedgerException notNow)
        {
            // It is not there yet, or a block of all keys is being written.
            return null;
        }
    }

    private boolean isAllBooked()
    {
        final Verification verification = ledger();
        FlopCount sum = FlopCount.ZERO;
        if (null != verification)
        {
            for (final LedgerState.EpochState epoch : verification.state().epochs())
            {
                sum = sum.add(epoch.counted());
            }
        }
        return truth.equals(sum.toBigInteger());
    }

    private long residentPeakKib() throws IOException
    {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + sidecar.pid() + "/status")))
        {
            return Long.parseLong(
                lines.filter(line -> line.startsWith("VmHWM:")).findFirst().orElseThrow().replaceAll("[^0-9]", ""));
        }
    }

    @Test
    void shouldBookEveryFlopOfAFloodInBoundedMemory() throws Exception
    {
        for (int i = 0; i < LANES; i++)
        {
            flood();
            if (0 == i % HOSTILE_EVERY)
            {
                beHostile();
            }
            if (0 == i % LANES_AT_ONCE)
            {
                // Maps of files that are gone are memory until they are collected.
                System.gc();
                await(() -> lanes() <= LANES_AT_ONCE + hostileLanes, "lanes are not retired");
            }
        }
        await(this::isAllBooked, "not booked");
        final long peakKib = residentPeakKib();
        final String status = Files.readString(place.resolve(MeterPlace.STATUS));
        assertTrue(status.chars().allMatch(c -> c >= ' ' && 0x7F != c || '\n' == c), "a control character in a status");

        sidecar.destroy();
        assertTrue(sidecar.waitFor(PATIENCE_NS, TimeUnit.NANOSECONDS));
        assertEquals(0, sidecar.exitValue(), this::log);
        final Verification verification = ledger();
        assertEquals(List.of(), verification.findings());
        assertTrue(isAllBooked());
        long keys = 0;
        for (final LedgerState.EpochState epoch : verification.state().epochs())
        {
            keys += epoch.keys().size();
        }
        assertTrue(keys > KEYS_TOLD_APART, "keys " + keys);
        System.out.println("flood: " + LANES * LaneFixture.SLOTS + " names and " + hostileLanes +
            " lanes with names that are none; " + keys + " keys in " + verification.blocks() +
            " blocks, resident at most " + (peakKib >> 10) + " MiB");
        assertNextGoesOn();
    }

    /** Another sidecar after it: what is there is there once, and a byte too many would be seen. */
    private void assertNextGoesOn() throws IOException
    {
        sidecar = newSidecar();
        for (int i = 0; i < 2 * DEAD_LANES_KEPT; i++)
        {
            flood();
        }
        await(this::isAllBooked, "not booked by the next");
        for (int i = 0; i < DEAD_LANES_KEPT; i++)
        {
            flood();
        }
        // What was booked by name a moment ago is under no name now, in the meter.
        await(() -> lanes() <= DEAD_LANES_KEPT + 1 + hostileLanes, "lanes are not retired");
        await(this::isAllBooked, "what lost its name is booked otherwise");
        truth = truth.add(BigInteger.ONE);
        assertTrue(!isAllBooked());
    }
}
