/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Table;
import org.flopmeter.policy.Pack;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A pack, field by field, with its sources. */
@Command(name = "show", description = "Show a pack: every rule with its meaning, its sources and their status.")
final class PolicyShowCommand extends StreamCommand
{
    @Option(names = "--json", description = "Print the pack as JSON, overrides applied.")
    private boolean isJson;

    @Parameters(paramLabel = "PACK", description = "Name of a shipped pack, or a file.")
    private String argument;

    @Override
    public Integer call()
    {
        final Pack pack = PackArgument.read(argument);
        out().print(isJson ? DocumentJson.print(pack.document()) : text(pack, Messages.of(System.getenv())));
        return ExitCode.DONE;
    }

    static String text(final Pack pack, final Messages messages)
    {
        final PolicyWords words = new PolicyWords(messages);
        final ObjectNode document = pack.document();
        final Table table = new Table("<<<", "  ");
        for (final String field : pack.fields())
        {
            switch (field)
            {
                case "schema", "name", "version", "authority", "effective", "status", "sources" ->
                {
                    // The head and the sources say these.
                }
                case "tierDuties" -> addDuties(table, document.get(field), words);
                default -> table.row(field, words.value(document.get(field)), words.field(field));
            }
        }
        final StringBuilder text = new StringBuilder(words.head(pack)).append('\n');
        table.appendTo(text);
        if (document.has("sources"))
        {
            text.append(words.say("policy.sources")).append('\n');
            document.get("sources").forEach(source -> addSource(text, source, words));
        }
        return text.toString();
    }

    private static void addDuties(final Table table, final JsonNode tiers, final PolicyWords words)
    {
        for (final String tier : tiers.propertyNames())
        {
            for (final String part : tiers.get(tier).propertyNames())
            {
                String name = tier + ' ' + part;
                for (final JsonNode duty : tiers.get(tier).get(part))
                {
                    table.row(name, duty.asString(), words.code("duty", duty.asString()));
                    name = "";
                }
            }
        }
    }

    private static void addSource(final StringBuilder text, final JsonNode source, final PolicyWords words)
    {
        text.append("  ").append(words.say("policy." + source.get("status").asString())).append(": ")
            .append(source.get("citation").asString()).append('\n');
        if (source.path("fields").size() > 0)
        {
            text.append("    ").append(words.value(source.get("fields"))).append('\n');
        }
        if (source.has("note"))
        {
            text.append("    ").append(source.get("note").asString()).append('\n');
        }
    }
}
