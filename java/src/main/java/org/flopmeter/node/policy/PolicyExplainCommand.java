/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.nio.file.Path;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.text.Messages;
import org.flopmeter.policy.PolicyCase;
import org.flopmeter.policy.PolicyException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Determinations in words: the readable side of `policy eval`. */
@Command(name = "explain", description = "Say in words what the pack of a case determines about its facts, and why.")
final class PolicyExplainCommand extends StreamCommand
{
    @Parameters(paramLabel = "CASE.json", description = "File with a case.")
    private Path file;

    @Override
    public Integer call()
    {
        final byte[] utf8 = DocumentFiles.bytes(file);
        try
        {
            final JsonView document = JsonView.root(StrictJson.read(utf8));
            out().print(text(PolicyCase.evaluate(document), Messages.of(System.getenv())));
            return ExitCode.DONE;
        }
        catch (final PolicyException ex)
        {
            throw new UsageException(file + ": " + ex.refusal() + ": " + ex.getMessage());
        }
        catch (final JsonFormatException ex)
        {
            throw new UsageException(file + ": " + ex.getMessage());
        }
    }

    static String text(final JsonNode answer, final Messages messages)
    {
        final StringBuilder text = new StringBuilder();
        final PolicyWords words = new PolicyWords(messages);
        final JsonNode determinations = answer.get("determinations");
        for (final String ask : determinations.propertyNames())
        {
            text.append(ask).append('\n');
            addMembers(text, determinations.get(ask), "  ", words);
        }
        return text.toString();
    }

    private static void addMembers(
        final StringBuilder text, final JsonNode object, final String indent, final PolicyWords words)
    {
        for (final String name : object.propertyNames())
        {
            final JsonNode value = object.get(name);
            final boolean isListOfObjects = value.isArray() && value.size() > 0 && value.get(0).isObject();
            if (value.isObject())
            {
                text.append(indent).append(name).append('\n');
                addMembers(text, value, indent + "  ", words);
            }
            else if (isListOfObjects)
            {
                text.append(indent).append(name).append('\n');
                value.forEach(element -> addMembers(text, element, indent + "  - ", words));
            }
            else if (!value.isArray())
            {
                text.append(indent).append(name).append(": ").append(words.value(value)).append('\n');
            }
            else
            {
                addList(text, name, value, indent, words);
            }
        }
    }

    /** Codes with their texts, one a line; other lists in one line. */
    private static void addList(
        final StringBuilder text, final String name, final JsonNode list, final String indent,
        final PolicyWords words)
    {
        final String kind = "duties".equals(name) ? "duty" : name.matches("reasons|claimReasons") ? "reason" : "";
        if (kind.isEmpty() || list.isEmpty())
        {
            text.append(indent).append(name).append(": ").append(words.value(list)).append('\n');
            return;
        }
        text.append(indent).append(name).append('\n');
        list.forEach(code -> text.append(indent).append("  ").append(code.asString()).append(": ")
            .append(words.code(kind, code.asString())).append('\n'));
    }
}
