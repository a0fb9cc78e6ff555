/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerState.EpochState;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verified;
import org.flopmeter.node.Main;
import org.flopmeter.node.booking.LedgerThread;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.wire.LaneMapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What a real counter reads of a fake GPU, from its lanes to the ledger and the status. */
final class LedgerDevicesTest
{
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);
    private static final DeviceCounter.Pauses SHORT = new DeviceCounter.Pauses(1, 1, TimeUnit.HOURS.toMillis(1));
    private static final String INTERVAL_MS = "20";

    private final LaneMapper mapper = new NativeLaneMapper();
    private final List<String> said = new ArrayList<>();
    private final long uid = StateDirectory.uid();

    @TempDir
    private Path folder;
    private Path place;
    private Path state;
    private Sidecar sidecar;
    private LedgerThread thread;
    private DeviceCounter counter;

    @BeforeEach
    void setUp() throws IOException
    {
        FakeGpus.assumeThere();
        place = SidecarScene.newPlace("devices-");
        state = Files.createDirectory(folder.resolve("state"));
    }

    @AfterEach
    void tearDown() throws IOException
    {
        stop();
        SidecarScene.delete(place);
    }

    private void start(final String script) throws IOException
    {
        final Path program = FakeGpus.program(folder.resolve("counter"), script);
        sidecar = new Sidecar(List.of(MeterPlace.hold(place, uid)), mapper, uid, CpuBudget.NONE, said::add);
        thread = new LedgerThread(INTERVAL_NS, true, said::add);
        sidecar.bookWith(thread, state, sidecar::lookSoon);
        sidecar.add(StandingDirectory.open(place, RunFacts.DEVICES, uid, mapper, sidecar));
        counter = new DeviceCounter(List.of(program.toString(), "devices", "--interval-ms", INTERVAL_MS, "--parent",
            Long.toString(ProcessHandle.current().pid()), "--place", place.toString()), directory(), SHORT,
            mapper::nanoTime, sidecar::noteChange);
        sidecar.watchDevices(counter);
        counter.serve();
    }

    private void stop()
    {
        if (null != sidecar)
        {
            counter.close();
            sidecar.close();
            thread.close();
        }
        sidecar = null;
    }

    private Path directory()
    {
        return place.resolve(RunFacts.DEVICES);
    }

    private void cycleUntil(final BooleanSupplier condition)
    {
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean())
        {
            assertTrue(System.nanoTime() < deadlineNs, () -> "it does not become so: " + said);
            sidecar.cycle();
            LockSupport.parkNanos(INTERVAL_NS / 20);
        }
    }

    private Verification ledger()
    {
        try
        {
            return Verified.of(state);
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException(ex);
        }
    }

    /** Of the one epoch; unbounded and nothing before there is one. */
    private FlopInterval booked()
    {
        if (!Files.isDirectory(state.resolve(LedgerHome.DIRECTORY)))
        {
            return FlopInterval.unbounded(FlopCount.ZERO, FlopCount.ZERO);
        }
        final List<EpochState> epochs = new ArrayList<>(ledger().state().epochs());
        return epochs.isEmpty() ? FlopInterval.unbounded(FlopCount.ZERO, FlopCount.ZERO) : epochs.get(0).flop();
    }

    private JsonNode status()
    {
        return StatusReport.read(place, mapper, Path.of("/proc")).json().path("devices");
    }

    private boolean isBookedBeyond(final FlopInterval then)
    {
        final FlopInterval now = booked();
        return now.isBounded() && now.point().compareTo(then.point()) > 0;
    }

    @Test
    void shouldBookWhatADeviceDidWithItsThreeEnds() throws IOException
    {
        start("busy");

        cycleUntil(() -> isBookedBeyond(FlopInterval.ZERO));

        final JsonNode total = status().path("totals").path(0);
        assertEquals(RunFacts.HOST, total.path("run").asString(), () -> status().toString());
        assertEquals(FakeGpus.NODE, total.path("node").asString());
        assertEquals("gpm", status().at("/devices/0/provider").asString());
        assertEquals("nobody", status().at("/devices/0/tenant").asString());
        assertEquals(0, status().path("notRead").size());
        assertTrue(booked().upper().compareTo(booked().point()) > 0, "pipes tell no exact count");
        assertEquals(List.of(), ledger().findings());
        assertEquals(1, ledger().state().epochs().size());
        final String text = StatusReport.read(place, mapper, Path.of("/proc"))
            .text(0, Messages.of(Map.of("LANG", "C")));
        assertTrue(text.contains("gpus: 1 read, 0 not read") && text.contains("host / " + FakeGpus.NODE), text);
        assertTrue(assessed().contains("0  " + FakeGpus.NODE + "  GPU  NVIDIA H200  gpm AVAILABLE  now: nobody"));
    }

    /** What assess makes of the status. */
    private String assessed() throws IOException
    {
        final Path file = Files.writeString(state.resolve("status.json"),
            StatusReport.read(place, mapper, Path.of("/proc")).json().toString());
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        assertEquals(ExitCode.DONE,
            Main.run(stream, stream, "assess", "--plan", "1e20", "--host-gpus", file.toString()), bytes::toString);
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** The counter is killed, then the sidecar goes: who comes next goes on with the same epoch, and bounds the gap. */
    @Test
    void shouldGoOnAfterEachDeath() throws IOException
    {
        start("busy");
        cycleUntil(() -> isBookedBeyond(FlopInterval.ZERO));
        final FlopInterval first = booked();
        FakeGpus.counterOf(ProcessHandle.current()).orElseThrow().destroyForcibly();

        cycleUntil(() -> 2 == counter.state().starts() && isBookedBeyond(first));

        final FlopInterval second = booked();
        assertTrue(second.upper().compareTo(first.upper()) > 0);
        assertEquals(List.of(), ledger().findings());
        stop();
        start("busy");
        cycleUntil(() -> isBookedBeyond(second));
        assertEquals(List.of(), ledger().findings());
        assertEquals(1, ledger().state().epochs().size(), "one epoch, whoever books it");
        assertFalse(ledger().state().epochs().iterator().next().isClosed());
    }

    /** Nothing is read, so nothing bounds what was done: it is said, and no zero is booked. */
    @Test
    void shouldSayThatADeviceCanNotBeRead() throws IOException
    {
        start("absent");

        cycleUntil(() -> 1 == status().path("notRead").size());

        assertEquals("0", status().at("/notRead/0/name").asString());
        assertEquals("unbounded", status().at("/all/upper").asString(), () -> status().toString());
        final String text = StatusReport.read(place, mapper, Path.of("/proc"))
            .text(0, Messages.of(Map.of("LANG", "C")));
        assertTrue(text.contains("!!! 0: ABSENT"), text);
    }
}
