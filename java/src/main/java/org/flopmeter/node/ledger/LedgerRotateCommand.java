/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.node.booking.WitnessContacts;
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
        final List<WitnessContacts.Address> witnesses =
            WitnessContacts.configured(directory.toAbsolutePath().getParent());
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
            final String key = home.rotate().text();
            out().println(key);
            tell(witnesses, key);
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

    /** A witness believes nobody who only says that he is the same: its owner has to enter the key. */
    private void tell(final List<WitnessContacts.Address> witnesses, final String key)
    {
        for (final WitnessContacts.Address witness : witnesses)
        {
            err().println("flopmeter: the witness " + LedgerReading.plain(witness.key().name() + " at " +
                witness.url()) + " cosigns nothing more until its owner adds this line to its file `logs`: " + key);
        }
    }
}
