/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.command;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.text.Printable;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Evaluates cases: one file gives one document; several give JSON Lines, where a refused case is a document too and
 * only a file that is not of the format at all makes the exit code 2. CONTRACT: `graph eval`, `policy eval`.
 */
public abstract class CaseCommand extends StreamCommand
{
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String BAD_JSON = "BAD_JSON";

    @Parameters(arity = "1..*", paramLabel = "CASE.json", description = "Files with a case each.")
    private List<Path> files;

    /** A case that was understood and refused. */
    protected static final class RefusedException extends RuntimeException
    {
        private static final long serialVersionUID = 1L;

        private final String code;

        public RefusedException(final String code, final String message)
        {
            super(message);
            this.code = code;
        }
    }

    /** The answer to a case; a {@link RefusedException} or a {@link JsonFormatException} when there is none. */
    protected abstract ObjectNode evaluate(JsonView document);

    @Override
    public final Integer call()
    {
        boolean isAnyUnreadable = false;
        boolean isAnyRefused = false;
        for (final Path file : files)
        {
            final ObjectNode answer = answer(file);
            isAnyUnreadable |= BAD_JSON.equals(answer.path("error").asString(""));
            isAnyRefused |= answer.has("error");
            if (1 == files.size())
            {
                out().print(DocumentJson.print(answer));
            }
            else
            {
                out().println(JSON.writeValueAsString(JSON.createObjectNode().put("file", file.toString())
                    .setAll(answer)));
            }
        }
        out().flush();
        return isAnyUnreadable || (isAnyRefused && 1 == files.size()) ? ExitCode.USAGE : ExitCode.DONE;
    }

    private ObjectNode answer(final Path file)
    {
        try
        {
            return evaluate(JsonView.root(StrictJson.read(bytes(file))).object());
        }
        catch (final RefusedException ex)
        {
            return error(file, ex.code, ex.getMessage());
        }
        catch (final JsonFormatException ex)
        {
            return error(file, BAD_JSON, ex.getMessage());
        }
    }

    private static byte[] bytes(final Path file)
    {
        try
        {
            return DocumentFiles.read(file, DocumentFiles.GRAPH_LENGTH_MAX);
        }
        catch (final NoSuchFileException ex)
        {
            throw new JsonFormatException("the file", "no such file");
        }
        catch (final IOException ex)
        {
            throw new JsonFormatException("the file", "cannot be read: " + ex.getMessage());
        }
    }

    private ObjectNode error(final Path file, final String code, final String message)
    {
        // Names and ids come from outside: no line break, no escape sequence of theirs reaches the terminal.
        err().println("flopmeter: " + Printable.of(file.toString()) + ": " + code + ": " +
            Printable.of(message));
        return JSON.createObjectNode().put("error", code).put("message", message);
    }
}
