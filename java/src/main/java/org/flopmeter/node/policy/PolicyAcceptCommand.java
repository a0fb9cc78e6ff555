/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.text.Messages;
import org.flopmeter.policy.AcceptedPacks;
import org.flopmeter.policy.AcceptedPacks.Acceptance;
import org.flopmeter.policy.AcceptedPacks.Decision;
import org.flopmeter.policy.Authority;
import org.flopmeter.policy.Objection;
import org.flopmeter.policy.PolicyException;
import org.flopmeter.sign.Envelope;
import org.flopmeter.sign.SigningException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes a signed pack, or says why not. Exit code 0 when it was accepted, 1 when it was refused. */
@Command(name = "accept", description = "Accept a pack that a quorum of its authority's keys signed.")
final class PolicyAcceptCommand extends StreamCommand
{
    @Option(names = "--authority", paramLabel = "FILE", description = "An authority to trust from now on; repeatable.")
    private List<Path> authorities = List.of();

    @Option(names = "--replace-authority", description = "Trust FILE even where another was trusted before.")
    private boolean mayReplace;

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory; default: FLOPMETER_DIR.")
    private Path directory;

    @Option(names = "--expect", paramLabel = "DIGEST",
        description = "A digest of policy history: accept nothing where the history does not go on from it.")
    private String expected;

    @Parameters(paramLabel = "ENVELOPE", description = "Signed pack, from policy sign.")
    private Path file;

    @Override
    public Integer call()
    {
        final PolicyStore store = PolicyStore.of(directory);
        final byte[] utf8 = DocumentFiles.bytes(file);
        final AcceptedPacks packs = store.read(expected);
        authorities.forEach(authority -> store.trust(authority, mayReplace));
        final Map<Authority, byte[]> trusted = store.trusted();
        final Decision decision;
        try
        {
            decision = packs.offer(Envelope.parse(utf8), trusted.keySet(), notBefore(packs.lastAt()));
        }
        catch (final PolicyException ex)
        {
            return refused(ex.refusal() + ": " + ex.getMessage());
        }
        catch (final SigningException ex)
        {
            return refused(ex.getMessage());
        }
        if (!decision.isAccepted())
        {
            for (final Objection objection : decision.objections())
            {
                refused(objection.code() + ": " + objection.message());
            }
            return ExitCode.ANSWER_IS_NO;
        }
        final Acceptance acceptance = decision.acceptance();
        trusted.forEach((authority, bytes) ->
        {
            if (authority.id().equals(acceptance.pack().authority()))
            {
                store.append(packs, utf8, bytes);
            }
        });
        final PolicyWords words = new PolicyWords(Messages.of(System.getenv()));
        out().println(words.say("policy.accepted", acceptance.pack().name(), acceptance.pack().version().toString(),
            acceptance.effectiveFrom()));
        out().println(words.say("policy.history", store.digest()));
        if (acceptance.isRetroactive())
        {
            out().println("RETROACTIVE: " + words.code("reason", "RETROACTIVE"));
        }
        return ExitCode.DONE;
    }

    /** A clock that was set back does not make an acceptance older than the one before it. */
    private static String notBefore(final String last)
    {
        final String now = PolicyStore.now();
        return null != last && last.compareTo(now) > 0 ? last : now;
    }

    private int refused(final String why)
    {
        err().println("flopmeter: " + PolicyStore.line(file.toString()) + ": refused: " + PolicyStore.line(why));
        return ExitCode.ANSWER_IS_NO;
    }
}
