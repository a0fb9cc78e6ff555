/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.flopmeter.aggregate.Gap;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verified;
import org.flopmeter.node.Main;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.meter.KillScene;
import org.flopmeter.node.run.DeviceNote;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.wire.ControlDescriptor;
import org.flopmeter.wire.ControlReader;
import org.flopmeter.wire.GapReason;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.MappedLane;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The real sidecar process, the real counter process and its lanes; only the GPU is not real. */
class SidecarDevicesIT
{
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(240);
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final String NATIVE_PATH = "flopmeter.native.path";

    @TempDir
    private Path work;
    private Path place;
    private Process sidecar;

    @BeforeEach
    void setUp() throws IOException
    {
        FakeGpus.assumeThere();
        place = SidecarScene.newPlace("devices-it-");
        Files.createSymbolicLink(work.resolve("lib"), Path.of(System.getProperty(NATIVE_PATH)));
        FakeGpus.program(Files.createDirectory(work.resolve("bin")).resolve("flopmeter-counter"), "busy");
    }

    @AfterEach
    void tearDown() throws Exception
    {
        if (null != sidecar)
        {
            sidecar.destroyForcibly().waitFor();
        }
        SidecarScene.delete(place);
        Files.delete(work.resolve("lib"));
    }

    /** Its counter lies beside its libraries. */
    private void start() throws IOException
    {
        final String path = System.getProperty(NATIVE_PATH);
        try
        {
            System.setProperty(NATIVE_PATH, work.resolve("lib").toString());
            sidecar = KillScene.startMeter(work.resolve("log"), false, "java", Main.class.getName(), "sidecar",
                "--place", place.toString(), "--dir", work.resolve("state").toString(), "--gpus");
        }
        finally
        {
            System.setProperty(NATIVE_PATH, path);
        }
    }

