/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.flopmeter.witness.TrustedLogs;
import org.flopmeter.witness.Witness;

/** A witness that answers before it remembers, for the canary of {@link WitnessKillTest}. */
public final class PlantedWitness
{
    private PlantedWitness()
    {
    }

    /** Options as of the command. */
    public static void main(final String[] args) throws IOException, InterruptedException
    {
        final Map<String, byte[]> memory = new HashMap<>();
        final TrustedLogs logs = TrustedLogs.parse(
            WitnessCommand.key(Path.of(args[args.length - 1]).toString()).text());
        final Witness witness = new Witness(
            new NoteSigner("planted", SigningKey.generate(SignatureAlgorithm.ED25519)), () -> logs,
            new Witness.Store()
            {
                @Override
                public synchronized byte[] load(final String origin)
                {
                    return memory.get(origin);
                }

                @Override
                public synchronized void save(final String origin, final byte[] note)
                {
                    memory.put(origin, note);
                }
            }, () -> 1);
        final WitnessServer server = WitnessServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), witness, System.err::println);
        System.out.println("http://127.0.0.1:" + server.address().getPort() + ' ' + witness.key().text());
        new CountDownLatch(1).await();
    }
}
