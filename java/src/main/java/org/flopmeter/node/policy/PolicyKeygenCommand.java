/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.nio.file.Path;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningException;
import org.flopmeter.sign.SigningKey;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A new key: FILE with the private one, FILE.pub with the public one. */
@Command(name = "keygen", description = "Make an Ed25519 key: FILE (0600, secret) and FILE.pub; print the public key.")
final class PolicyKeygenCommand extends StreamCommand
{
    @Option(names = "--name", required = true, description = "Name of the key, such as agency.example/key-1.")
    private String name;

    @Parameters(paramLabel = "FILE", description = "Where to write the private key; no file may be there.")
    private Path file;

    @Override
    public Integer call()
    {
        try
        {
            final NoteSigner signer = new NoteSigner(name, SigningKey.generate(SignatureAlgorithm.ED25519));
            KeyFiles.create(file, signer);
            KeyFiles.createPublic(file.resolveSibling(file.getFileName() + ".pub"), signer.noteKey());
            out().println(signer.noteKey().text());
            return ExitCode.DONE;
        }
        catch (final SigningException ex)
        {
            throw new UsageException(ex.getMessage());
        }
    }
}
