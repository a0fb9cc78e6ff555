/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.witness;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;

/** A witness in memory, spoken to without sockets. */
public class MemoryWitness implements Witness.Store, WitnessClient.Transport
{
    private final Map<String, byte[]> saved = new ConcurrentHashMap<>();
    private final Witness witness;
    private int saves;
    private IOException failure;

    /** @param logs lines of {@link TrustedLogs}. */
    public MemoryWitness(final NoteSigner signer, final String logs, final long timeSeconds)
    {
        final TrustedLogs trusted = TrustedLogs.parse(logs);
        witness = new Witness(signer, () -> trusted, this, () -> timeSeconds);
    }

    public MemoryWitness(final String logs)
    {
        this(new NoteSigner("witness.example/w1", SigningKey.generate(SignatureAlgorithm.ED25519)), logs,
            1_679_315_147L);
    }

    public final Witness witness()
    {
        return witness;
    }

    public final void failWith(final IOException ex)
    {
        failure = ex;
    }

    public final int saves()
    {
        return saves;
    }

    @Override
    public byte[] load(final String origin) throws IOException
    {
        return saved.get(origin);
    }

    @Override
    public synchronized void save(final String origin, final byte[] note) throws IOException
    {
        if (null != failure)
        {
            throw failure;
        }
        saves++;
        saved.put(origin, note);
    }

    @Override
    public WitnessAnswer post(final String path, final byte[] body) throws IOException
    {
        return witness.add(body);
    }

    @Override
    public WitnessAnswer get(final String path) throws IOException
    {
        return witness.checkpoint(path.substring(1, path.lastIndexOf('/')));
    }
}
