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

/** A new key for a ledger, signed by the one before. */
@Command(name = "rotate", description = "Hand over to a new key, signed by the old one; prints the new public key.")
final class LedgerRotateCommand extends StreamCommand
{
    @Option(names = "--dir", paramLabel = "DIR", description = "State directory.")
    private Path stateOption;

    @Override
    public Integer call()
    {
        final Path directory = LedgerReading.ofState(stateOption);
        try (LedgerHome home = LedgerHome.open(directory.toAbsolutePath().getParent(), Version.text()))
        {
            if (null != home.lost())
            {
                err().println("flopmeter: the ledger can't be gone on with and is kept as " + home.lost() +
                    "; a new one begins");
            }
            home.writer().repairs().forEach(repair -> err().println("flopmeter: " + LedgerReading.plain(repair)));
            if (!home.writer().seal())
            {
                throw new EnvironmentException(directory + ": cannot be written: " + home.writer().failure());
            }
            out().println(home.rotate().text());
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
