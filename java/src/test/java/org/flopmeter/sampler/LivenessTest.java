/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is alive: a wrong "dead" costs FLOP, a wrong "alive" some memory. */
final class LivenessTest
{
    private static final int START_TICKS_AFTER_COMM = 19;

    private final NativeLaneMapper mapper = new NativeLaneMapper();
    private int pid;
    private long startTicks;
    private long namespace;

    @BeforeEach
    void setUp() throws IOException
    {
        pid = (int)ProcessHandle.current().pid();
        startTicks = startTicks(pid);
        namespace = ((Number)Files.getAttribute(Path.of("/proc/self/ns/pid"), "unix:ino")).longValue();
        try
        {
            mapper.isAlive(pid, startTicks, namespace);
        }
        catch (final UnsatisfiedLinkError ex)
        {
            assumeTrue(false, "no native library: " + ex.getMessage());
        }
    }

    @Test
    void shouldTellTheLivingFromTheDead() throws Exception
    {
        final Process process = new ProcessBuilder("cat").start();
        final int child = (int)process.pid();
        final long childTicks = startTicks(child);
        assertTrue(mapper.isAlive(pid, startTicks, namespace));
        assertTrue(mapper.isAlive(child, childTicks, namespace));

        process.getOutputStream().close();
        assertEquals(0, process.waitFor());

        assertFalse(mapper.isAlive(child, childTicks, namespace), "a process that was waited for");
    }

    @Test
    void shouldNotTakeAReusedPidForItsFirstOwner()
    {
        assertFalse(mapper.isAlive(pid, startTicks + 1, namespace));
        assertFalse(mapper.isAlive(pid, startTicks - 1, namespace));
    }

    @Test
    void shouldJudgeNobodyOfAnotherPidNamespace()
    {
        final int nobody = Integer.MAX_VALUE - 1;
        assertFalse(mapper.isAlive(nobody, startTicks, namespace));
        assertTrue(mapper.isAlive(nobody, startTicks, namespace + 1));
        assertTrue(mapper.isAlive(nobody, startTicks, 0), "an unknown namespace may be another one");
    }

    @Test
    void shouldTakeAZombieForDead(@TempDir final Path folder) throws Exception
    {
        // The shell's child ends when its parent is a program that knows nothing of it, and so does not wait for it: a
        // shell that still was one would.
        final Path end = folder.resolve("end");
        final Process process = new ProcessBuilder(
            "sh", "-c", "mkfifo \"$0\"; (read line <\"$0\") & echo $!; exec cat", end.toString()).start();
        final StringBuilder digits = new StringBuilder();
        for (int c = process.getInputStream().read(); c >= '0'; c = process.getInputStream().read())
        {
            digits.append((char)c);
        }
        final int zombie = Integer.parseInt(digits.toString());
        final long ticks = startTicks(zombie);
        final long deadlineNs = System.nanoTime() + 30_000_000_000L;
        final Path comm = Path.of("/proc/" + process.pid() + "/comm");
        while (System.nanoTime() < deadlineNs && !"cat".equals(Files.readString(comm).strip()))
        {
            Thread.onSpinWait();
        }
        Files.writeString(end, "\n");
        while (System.nanoTime() < deadlineNs && 'Z' != stateOf(zombie))
        {
            Thread.onSpinWait();
        }

        assertEquals('Z', stateOf(zombie));
        assertFalse(mapper.isAlive(zombie, ticks, namespace));
        process.getOutputStream().close();
        process.waitFor();
    }

    private static char stateOf(final int pid) throws IOException
    {
        return afterComm(pid).charAt(0);
    }

    private static long startTicks(final int pid) throws IOException
    {
        return Long.parseLong(afterComm(pid).split(" ")[START_TICKS_AFTER_COMM]);
    }

    private static String afterComm(final int pid) throws IOException
    {
        final String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2);
    }
}
