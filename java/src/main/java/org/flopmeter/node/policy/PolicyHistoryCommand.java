/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.nio.file.Path;
import java.util.List;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Table;
import org.flopmeter.policy.AcceptedPacks;
import org.flopmeter.policy.AcceptedPacks.Acceptance;
import org.flopmeter.policy.Pack;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The packs that were accepted, each verified again. */
@Command(name = "history", description = "The packs that were accepted, oldest first, each verified again.")
final class PolicyHistoryCommand extends StreamCommand
{
    @Option(names = "--json", description = "Print one JSON document.")
    private boolean isJson;

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory; default: FLOPMETER_DIR.")
    private Path directory;

    @Option(names = "--expect", paramLabel = "DIGEST",
        description = "A digest of before: refuse a history that does not go on from it.")
    private String expected;

    @Override
    public Integer call()
    {
        final PolicyStore store = PolicyStore.of(directory);
        final AcceptedPacks packs = store.read(expected);
        out().print(isJson ? json(packs, PolicyStore.now(), store.digest()) :
            text(packs, PolicyStore.now(), store.digest()));
        return ExitCode.DONE;
    }

    private static String json(final AcceptedPacks packs, final String now, final String digest)
    {
        final ObjectNode document =
            JsonMapper.shared().createObjectNode().put("schema", "flopmeter/policy-history/v1").put("at", now)
                .put("digest", digest);
        final ArrayNode array = document.putArray("accepted");
        final List<Acceptance> acceptances = packs.acceptances();
        for (int i = 0; i < acceptances.size(); i++)
        {
            array.add(PolicyStore.json(i + 1, acceptances.get(i))
                .put("state", state(packs, acceptances.get(i), now)));
        }
        return DocumentJson.print(document);
    }

    private static String text(final AcceptedPacks packs, final String now, final String digest)
    {
        final PolicyWords words = new PolicyWords(Messages.of(System.getenv()));
        final Table table = new Table("<><<><", "");
        for (final Acceptance acceptance : packs.acceptances())
        {
            final Pack pack = acceptance.pack();
            table.row(pack.name(), pack.version().toString(), pack.authority(), acceptance.effectiveFrom(),
                words.say("policy.signers", String.valueOf(acceptance.signers().size())),
                words.say("policy." + state(packs, acceptance, now)));
        }
        final StringBuilder text = new StringBuilder();
        table.appendTo(text);
        return (text.isEmpty() ? words.say("policy.noneAccepted") + '\n' : text.toString()) +
            words.say("policy.history", digest) + '\n';
    }

    private static String state(final AcceptedPacks packs, final Acceptance acceptance, final String now)
    {
        if (acceptance.effectiveFrom().compareTo(now) > 0)
        {
            return "scheduled";
        }
        return acceptance.pack() == packs.inForce(acceptance.pack().name(), now) ? "inForce" : "superseded";
    }
}
