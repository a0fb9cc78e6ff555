/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Path;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.io.Version;
import org.flopmeter.sign.SigningException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The end of a key that somebody else may have: its ledger is kept, and another one begins. */
@Command(name = "revoke",
    description = "End the key: the ledger is kept as it is, and another one with another key begins.")
final class LedgerRevokeCommand extends StreamCommand
{
    private static final String PARAMETER = "ledger";

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory.")
    private Path stateOption;

    @Option(names = "--yes", description = "It can't be taken back, so it must be said.")
    private boolean isMeant;

    @Override
    public Integer call()
    {
        final Path directory = LedgerReading.ofState(stateOption);
        if (!isMeant)
        {
            throw new UsageException("ledger revoke: ends the key of " + directory +
                " for good; say --yes to do it, or hand over with: flopmeter ledger rotate");
        }
        final Path state = directory.toAbsolutePath().getParent();
        try
        {
            final String before;
            final Path kept;
            try (LedgerHome home = LedgerHome.open(state, Version.text()))
            {
                before = home.writer().ledger().toString();
                kept = home.revoke();
            }
            try (LedgerHome home = LedgerHome.open(state, Version.text()))
            {
                home.writer().changeParameter(PARAMETER, before, home.writer().ledger().toString(), "revoked");
                if (!home.writer().seal() || null == home.writer().checkpoint())
                {
                    throw new EnvironmentException(directory + ": cannot be written: " + home.writer().failure());
                }
            }
            err().println("flopmeter: the key is revoked, and what it signed is kept as " + kept +
                "; a new ledger begins, with the key " + directory.resolve(LedgerHome.PUBLIC_KEY));
            return ExitCode.DONE;
        }
        catch (final IOException ex)
        {
            throw new EnvironmentException(ex.getMessage());
        }
        catch (final LedgerException | SigningException ex)
        {
            throw new UsageException(directory + ": " + ex.getMessage());
        }
    }
}
