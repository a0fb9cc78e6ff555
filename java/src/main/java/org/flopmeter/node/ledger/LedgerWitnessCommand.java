/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.node.booking.WitnessContacts;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DurableFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sign.SigningException;
import org.flopmeter.witness.WitnessOutcome;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows the newest checkpoint to witnesses and keeps their cosignatures. */
@Command(name = "witness",
    description = "Have the newest checkpoint cosigned by witnesses. Exit 1 when one raises an alarm or refuses.")
final class LedgerWitnessCommand extends StreamCommand
{
    @Option(names = "--dir", paramLabel = "DIR", description = "State directory.")
    private Path stateOption;

    @Option(names = "--url", paramLabel = "URL", description = "The witness; default: those that are kept.")
    private String url;

    @Option(names = "--key", paramLabel = "KEY", description = "Its public key: a file, or the text.")
    private String key;

    @Option(names = "--keep", description = "Ask this witness from now on, at the end of each run.")
    private boolean isKept;

    @Override
    public Integer call() throws IOException
    {
        if ((null == url) != (null == key) || (isKept && null == url))
        {
            throw new UsageException("ledger witness: expected --url URL and --key KEY together");
        }
        final Path ledger = LedgerReading.ofState(stateOption).toAbsolutePath();
        try
        {
            if (null != url)
            {
                final WitnessContacts.Address address =
                    WitnessContacts.Address.of(url, WitnessCommand.key(key).text());
                if (isKept)
                {
                    keep(ledger.getParent(), address);
                }
                return ask(ledger, address);
            }
            final List<WitnessContacts.Address> addresses = WitnessContacts.configured(ledger.getParent());
            if (addresses.isEmpty())
            {
                throw new UsageException(ledger.resolveSibling(WitnessContacts.CONFIGURED) +
                    ": names no witness; expected --url URL --key KEY");
            }
            int exitCode = ExitCode.DONE;
            for (final WitnessContacts.Address address : addresses)
            {
                exitCode = Math.max(exitCode, ask(ledger, address));
            }
            return exitCode;
        }
        catch (final SigningException | LedgerException ex)
        {
            throw new UsageException((null == url ? ledger : url) + ": " + ex.getMessage());
        }
    }

    private int ask(final Path ledger, final WitnessContacts.Address address)
    {
        final WitnessContacts contacts = new WitnessContacts(ledger);
        final WitnessOutcome outcome;
        try
        {
            outcome = contacts.ask(address);
        }
        catch (final IOException ex)
        {
            err().println("flopmeter: " + address.url() + ": cannot be reached: " + ex.getMessage());
            return ExitCode.ENVIRONMENT;
        }
        final String text = LedgerReading.plain(outcome.text());
        if (WitnessOutcome.Kind.COSIGNED == outcome.kind())
        {
            out().println(text);
            return ExitCode.DONE;
        }
        err().println("flopmeter: " + (outcome.kind().isAlarm() ? "ALARM: " : "") + text);
        if (null != outcome.forkProof())
        {
            err().println("flopmeter: the proof: " + contacts.forkProof(address.key()));
        }
        return ExitCode.ANSWER_IS_NO;
    }

    private static void keep(final Path state, final WitnessContacts.Address address) throws IOException
    {
        if (!WitnessContacts.configured(state).contains(address))
        {
            final Path file = state.resolve(WitnessContacts.CONFIGURED);
            final String before =
                Files.exists(file) ? new String(DocumentFiles.bytes(file), StandardCharsets.UTF_8) : "";
            DurableFiles.replace(file, (before + (before.isEmpty() || before.endsWith("\n") ? "" : "\n") +
                address.line()).getBytes(StandardCharsets.UTF_8));
        }
    }
}
