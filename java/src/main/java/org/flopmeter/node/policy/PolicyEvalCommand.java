/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.nio.file.Path;
import org.flopmeter.json.JsonView;
import org.flopmeter.node.command.CaseCommand;
import org.flopmeter.policy.PolicyCase;
import org.flopmeter.policy.PolicyException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** Determinations of cases: what a pack says about facts. */
@Command(name = "eval", description = "Print what the pack of a case determines about its facts.")
final class PolicyEvalCommand extends CaseCommand
{
    @Option(names = "--accepted", paramLabel = "NAME",
        description = "Instead of the pack of the case: the accepted ones of that name, each from its effective time.")
    private String accepted;

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory of --accepted; default: FLOPMETER_DIR.")
    private Path directory;

    @Option(names = "--expect", paramLabel = "DIGEST",
        description = "A digest of policy history: refuse accepted packs that do not go on from it.")
    private String expected;

    @Override
    protected ObjectNode evaluate(final JsonView document)
    {
        try
        {
            return null == accepted ? PolicyCase.evaluate(document) :
                PolicyCase.evaluate(document, PolicyStore.of(directory).read(expected), accepted);
        }
        catch (final PolicyException ex)
        {
            throw new RefusedException(ex.refusal().name(), ex.getMessage());
        }
    }
}
