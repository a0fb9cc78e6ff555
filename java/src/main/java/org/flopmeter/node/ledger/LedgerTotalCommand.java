/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Path;
import org.flopmeter.ledger.LedgerState;
import org.flopmeter.ledger.Verification;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Plural;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The total of everything that was booked. */
@Command(name = "total", description = "Sum over everything that was booked. Exit 1 when the ledger is damaged.")
final class LedgerTotalCommand extends StreamCommand
{
    static final String SCHEMA = "flopmeter/ledger-total/v1";

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory.")
    private Path stateOption;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean isJson;

    @Override
    public Integer call() throws IOException
    {
        final Verification verification =
            LedgerReading.verify(LedgerReading.ofState(stateOption), LedgerReading::ignore);
        FlopInterval total = FlopInterval.ZERO;
        FlopCount added = FlopCount.ZERO;
        FlopCount removed = FlopCount.ZERO;
        for (final LedgerState.EpochState epoch : verification.state().epochs())
        {
            total = total.add(epoch.flop());
            for (final LedgerState.KeyState key : epoch.keys())
            {
                added = added.add(key.added());
                removed = removed.add(key.removed());
            }
        }
        // What a damaged range held nobody knows: what is left is a lower end.
        final FlopInterval flop =
            verification.isOk() ? total : FlopInterval.unbounded(total.lower(), total.point());
        if (isJson)
        {
            final ObjectNode document = JsonMapper.shared().createObjectNode().put("schema", SCHEMA);
            document.set("flop", DocumentJson.interval(flop));
            document.putObject("corrections").put("added", added.toString()).put("removed", removed.toString());
            out().print(DocumentJson.print(document.put("epochs", verification.state().epochs().size())
                .put("entries", verification.sequence()).put("ok", verification.isOk())));
        }
        else
        {
            out().println("counted  " + flop.lower());
            out().println("estimate " + flop.point());
            out().println("at most  " + (flop.isBounded() ? flop.upper().toString() : FlopInterval.UNBOUNDED));
            out().println(Plural.of(verification.state().epochs().size(), "epoch") + ", " +
                Plural.of(verification.sequence(), "entry", "entries"));
        }
        if (!verification.isOk())
        {
            err().println("flopmeter: the ledger is damaged; see: flopmeter verify");
            return ExitCode.ANSWER_IS_NO;
        }
        return ExitCode.DONE;
    }
}
