/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.fork;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.bench.BenchException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class RealtimeTest
{
    private static final String COMMAND_PROPERTY = "flopmeter.bench.chrt";

    /** Its own scheduling policy: word 41 of proc_pid_stat(5), 2 is SCHED_RR. */
    public static final class Policy implements Measurement
    {
        @Override
        public void run(final Settings settings, final Results out) throws IOException
        {
            final String stat = Files.readString(Path.of("/proc/thread-self/stat"));
            out.add("policy", stat.substring(stat.lastIndexOf(')') + 2).split(" ")[38]);
        }
    }

    @AfterEach
    void forget()
    {
        System.clearProperty(Realtime.PROPERTY);
        System.clearProperty(COMMAND_PROPERTY);
    }

    @Test
    void shouldRunWhatIsTimedBeforeAllElseAndTheMeterNever() throws InterruptedException
    {
        assertEquals(0, Fork.run(Policy.class, Settings.of(List.of())).number("policy"));
        try
        {
            Realtime.ask();
        }
        catch (final BenchException ex)
        {
            assumeTrue(false, "SKIPPED: " + ex.getMessage());
        }
        assertTrue(Realtime.isAsked());
        assertEquals(2, Fork.run(Policy.class, Settings.of(List.of())).number("policy"));
        assertEquals(0, Fork.runAsDeployed(Policy.class, Settings.of(List.of())).number("policy"));
    }

    @Test
    void shouldSayWhyItCanNotBeHad()
    {
        System.setProperty(COMMAND_PROPERTY, "false");
        assertTrue(assertThrows(BenchException.class, Realtime::ask).getMessage()
            .startsWith("--realtime: it takes root or CAP_SYS_NICE"));
        System.setProperty(COMMAND_PROPERTY, "/nonexistent/chrt");
        assertTrue(assertThrows(BenchException.class, Realtime::ask).getMessage()
            .startsWith("--realtime: chrt of util-linux is expected"));
        assertFalse(Realtime.isAsked());
    }
}
