/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real programs die at every operation of a small session, a write after several lengths; the next one goes on. */
class LedgerKillTest
{
    private static final int[] TORN = { 0, 7, 64, 200, 1 << 20 };
    private static final int KILLS = Suite.rounds(16, 150);
    private static final long PATIENCE_S = 120;

    @TempDir
    private Path root;
    private int directories;

    /** What a program said before its end. */
    private record Said(int exitCode, int durable, int operations)
    {
    }

    private Path newDirectory() throws IOException
    {
        final Path directory = Files.createDirectory(root.resolve("ledger-" + directories++));
        KeyFiles.create(directory.resolve(LedgerHome.KEY), Session.SIGNER);
        return directory;
    }

    private static Said run(final Path directory, final int operation, final int bytes)
        throws IOException, InterruptedException
    {
        final Process process = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC", "-Xshare:auto", "-cp", System.getProperty("java.class.path"),
            KilledLedger.class.getName(), directory.toString(), Integer.toString(operation), Integer.toString(bytes))
            .redirectErrorStream(true).start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS), said);
        int durable = 0;
        int operations = -1;
        for (final String line : said.split("\n"))
        {
            durable = line.startsWith("durable ") ? Integer.parseInt(line.substring(8)) : durable;
            operations = line.startsWith("operations ") ? Integer.parseInt(line.substring(11)) : operations;
        }
        return new Said(process.exitValue(), durable, operations);
    }

    /** The next writer starts and goes on; what was durable is there, once. */
    private static void goOn(final Path directory, final Said said, final String what) throws IOException
    {
        final Session next = Session.begin(new FileDisk(directory, false), new Id(7, 7), 1);
        assertTrue(next.interval(), what);
        next.writer().close();
        final Verification verification = new Verifier(new FileDisk(directory, true)).verify(null, null);
        assertEquals(List.of(), verification.findings(), what);
        final LedgerState.EpochState epoch = verification.state().epoch(Session.EPOCH);
        final FlopCount found = null == epoch ? FlopCount.ZERO : epoch.counted();
        assertTrue(found.compareTo(KilledLedger.sumAt(said.durable())) >= 0,
            () -> what + ": durable " + said.durable() + ", found " + found);
        final List<FlopCount> sums = new ArrayList<>();
        for (int i = 0; i <= KilledLedger.INTERVALS; i++)
        {
            sums.add(KilledLedger.sumAt(i));
        }
        assertTrue(sums.contains(found), () -> what + ": nobody asked for " + found);
    }

    @Test
    void shouldLoseNothingWhenAProgramIsKilledAtAnyOperation() throws Exception
    {
        final Path whole = newDirectory();
        final Said all = run(whole, -1, 0);
        assertEquals(Map.of(0, KilledLedger.INTERVALS), Map.of(all.exitCode(), all.durable()));
        goOn(whole, all, "not killed");
        final int points = all.operations() * TORN.length;
        assertTrue(points >= 150, "only " + points + " points");
        int kills = 0;
        for (int i = 0; i < KILLS; i++)
        {
            final int point = (int)((long)i * points / KILLS);
            final int operation = point / TORN.length;
            final int bytes = TORN[point % TORN.length];
            final Path directory = newDirectory();
            final Said said = run(directory, operation, bytes);
            assertEquals(137, said.exitCode(), "operation " + operation);
            kills++;
            goOn(directory, said, "killed at operation " + operation + " after " + bytes + " bytes");
        }
        System.out.println("ledger: " + kills + " programs killed at " + all.operations() + " operations");
    }

    /** Canary: a byte that was durable and is gone is noticed. */
    @Test
    void shouldNoticeALostByte() throws Exception
    {
        final Path directory = newDirectory();
        final Said said = run(directory, -1, 0);
        final Path last = directory.resolve(SegmentScan.segmentName(2));
        assertTrue(Files.exists(last));
        Files.write(last, new byte[] { 0 }, StandardOpenOption.APPEND);
        goOn(directory, said, "a byte too many is cut");
        Files.write(directory.resolve(SegmentScan.segmentName(1)), new byte[70]);
        boolean isNoticed = false;
        try
        {
            goOn(directory, said, "a segment of zeros");
        }
        catch (final AssertionError | LedgerException expected)
        {
            isNoticed = true;
        }
        assertTrue(isNoticed);
        assertFalse(new Verifier(new FileDisk(directory, true)).verify(null, null).isOk());
    }
}
