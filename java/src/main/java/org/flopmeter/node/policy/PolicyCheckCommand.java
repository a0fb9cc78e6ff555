/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.util.List;
import org.flopmeter.json.JsonView;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.text.Messages;
import org.flopmeter.policy.Pack;
import org.flopmeter.policy.PackCheck;
import org.flopmeter.policy.PackCheck.Fault;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Could a pack be accepted, whoever signs it? Exit code 0 when nothing speaks against it, 1 when something does. */
@Command(name = "check", description = "Check a pack: its format, its harbours, and that it is strict enough.")
final class PolicyCheckCommand extends StreamCommand
{
    @Option(names = "--json", description = "Print one JSON document.")
    private boolean isJson;

    @Option(names = "--international", paramLabel = "PACK", description = "It must be at least as strict as this one.")
    private String international;

    @Parameters(paramLabel = "PACK", description = "Name of a shipped pack, or a file.")
    private String argument;

    @Override
    public Integer call()
    {
        final Pack other = null == international ? null : PackArgument.read(international);
        final JsonView document = PackArgument.document(argument);
        final List<Fault> faults = PackCheck.faults(document, other);
        final List<String> unsourced =
            faults.isEmpty() ? PackCheck.unsourcedFields(PackArgument.read(argument)) : List.of();
        if (isJson)
        {
            out().print(json(faults, unsourced));
        }
        else
        {
            say(faults, unsourced, new PolicyWords(Messages.of(System.getenv())));
        }
        return faults.isEmpty() ? ExitCode.DONE : ExitCode.ANSWER_IS_NO;
    }

    private void say(final List<Fault> faults, final List<String> unsourced, final PolicyWords words)
    {
        if (faults.isEmpty())
        {
            final Pack pack = PackArgument.read(argument);
            unsourced.forEach(field -> err().println(words.say("policy.unsourced", field)));
            out().println(words.say("policy.valid", pack.name(), pack.version().toString()));
            return;
        }
        out().println(words.say("policy.invalid", argument));
        faults.forEach(fault -> out().println("  " + fault.code() + ": " + fault.message()));
    }

    private static String json(final List<Fault> faults, final List<String> unsourced)
    {
        final ObjectNode document = JsonMapper.shared().createObjectNode()
            .put("schema", "flopmeter/policy-check/v1").put("ok", faults.isEmpty());
        final ArrayNode array = document.putArray("faults");
        faults.forEach(fault ->
            array.addObject().put("code", fault.code().name()).put("message", fault.message()));
        unsourced.forEach(document.putArray("unsourced")::add);
        return DocumentJson.print(document);
    }
}
