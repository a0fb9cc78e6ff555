/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SigningException;
import org.flopmeter.witness.Witness;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A reference witness of ledgers. */
@Command(name = "witness", description = "Serve a witness of ledgers (C2SP tlog-witness) until it is ended.")
public final class WitnessCommand extends StreamCommand
{
    private static final long MS_PER_SECOND = 1_000;
    private static final int PORT_MAX = 65_535;

    @Option(names = "--dir", paramLabel = "DIR", required = true,
        description = "Its directory: key, logs that it trusts, what it cosigned.")
    private Path directory;

    @Option(names = "--listen", paramLabel = "ADDRESS:PORT", defaultValue = "127.0.0.1:7861",
        description = "Where; default: ${DEFAULT-VALUE}.")
    private String listen;

    @Option(names = "--remote", description = "Allow an address that is not of this host alone.")
    private boolean isRemote;

    @Option(names = "--name", paramLabel = "NAME", description = "Name of its key when that is made.")
    private String name;

    @Option(names = "--trust", paramLabel = "KEY",
        description = "Trust this log from now on: a key.pub of a ledger, or its text.")
    private List<String> trusted = List.of();

    @Override
    public Integer call() throws IOException
    {
        final InetSocketAddress address = address();
        try (WitnessDirectory served = WitnessDirectory.open(directory, line -> err().println("flopmeter: " + line)))
        {
            final NoteSigner signer = served.signer(null == name ? unusedName() : name);
            for (final String key : trusted)
            {
                served.trust(key(key));
            }
            served.logs();
            final Witness witness = new Witness(
                signer, served::logs, served, () -> System.currentTimeMillis() / MS_PER_SECOND);
            try (WitnessServer server = WitnessServer.start(
                address, witness, line -> err().println("flopmeter: " + LedgerReading.plain(line))))
            {
                out().println("http://" + address.getHostString() + ':' + server.address().getPort() + ' ' +
                    witness.key().text());
                out().flush();
                await();
            }
        }
        catch (final SigningException ex)
        {
            throw new UsageException(ex.getMessage());
        }
        catch (final BindException ex)
        {
            throw new EnvironmentException(listen + ": " + ex.getMessage());
        }
        return ExitCode.DONE;
    }

    /** A key of a file, or the key that a text is. */
    static NoteKey key(final String fileOrText)
    {
        final Path file = Path.of(fileOrText);
        return Files.exists(file) || fileOrText.indexOf('+') < 0 ?
            KeyFiles.readPublic(file) : NoteKey.parse(fileOrText);
    }

    private InetSocketAddress address() throws IOException
    {
        final int colon = listen.lastIndexOf(':');
        final String port = listen.substring(colon + 1);
        if (colon < 1 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > PORT_MAX)
        {
            throw new UsageException("witness --listen " + listen + ": expected ADDRESS:PORT");
        }
        final InetAddress host = InetAddress.getByName(listen.substring(0, colon));
        if (!host.isLoopbackAddress() && !isRemote)
        {
            throw new UsageException("witness --listen " + listen + ": not an address of this host alone; " +
                "expected 127.0.0.1:PORT, or --remote with it");
        }
        return new InetSocketAddress(host, Integer.parseInt(port));
    }

    private static String unusedName()
    {
        final byte[] random = new byte[8];
        new SecureRandom().nextBytes(random);
        return "flopmeter.org/witness/" + HexFormat.of().formatHex(random);
    }

    private static void await()
    {
        try
        {
            new CountDownLatch(1).await();
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
    }
}
