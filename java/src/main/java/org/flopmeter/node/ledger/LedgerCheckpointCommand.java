/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Path;
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

/** Signs the tree as it is now; the note is for somebody outside to keep. */
@Command(name = "checkpoint", description = "Sign the ledger as it is and print the checkpoint, to be kept elsewhere.")
final class LedgerCheckpointCommand extends StreamCommand
{
    @Option(names = "--dir", paramLabel = "DIR", description = "State directory.")
    private Path stateOption;

    @Override
    public Integer call() throws IOException
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
            home.writer().seal();
            final String note = home.writer().checkpoint();
            if (null == note)
            {
                throw new EnvironmentException(directory + ": cannot be written: " + home.writer().failure());
            }
            out().print(note);
        }
        catch (final LedgerException | SigningException ex)
        {
            throw new UsageException(directory + ": " + ex.getMessage());
        }
        WitnessContacts.afterCheckpoint(directory.toAbsolutePath().getParent(), (isAlarm, line) ->
            err().println("flopmeter: " + (isAlarm ? "ALARM: " : "") + LedgerReading.plain(line)));
        return ExitCode.DONE;
    }
}
