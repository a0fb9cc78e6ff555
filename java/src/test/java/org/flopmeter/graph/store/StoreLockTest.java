/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What another process holds. */
@Tag("process")
class StoreLockTest
{
    private static final long LONG_NS = TimeUnit.MINUTES.toNanos(2);

    @TempDir
    private Path state;

    private GraphStore store;
    private Process holder;

    @BeforeEach
    void open()
    {
        store = new GraphStore(state, 1);
        new GraphStore(state, LONG_NS).append(List.of(Records.begun("one", 1)));
    }

    private void hold(final String how) throws Exception
    {
        holder = new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"), "-Xmx64m", "-XX:TieredStopAtLevel=1",
            "-cp", System.getProperty("java.class.path"), LockHoldingProcess.class.getName(), state.toString(), how)
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        assertEquals("held", holder.inputReader().readLine());
    }

    private void letGo() throws Exception
    {
        holder.outputWriter().close();
        assertEquals(0, holder.waitFor());
    }

    @AfterEach
    void end()
    {
        holder.destroyForcibly();
    }

    @Test
    void shouldReadWithOtherReadersAndWriteAlone() throws Exception
    {
        hold("shared");
        assertEquals(1, store.read().entries().size());
        assertBusy(() -> store.append(List.of(Records.begun("two", 2))));
        letGo();
        hold("alone");
        assertBusy(store::read);
        // Whoever gave up holds nothing: any thread is told the same at once, and finds it free afterwards.
        assertEquals(List.of(), GraphStoreTest.failuresElsewhere(() -> assertBusy(store::read)));
        letGo();
        assertEquals(List.of(),
            GraphStoreTest.failuresElsewhere(() -> assertEquals(1, store.read().entries().size())));
    }

    private void assertBusy(final Runnable use)
    {
        final String message = assertThrows(GraphStoreException.class, use::run).getMessage();
        assertEquals(state.resolve("lock") + ": locked by another process for more than 0 ms", message);
    }

    @Test
    void shouldWaitUntilItIsFree() throws Exception
    {
        hold("alone");
        final List<Integer> found = new ArrayList<>();
        final Thread reader = new Thread(() -> found.add(new GraphStore(state, LONG_NS).read().entries().size()));
        reader.start();
        while (reader.isAlive() && Thread.State.TIMED_WAITING != reader.getState())
        {
            Thread.onSpinWait();
        }
        assertTrue(reader.isAlive(), "it waits");
        letGo();
        reader.join();
        assertEquals(List.of(1), found);
    }
}
