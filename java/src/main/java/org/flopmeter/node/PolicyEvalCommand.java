/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import org.flopmeter.json.JsonView;
import org.flopmeter.policy.PolicyCase;
import org.flopmeter.policy.PolicyException;
import picocli.CommandLine.Command;
import tools.jackson.databind.node.ObjectNode;

/** Determinations of cases: what a pack says about facts. */
@Command(name = "eval", description = "Print what the pack of a case determines about its facts.")
final class PolicyEvalCommand extends CaseCommand
{
    @Override
    ObjectNode evaluate(final JsonView document)
    {
        try
        {
            return PolicyCase.evaluate(document);
        }
        catch (final PolicyException ex)
        {
            throw new RefusedException(ex.refusal().name(), ex.getMessage());
        }
    }
}
