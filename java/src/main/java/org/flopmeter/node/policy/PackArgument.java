/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.policy.Pack;
import org.flopmeter.policy.PackLibrary;
import org.flopmeter.policy.PolicyException;

/**
 * A pack on the command line: the name of a shipped one, `accepted:NAME` for the accepted one that is in force, or a
 * file with a whole one or with overrides of one.
 */
public final class PackArgument
{
    private static final String ACCEPTED = "accepted:";

    private PackArgument()
    {
    }

    public static Pack read(final String argument)
    {
        if (argument.startsWith(ACCEPTED))
        {
            return accepted(argument.substring(ACCEPTED.length()));
        }
        try
        {
            return PackLibrary.names().contains(argument) ?
                PackLibrary.shipped(argument) : PackLibrary.read(document(argument));
        }
        catch (final PolicyException ex)
        {
            throw new UsageException(argument + ": " + ex.refusal() + ": " + ex.getMessage());
        }
    }

    /** From the state directory that FLOPMETER_DIR names. */
    private static Pack accepted(final String name)
    {
        final Pack pack = PolicyStore.of(null).read().inForce(name, PolicyStore.now());
        if (null == pack)
        {
            throw new UsageException(ACCEPTED + name + ": no accepted pack of that name is in force; see: " +
                "flopmeter policy history");
        }
        return pack;
    }

    static JsonView document(final String argument)
    {
        if (argument.startsWith(ACCEPTED))
        {
            return JsonView.root(read(argument).document());
        }
        if (PackLibrary.names().contains(argument))
        {
            return JsonView.root(PackLibrary.shipped(argument).document());
        }
        final Path file = Path.of(argument);
        if (!Files.isRegularFile(file))
        {
            throw new UsageException(
                argument + ": neither a file nor a shipped pack; there are: " + String.join(", ", PackLibrary.names()));
        }
        final byte[] utf8 = DocumentFiles.bytes(file);
        return DocumentFiles.accepted(argument, () -> JsonView.root(StrictJson.read(utf8)));
    }
}
