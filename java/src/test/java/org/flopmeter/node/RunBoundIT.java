/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tries to execute more than {@code upper} says is possible, with arithmetic that nothing can see, and must fail to.
 */
class RunBoundIT
{
    private static final String WORKER = MeteredRun.WORKER.toString();

    @TempDir
    private Path work;

    @Test
    void shouldCoverUnseenArithmeticOnAllCores() throws Exception
    {
        final MeteredRun run = new MeteredRun(work).run(WORKER, "fma", "300000000");

        assertEquals(BigInteger.ZERO, run.lower());
        assertCovered(run, run.printed());
    }

    @Test
    void shouldCoverUnseenArithmeticOfForgottenChildren() throws Exception
    {
        // With SIGCHLD ignored nobody is told the CPU time of children: a tally, or wall time x CPUs, must cover them.
        final MeteredRun run = new MeteredRun(work)
            .run("sh", "-c", "trap '' CHLD; " + WORKER + " fma 100000000; " + WORKER + " fma 100000000");

        final BigInteger executed = run.stdout().lines().map(BigInteger::new)
            .reduce(BigInteger.ZERO, BigInteger::add);
        assertCovered(run, executed);
    }

    @Test
    void shouldCoverUnseenArithmeticOfDaemons() throws Exception
    {
        final MeteredRun run = new MeteredRun(work)
            .run("sh", "-c", "(setsid " + WORKER + " fma 100000000 &) | cat");

        assertCovered(run, run.printed());
    }

    private static void assertCovered(final MeteredRun run, final BigInteger executed) throws Exception
    {
        final String upper = run.result().at("/flop/upper").asString();
        assertTrue("unbounded".equals(upper) || new BigInteger(upper).compareTo(executed) >= 0,
            () -> "executed " + executed + " FLOP, upper says " + upper);
        assertTrue(executed.signum() > 0);
    }
}
