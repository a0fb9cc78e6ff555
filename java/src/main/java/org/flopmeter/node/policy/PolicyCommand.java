/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.util.concurrent.Callable;
import org.flopmeter.node.io.UsageException;
import picocli.CommandLine.Command;

/** Rules about compute, and what they say about facts. */
@Command(
    name = "policy",
    description = "Rules about compute: packs, and what they say about facts.",
    subcommands = {
        PolicyEvalCommand.class,
        PolicyExplainCommand.class,
        PolicyListCommand.class,
        PolicyShowCommand.class,
        PolicyCheckCommand.class,
        PolicyDiffCommand.class,
        PolicyKeygenCommand.class,
        PolicySignCommand.class,
        PolicyAcceptCommand.class,
        PolicyHistoryCommand.class })
public final class PolicyCommand implements Callable<Integer>
{
    @Override
    public Integer call()
    {
        throw new UsageException("a command is missing; try: flopmeter policy --help");
    }
}
