/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.flopmeter.assess.Facts;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.policy.AcceptedPacks;
import org.flopmeter.policy.PolicyException;
import org.flopmeter.sign.Envelope;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.SigningException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Signs the exact bytes of a pack or of facts, or adds a signature to an envelope that has some. */
@Command(name = "sign", description = "Sign a pack or facts, or add a signature to what is signed; print the envelope.")
final class PolicySignCommand extends StreamCommand
{
    @Option(names = "--key", required = true, paramLabel = "FILE", description = "Private key, from policy keygen.")
    private Path key;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the envelope there instead.")
    private Path output;

    @Parameters(paramLabel = "FILE",
        description = "A whole pack, facts of flopmeter assess, or an envelope to sign as well.")
    private Path file;

    @Override
    public Integer call()
    {
        try
        {
            final Envelope envelope = envelope(DocumentFiles.bytes(file));
            final byte[] signed = envelope.signedBy(KeyFiles.read(key).key()).encoded();
            give(output, new String(signed, StandardCharsets.UTF_8));
            return ExitCode.DONE;
        }
        catch (final PolicyException ex)
        {
            throw new UsageException(file + ": " + ex.refusal() + ": " + PolicyStore.line(ex.getMessage()));
        }
        catch (final SigningException ex)
        {
            throw new UsageException(ex.getMessage());
        }
    }

    /** What is to be signed, after a look at whether it is what it says. */
    private Envelope envelope(final byte[] utf8)
    {
        if (FactsFile.isYaml(file))
        {
            FactsFile.check(file, utf8, true);
            return Envelope.of(FactsFile.PAYLOAD_YAML, utf8);
        }
        final JsonView document = DocumentFiles.accepted(file.toString(), () -> JsonView.root(StrictJson.read(utf8)));
        final JsonNode schema = document.node().path("schema");
        final Envelope envelope = document.has("payloadType") ? Envelope.parse(utf8) : Envelope.of(
            schema.isString() && Facts.SCHEMA.equals(schema.asString()) ?
                FactsFile.PAYLOAD_JSON : AcceptedPacks.PAYLOAD_TYPE, utf8);
        final boolean isYaml = FactsFile.PAYLOAD_YAML.equals(envelope.payloadType());
        if (isYaml || FactsFile.PAYLOAD_JSON.equals(envelope.payloadType()))
        {
            FactsFile.check(file, envelope.payload(), isYaml);
        }
        else
        {
            AcceptedPacks.packOf(envelope);
        }
        return envelope;
    }
}
