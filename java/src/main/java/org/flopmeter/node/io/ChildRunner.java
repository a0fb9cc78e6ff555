/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a short program and takes its output; tests put their own answers in its place. */
public interface ChildRunner
{
    /** @param exitCode -1 when it could not be started or took too long. */
    record Output(int exitCode, String text)
    {
        public static final Output FAILED = new Output(-1, "");
    }

    Output run(Map<String, String> environment, List<String> command);

    static ChildRunner real(final long timeoutSec)
    {
        return (environment, command) -> runReally(environment, command, timeoutSec);
    }

    private static Output runReally(
        final Map<String, String> environment, final List<String> command, final long timeoutSec)
    {
        Path file = null;
        try
        {
            // A file, not a pipe: a child that fills a pipe nobody reads would look like one that hangs.
            file = Files.createTempFile("flopmeter-doctor-", ".txt");
            final ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(file.toFile());
            builder.environment().putAll(environment);
            final Process process = builder.start();
            if (!process.waitFor(timeoutSec, TimeUnit.SECONDS))
            {
                process.destroyForcibly().waitFor();
                return Output.FAILED;
            }
            return new Output(process.exitValue(), new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
        }
        catch (final IOException e)
        {
            return Output.FAILED;
        }
        catch (final InterruptedException e)
        {
            Thread.currentThread().interrupt();
            return Output.FAILED;
        }
        finally
        {
            delete(file);
        }
    }

    private static void delete(final Path file)
    {
        try
        {
            if (null != file)
            {
                Files.deleteIfExists(file);
            }
        }
        catch (final IOException e)
        {
            // A temporary file that stays is no reason to fail.
            file.toFile().deleteOnExit();
        }
    }
}
