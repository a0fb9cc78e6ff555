/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.policy.AcceptedPacks;
import org.flopmeter.policy.PolicyException;
import org.flopmeter.sign.Envelope;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.SigningException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Signs the exact bytes of a pack, or adds a signature to an envelope that has some. */
@Command(name = "sign", description = "Sign a pack, or add a signature to one that is signed; print the envelope.")
final class PolicySignCommand extends StreamCommand
{
    @Option(names = "--key", required = true, paramLabel = "FILE", description = "Private key, from policy keygen.")
    private Path key;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the envelope there instead.")
    private Path output;

    @Parameters(paramLabel = "PACK", description = "File with a whole pack, or an envelope to sign as well.")
    private Path file;

    @Override
    public Integer call()
    {
        final byte[] utf8 = DocumentFiles.bytes(file);
        final JsonView document = DocumentFiles.accepted(file.toString(), () -> JsonView.root(StrictJson.read(utf8)));
        try
        {
            final Envelope envelope = document.has("payloadType") ?
                Envelope.parse(utf8) : Envelope.of(AcceptedPacks.PAYLOAD_TYPE, utf8);
            AcceptedPacks.packOf(envelope);
            final byte[] signed = envelope.signedBy(KeyFiles.read(key).key()).encoded();
            final String text = new String(signed, StandardCharsets.UTF_8);
            if (null == output)
            {
                out().print(text);
            }
            else
            {
                DocumentFiles.write(output, text);
            }
            return Main.DONE;
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
}
