/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verified;
import org.flopmeter.node.Main;
import org.flopmeter.node.meter.KillScene;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
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
}
