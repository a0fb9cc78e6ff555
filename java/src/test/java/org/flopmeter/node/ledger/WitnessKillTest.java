/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.flopmeter.ledger.GrowingTree;
import org.flopmeter.node.Main;
import org.flopmeter.node.booking.HttpTransport;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.flopmeter.unit.Suite;
import org.flopmeter.witness.AddCheckpoint;
import org.flopmeter.witness.WitnessAnswer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL of a witness while it is asked: what it has cosigned it still knows when it is started again. */
class WitnessKillTest
{
    private static final long SEED = Long.getLong("flopmeter.kill.seed", 20_261_128);
    private static final int KILLS = Suite.rounds(3, 200);
    private static final int SIZE_MAX = 40_000;
    private static final int REQUESTS_MAX = 40;
    private static final long PATIENCE_MS = 60_000;
    private static final NoteSigner LOG =
        new NoteSigner("log.example", SigningKey.generate(SignatureAlgorithm.ED25519));

    @TempDir
    private Path folder;

    private GrowingTree tree;
    /** The largest size of which there is a cosignature. */
    private long cosigned;
    private long asked;

    private Process start(final Class<?> program) throws IOException
    {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
            program.getName(), "witness", "--dir", folder.resolve("w").toString(), "--listen", "127.0.0.1:0",
            "--trust", folder.resolve("log.pub").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private void killOften(final Class<?> program, final int kills) throws IOException, InterruptedException
    {
        tree = new GrowingTree(LOG, SIZE_MAX);
        KeyFiles.createPublic(folder.resolve("log.pub"), LOG.noteKey());
        final SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < kills; i++)
        {
            final Process process = start(program);
            try
            {
                final String line = new BufferedReader(
                    new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
                assertTrue(null != line, "it did not start");
                final HttpTransport transport = new HttpTransport(URI.create(line.split(" ")[0]), PATIENCE_MS);
                assertRemembered(transport, i);
                ask(transport, random.nextInt(REQUESTS_MAX), random);
                killWhileAsked(process, transport);
            }
            finally
            {
                process.destroyForcibly().waitFor();
            }
        }
    }

    private void assertRemembered(final HttpTransport transport, final int kill) throws IOException
    {
        final WitnessAnswer answer = post(transport, 0, 0);
        final long size = WitnessAnswer.OK == answer.status() ? 0 :
            Long.parseLong(new String(answer.body(), StandardCharsets.US_ASCII).strip());
        assertTrue(size >= cosigned, "seed " + SEED + ", kill " + kill + ": it has cosigned " + cosigned +
            " and knows of " + size);
        assertTrue(size <= asked, "it knows of " + size + " and was asked for " + asked);
        cosigned = size;
    }

    private void ask(final HttpTransport transport, final int count, final SplittableRandom random) throws IOException
    {
        for (int i = 0; i <= count && cosigned < SIZE_MAX - 3; i++)
        {
            asked = cosigned + 1 + random.nextInt(2);
            assertEquals(WitnessAnswer.OK, post(transport, cosigned, asked).status());
            cosigned = asked;
        }
    }

    private void killWhileAsked(final Process process, final HttpTransport transport) throws InterruptedException
    {
        final Thread killer = new Thread(process::destroyForcibly);
        asked = cosigned + 1;
        killer.start();
        try
        {
            while (WitnessAnswer.OK == post(transport, cosigned, asked).status())
            {
                cosigned = asked;
                asked++;
            }
        }
        catch (final IOException expected)
        {
            killer.join();
        }
    }

    private WitnessAnswer post(final HttpTransport transport, final long old, final long size) throws IOException
    {
        return transport.post("/add-checkpoint", AddCheckpoint.of(
            old, 0 == old ? List.of() : tree.consistency(old, size), tree.checkpoint(size)).encoded());
    }

    @Test
    void shouldRememberWhatItCosigned() throws IOException, InterruptedException
    {
        killOften(Main.class, KILLS);
        assertTrue(cosigned > KILLS);
    }

    /** Canary. */
    @Test
    void shouldSeeThatAWitnessAnswersBeforeItRemembers() throws IOException, InterruptedException
    {
        AssertionError seen = null;
        try
        {
            killOften(PlantedWitness.class, 2);
        }
        catch (final AssertionError ex)
        {
            seen = ex;
        }
        assertTrue(null != seen && seen.getMessage().contains("and knows of 0"), "not noticed: " + seen);
    }
}
