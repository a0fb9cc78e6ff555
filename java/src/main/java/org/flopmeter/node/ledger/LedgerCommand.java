/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.UsageException;
import picocli.CommandLine.Command;

/** What the ledger holds, and proofs of it. */
@Command(
    name = "ledger",
    description = "Totals, entries and proofs of the ledger that runs are booked in.",
    subcommands = {
        LedgerTotalCommand.class,
        LedgerShowCommand.class,
        LedgerExportCommand.class,
        LedgerProofCommand.class,
        LedgerCheckpointCommand.class,
        LedgerWitnessCommand.class,
        LedgerForkCommand.class,
        LedgerRotateCommand.class,
        LedgerRevokeCommand.class })
public final class LedgerCommand extends StreamCommand
{
    @Override
    public Integer call()
    {
        throw new UsageException("ledger: a subcommand is missing; try: flopmeter ledger --help");
    }
}