    private void await(final Callable<Boolean> condition, final String what) throws Exception
    {
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        while (!condition.call())
        {
            assertTrue(System.nanoTime() < deadlineNs, () -> what + ": " + log());
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private String log()
    {
        try
        {
            return Files.readString(work.resolve("log"));
        }
        catch (final IOException ex)
        {
            return ex.getMessage();
        }
    }

    private JsonNode status()
    {
        return StatusReport.read(place, new NativeLaneMapper(), Path.of("/proc")).json();
    }

    private FlopCount end(final String name)
    {
        final String text = status().path("devices").path("all").path(name).asString("0");
        return text.matches("[0-9]+") ? FlopCount.parse(text) : FlopCount.ZERO;
    }

    private Optional<ProcessHandle> counter()
    {
        return FakeGpus.counterOf(sidecar.toHandle());
    }

    /** Of the one epoch that there is. */
    private FlopInterval booked() throws IOException
    {
        final Verification ledger = Verified.of(work.resolve("state"));
        assertEquals(List.of(), ledger.findings());
        assertEquals(1, ledger.state().epochs().size(), "one epoch, whoever books it");
        return ledger.state().epochs().iterator().next().flop();
    }

    @Test
    void shouldMeterGpusThroughEveryDeath() throws Exception
    {
        start();
        await(() -> !end("point").isZero(), "nothing is read");
        await(() -> DeviceCounter.RUNNING.equals(status().at("/sidecar/devices/state").asString()), "not told");
        final FlopCount first = end("point");
        final FlopCount firstUpper = end("upper");

        counter().orElseThrow().destroyForcibly();
        await(() -> 2 == status().at("/sidecar/devices/starts").asInt(), "the counter is not followed by another");
        await(() -> end("point").compareTo(first) > 0, "the next one reads nothing");
        assertTrue(end("upper").compareTo(firstUpper) > 0, "the gap has no upper end");

        final ProcessHandle orphan = counter().orElseThrow();
        sidecar.destroyForcibly().waitFor();
        await(() -> !orphan.isAlive(), "the counter outlives the sidecar");
        final FlopCount second = end("point");
        start();
        await(() -> booked().point().compareTo(second) > 0, "what the next sidecar reads is not booked");

        final FlopInterval third = booked();
        assertTrue(third.isBounded() && third.upper().compareTo(firstUpper) > 0, third::toString);
        sidecar.destroy();
        assertEquals(0, sidecar.waitFor(), this::log);
        assertTrue(booked().point().compareTo(third.point()) >= 0 && booked().point().compareTo(end("point")) <= 0,
            () -> third + " was booked, and " + end("point") + " read");
    }

    private String metered(final String command)
    {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        assertEquals(ExitCode.DONE, Main.run(stream, stream, command, "--wait", "120", place.toString()),
            bytes::toString);
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** By the counter itself, beside its lanes. */
    private String counted(final String name)
    {
        return DeviceNote.read(DeviceCounter.directoryIn(place)).json().at("/devices/0/counted/" + name).asString("");
    }

    /** In a pause both stand still: each FLOP that was read is committed, and once. */
    private void awaitAllCommitted() throws Exception
    {
        await(() -> counted("lower").equals(end("lower").toString()) &&
            counted("point").equals(end("point").toString()), "lanes and the counter's own sum differ");
    }

    private List<Gap> pauses() throws IOException, LaneViolation
    {
        final List<Gap> gaps = new ArrayList<>();
        try (MappedLane control =
            new NativeLaneMapper().map(DeviceCounter.directoryIn(place), "control", ControlDescriptor.FILE_LENGTH))
        {
            assertEquals(0, new ControlReader(control).gaps((source, reason, pid, beginNs, endNs, samples, joined) ->
                gaps.add(new Gap(source, reason, pid, beginNs, endNs, samples, joined))));
        }
        return gaps.stream().filter(gap -> GapReason.COUNTER_PAUSED == gap.reason()).toList();
    }

    @Test
    void shouldPauseAndResumeWithNothingCountedTwice() throws Exception
    {
        start();
        await(() -> !end("point").isZero(), "nothing is read");

        final long wishedNs = System.nanoTime();
        final String paused = metered("pause");
        final long pausedNs = System.nanoTime();
        assertTrue(paused.contains("paused " + DeviceCounter.directoryIn(place) + ": flopmeter-counter (pid "), paused);
        awaitAllCommitted();
        final FlopCount before = end("point");
        final FlopCount upper = end("upper");
        await(() -> end("upper").compareTo(upper) > 0, "a pause has no upper end");
        await(() -> booked().point().equals(before), "the ledger has another figure than what was read");
        assertEquals(before, end("point"), "it is counted while it is paused");
        assertEquals(1, pauses().size());
        final Gap open = pauses().get(0);
        assertTrue(wishedNs <= open.beginNs() && open.beginNs() <= pausedNs && open.isOpen(),
            open::toString);
        assertEquals("devices", status().at("/pauses/1/what").asString(), () -> status().path("pauses").toString());
        assertEquals("PAUSED", status().at("/pauses/1/state").asString());

        final long backNs = System.nanoTime();
        final String resumed = metered("resume");
        final long resumedNs = System.nanoTime();
        assertTrue(resumed.contains("counting " + DeviceCounter.directoryIn(place)), resumed);
        await(() -> end("point").compareTo(before) > 0, "it does not come back");
        final Gap closed = pauses().get(0);
        assertTrue(open.beginNs() == closed.beginNs() && backNs <= closed.endNs() && closed.endNs() <= resumedNs,
            closed::toString);
        assertEquals(0, status().path("pauses").size());

        metered("pause");
        awaitAllCommitted();
        final FlopCount after = end("point");
        await(() -> booked().point().equals(after), "what was read after the pause is not booked, or twice");
        assertTrue(booked().isBounded() && booked().upper().compareTo(upper) > 0, () -> end("upper").toString());
        await(() -> 1 == status().at("/sidecar/devices/starts").asInt(), "one process, one sum");
        metered("resume");
        sidecar.destroy();
        assertEquals(0, sidecar.waitFor(), this::log);
        assertEquals(2, pauses().size(), "a pause of its own for each");
    }

    /** The planted counter says that it has let go, and reads on: what the test above looks at must show it. */
    @Test
    void shouldSeeACounterThatHoldsOnInAPause() throws Exception
    {
        FakeGpus.holdingOn(work.resolve("bin/flopmeter-counter"));
        start();
        await(() -> !end("point").isZero(), "nothing is read");

        metered("pause");

        awaitAllCommitted();
        final FlopCount before = end("point");
        await(() -> end("point").compareTo(before) > 0, "the planted one is not seen");
    }
}
