/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Locale;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerState;
import org.flopmeter.ledger.Tiles;
import org.flopmeter.ledger.Verification;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Plural;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The total of every key of every epoch, for whoever adds them up again. */
@Command(name = "export", description = "Write the total of every key of every epoch as JSON or CSV, exact decimals.")
final class LedgerExportCommand extends StreamCommand
{
    static final String SCHEMA = "flopmeter/ledger-export/v1";
    private static final String COLUMNS =
        "meter,epoch,run,node,precision,basis,source,part,flop,samples,added,removed";

    /** What is written. */
    enum Format
    {
        JSON, CSV;

        @Override
        public String toString()
        {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory.")
    private Path stateOption;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "json", description = "json or csv.")
    private Format format;

    @Option(names = "--out", paramLabel = "FILE", description = "Write there, not to stdout.")
    private Path outFile;

    @Option(names = "--tiles", paramLabel = "DIR",
        description = "Publish the signed blocks there in C2SP's tlog-tiles layout instead.")
    private Path tilesDirectory;

    @Override
    public Integer call() throws IOException
    {
        if (null != tilesDirectory)
        {
            final Tiles.Published published =
                new TilesDirectory(tilesDirectory).publish(LedgerReading.ofState(stateOption));
            out().println(Plural.of(published.checkpoint().size(), "block") + " of " +
                LedgerReading.plain(published.checkpoint().origin()) + ", " +
                Plural.of(published.files(), "file") + " written");
            return ExitCode.DONE;
        }
        final Verification verification =
            LedgerReading.verify(LedgerReading.ofState(stateOption), LedgerReading::ignore);
        if (!verification.isOk())
        {
            err().println("flopmeter: the ledger is damaged and is not exported; see: flopmeter verify");
            return ExitCode.ANSWER_IS_NO;
        }
        final String text = Format.CSV == format ? csv(verification.state()) : json(verification);
        give(outFile, text);
        return ExitCode.DONE;
    }

    static String csv(final LedgerState state)
    {
        final StringBuilder text = new StringBuilder(COLUMNS).append("\r\n");
        for (final LedgerState.EpochState epoch : state.epochs())
        {
            for (final LedgerState.KeyState total : epoch.keys())
            {
                final AccountKey key = total.key();
                text.append(String.join(",", epoch.opened().meter().toString(), epoch.opened().epoch().toString(),
                    quoted(key.run()), quoted(key.node()), key.precision().jsonName(), key.basis().jsonName(),
                    key.source().jsonName(), key.part().name().toLowerCase(Locale.ROOT), total.flop().toString(),
                    Long.toUnsignedString(total.samples()), total.added().toString(), total.removed().toString()))
                    .append("\r\n");
            }
        }
        return text.toString();
    }

    /** RFC 4180; and no spreadsheet takes a name for a formula. */
    private static String quoted(final String text)
    {
        final String safe = text.matches("(?s)[=+\\-@\\t\\r].*") ? "'" + text : text;
        return '"' + safe.replace("\"", "\"\"") + '"';
    }

    private static String json(final Verification verification)
    {
        final ObjectNode document = JsonMapper.shared().createObjectNode().put("schema", SCHEMA)
            .put("ledger", verification.state().genesis().ledger().toString())
            .put("entries", verification.sequence());
        final ArrayNode epochs = document.putArray("epochs");
        for (final LedgerState.EpochState epoch : verification.state().epochs())
        {
            final ObjectNode node = epochs.addObject().put("meter", epoch.opened().meter().toString())
                .put("epoch", epoch.opened().epoch().toString()).put("openedNs", epoch.opened().wallNs())
                .put("closed", epoch.isClosed());
            node.set("flop", DocumentJson.interval(epoch.flop()));
            final ArrayNode keys = node.putArray("keys");
            for (final LedgerState.KeyState total : epoch.keys())
            {
                final AccountKey key = total.key();
                keys.addObject().put("run", key.run()).put("node", key.node())
                    .put("precision", key.precision().jsonName()).put("basis", key.basis().jsonName())
                    .put("source", key.source().jsonName()).put("part", key.part().name().toLowerCase(Locale.ROOT))
                    .put("flop", total.flop().toString())
                    .put("samples", new BigInteger(Long.toUnsignedString(total.samples())))
                    .put("added", total.added().toString()).put("removed", total.removed().toString());
            }
            final ArrayNode gaps = node.putArray("gaps");
            epoch.gaps().forEach(gap -> gaps.addObject().put("source", gap.source()).put("reason", gap.reason())
                .put("beginNs", gap.beginNs()).put("endNs", gap.endNs())
                .put("upper", null == gap.upper() ? FlopInterval.UNBOUNDED : gap.upper().toString()));
        }
        return DocumentJson.print(document);
    }
}
