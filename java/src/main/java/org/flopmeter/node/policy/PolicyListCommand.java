/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.text.Table;
import org.flopmeter.policy.Pack;
import org.flopmeter.policy.PackLibrary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The packs that are shipped. */
@Command(name = "list", description = "The packs that flopmeter brings along.")
final class PolicyListCommand extends StreamCommand
{
    @Option(names = "--json", description = "Print one JSON document.")
    private boolean isJson;

    @Override
    public Integer call()
    {
        out().print(isJson ? json() : table());
        return ExitCode.DONE;
    }

    private static String json()
    {
        final ObjectNode document = JsonMapper.shared().createObjectNode().put("schema", "flopmeter/policy-list/v1");
        final ArrayNode packs = document.putArray("packs");
        for (final String name : PackLibrary.names())
        {
            final Pack pack = PackLibrary.shipped(name);
            packs.addObject()
                .put("name", name)
                .put("version", pack.version())
                .put("authority", pack.authority())
                .put("effective", pack.effectiveFrom())
                .put("status", PolicyWords.status(pack));
        }
        return DocumentJson.print(document);
    }

    private static String table()
    {
        final Table table = new Table("<><<<", "");
        for (final String name : PackLibrary.names())
        {
            final Pack pack = PackLibrary.shipped(name);
            table.row(
                name, pack.version().toString(), PolicyWords.status(pack), pack.authority(), pack.effectiveFrom());
        }
        final StringBuilder text = new StringBuilder();
        table.appendTo(text);
        return text.toString();
    }
}
