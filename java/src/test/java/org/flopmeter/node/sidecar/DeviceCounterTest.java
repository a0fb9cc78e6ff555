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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.flopmeter.node.run.DeviceNote;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program that reads devices, dies, hangs and is missing. */
class DeviceCounterTest
{
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONG_MS = TimeUnit.HOURS.toMillis(1);

    @TempDir
    private Path folder;

    private DeviceCounter counter;

    @AfterEach
    void tearDown()
    {
        if (null != counter)
        {
            counter.close();
        }
    }

    private void start(final String script, final long hangMs) throws IOException
    {
        final Path program = Files.writeString(folder.resolve("program"), "cd '" + folder + "'\n" + script);
        counter = new DeviceCounter(List.of("sh", program.toString()), folder,
            new DeviceCounter.Pauses(1, 1, hangMs), System::nanoTime, Thread::onSpinWait);
        counter.serve();
    }

    private static void await(final BooleanSupplier condition)
    {
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean())
        {
            assertTrue(System.nanoTime() < deadlineNs, "it does not become so");
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private boolean isSaid(final String detail)
    {
        return DeviceCounter.FAILED.equals(counter.state().state()) && counter.state().detail().contains(detail);
    }

    @Test
    void shouldFollowADeadOneByAnother() throws IOException
    {
        start("echo \"$FLOPMETER_LANE_DIR\" >> lives\n[ $(wc -l < lives) -ge 3 ] && exec sleep 600\nexit 7\n", LONG_MS);

        await(() -> 3 == counter.state().starts() && DeviceCounter.RUNNING.equals(counter.state().state()));
        await(() -> 3 == lives());

        assertEquals(List.of(folder.toString(), folder.toString(), folder.toString()), lines());
    }

    private long lives()
    {
        return lines().size();
    }

    private List<String> lines()
    {
        try
        {
            return Files.readAllLines(folder.resolve("lives"));
        }
        catch (final IOException notYet)
        {
            return List.of();
        }
    }

    @Test
    void shouldSayWhyNobodyReads() throws IOException
    {
        start("exit 7\n", LONG_MS);
        await(() -> isSaid("ended with 7"));
        counter.close();

        counter = new DeviceCounter(List.of(folder.resolve("none").toString()), folder,
            new DeviceCounter.Pauses(1, 1, LONG_MS), System::nanoTime, Thread::onSpinWait);
        counter.serve();
        await(() -> isSaid("flopmeter-counter: "));
        assertEquals(0, counter.state().starts());
    }

    @Test
    void shouldEndOneThatSaysNothing() throws IOException
    {
        start("exec sleep 600\n", 20);

        await(() -> isSaid("said nothing") || counter.state().starts() > 1);
        await(() -> counter.state().starts() > 1);
    }

    @Test
    void shouldLetOneAliveThatGoesOnSaying() throws IOException
    {
        final long hourNs = TimeUnit.HOURS.toNanos(1);
        Files.writeString(folder.resolve(DeviceNote.FILE), "{\"schema\": \"flopmeter/devices/v1\", " +
            "\"beginMonotonicNs\": 1, \"coveredMonotonicNs\": 2, \"writtenMonotonicNs\": " +
            (System.nanoTime() + hourNs) + "}");
        start("echo >> lives; exec sleep 600\n", 1);
        final long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(300);

        await(() -> 1 == lives() && System.nanoTime() > endNs);

        assertEquals(1, counter.state().starts());
    }

    @Test
    void shouldLetItReadALastTime() throws IOException
    {
        start("trap 'echo > last; exit 0' TERM\necho >> lives\nwhile :; do sleep 0.01; done\n", LONG_MS);
        await(() -> 1 == lives());

        counter.close();

        assertTrue(Files.exists(folder.resolve("last")));
        assertEquals(DeviceCounter.RUNNING, counter.state().state(), "an end that was asked for is no failure");
    }
}
