/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.policy.Pack;
import org.flopmeter.policy.PackLibrary;
import org.flopmeter.policy.PolicyException;

/** A pack on the command line: the name of a shipped one, or a file with a whole one or with overrides of one. */
final class PackArgument
{
    private PackArgument()
    {
    }

    static Pack read(final String argument)
    {
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

    static JsonView document(final String argument)
    {
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
        try
        {
            return JsonView.root(StrictJson.read(Files.readAllBytes(file)));
        }
        catch (final JsonFormatException ex)
        {
            throw new UsageException(argument + ": " + ex.getMessage());
        }
        catch (final IOException ex)
        {
            throw new UsageException(argument + ": cannot be read: " + ex.getMessage());
        }
    }
}
