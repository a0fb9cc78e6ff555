/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Path;
import org.flopmeter.ledger.Verification;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Every entry, one a line. */
@Command(name = "show", description = "Print every entry that is whole, one a line.")
final class LedgerShowCommand extends StreamCommand
{
    @Option(names = "--dir", paramLabel = "DIR", description = "State directory.")
    private Path stateOption;

    @Option(names = "--from", paramLabel = "N", defaultValue = "1", description = "First entry; default 1.")
    private long from;

    @Override
    public Integer call() throws IOException
    {
        final Verification verification = LedgerReading.verify(LedgerReading.ofState(stateOption),
            (entry, sequence, block) ->
            {
                if (sequence >= from)
                {
                    out().println(sequence + " " + block + " " + LedgerReading.plain(entry.toString()));
                }
            });
        if (!verification.isOk())
        {
            err().println("flopmeter: the ledger is damaged, and not all of it is shown; see: flopmeter verify");
            return ExitCode.ANSWER_IS_NO;
        }
        return ExitCode.DONE;
    }
}
