/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.util.List;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Table;
import org.flopmeter.policy.Pack;
import org.flopmeter.policy.PackComparison;
import org.flopmeter.policy.PackComparison.Difference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Where two packs differ. */
@Command(name = "diff", description = "Show where two packs differ, and which is less strict there.")
final class PolicyDiffCommand extends StreamCommand
{
    @Option(names = "--json", description = "Print one JSON document.")
    private boolean isJson;

    @Parameters(index = "0", paramLabel = "A", description = "Name of a shipped pack, or a file.")
    private String left;

    @Parameters(index = "1", paramLabel = "B", description = "Likewise.")
    private String right;

    @Override
    public Integer call()
    {
        final Pack leftPack = PackArgument.read(left);
        final Pack rightPack = PackArgument.read(right);
        final List<Difference> differences = PackComparison.differences(leftPack, rightPack).stream()
            .filter(difference -> !"sources".equals(difference.field()))
            .toList();
        out().print(isJson ? json(differences) : text(differences));
        return ExitCode.DONE;
    }

    private String json(final List<Difference> differences)
    {
        final ObjectNode document = JsonMapper.shared().createObjectNode()
            .put("schema", "flopmeter/policy-diff/v1").put("a", left).put("b", right);
        final ArrayNode array = document.putArray("differences");
        for (final Difference difference : differences)
        {
            final ObjectNode entry = array.addObject().put("field", difference.field());
            entry.set("a", difference.left());
            entry.set("b", difference.right());
            final ArrayNode lessStrict = entry.putArray("lessStrict");
            lessStrictOnes(difference, "a", "b").forEach(lessStrict::add);
        }
        return DocumentJson.print(document);
    }

    private String text(final List<Difference> differences)
    {
        final PolicyWords words = new PolicyWords(Messages.of(System.getenv()));
        final Table table = new Table("<<<<", "");
        for (final Difference difference : differences)
        {
            final List<String> lessStrict = lessStrictOnes(difference, left, right);
            table.row(
                difference.field(),
                words.value(difference.left()),
                words.value(difference.right()),
                lessStrict.isEmpty() ? "" : words.say("policy.lessStrict", String.join(", ", lessStrict)));
        }
        final StringBuilder text = new StringBuilder();
        table.appendTo(text);
        return text.isEmpty() ? words.say("policy.same") + '\n' : text.toString();
    }

    /** None, one, or both: packs that each lack what the other has are not ordered. */
    private static List<String> lessStrictOnes(final Difference difference, final String a, final String b)
    {
        if (difference.isLeftLessStrict())
        {
            return difference.isRightLessStrict() ? List.of(a, b) : List.of(a);
        }
        return difference.isRightLessStrict() ? List.of(b) : List.of();
    }
}
