/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.flopmeter.node.io.EnvironmentException;

/** Where meter directories are: docs/design/0002-meter-directory.md section 1. Roots are given, for tests. */
public record StateDirectory(Path shm, Path state)
{
    public static StateDirectory of(final Path option, final Map<String, String> environment, final long uid)
    {
        return new StateDirectory(Path.of("/dev/shm/flopmeter-" + uid), state(option, environment, uid));
    }

    public static long uid()
    {
        try
        {
            return ((Number)Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
        }
        catch (final IOException | UnsupportedOperationException e)
        {
            throw new EnvironmentException("/proc is not there: this program needs Linux with /proc mounted");
        }
    }

    /** Directories that supervisors make meter directories in. */
    public List<Path> places()
    {
        return List.of(shm, state.resolve("meter"));
    }

    /** Meter directories that are there now, oldest first. Nested ones belong to their outer run. */
    public List<Path> meterDirectories()
    {
        final List<Path> directories = new ArrayList<>();
        for (final Path parent : places())
        {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent))
            {
                for (final Path entry : entries)
                {
                    if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS) &&
                        Files.isRegularFile(entry.resolve(RunFacts.RUN), LinkOption.NOFOLLOW_LINKS))
                    {
                        directories.add(entry);
                    }
                }
            }
            catch (final IOException e)
            {
                // Not there, or gone meanwhile: no meter runs below it.
                continue;
            }
        }
        directories.sort(Comparator.comparing(directory -> directory.getFileName().toString()));
        return directories;
    }

    private static Path state(final Path option, final Map<String, String> environment, final long uid)
    {
        if (null != option)
        {
            return option;
        }
        final String own = environment.getOrDefault("FLOPMETER_DIR", "");
        final String xdg = environment.getOrDefault("XDG_STATE_HOME", "");
        final String home = environment.getOrDefault("HOME", "");
        if (!own.isEmpty())
        {
            return Path.of(own);
        }
        if (!xdg.isEmpty())
        {
            return Path.of(xdg, "flopmeter");
        }
        return home.isEmpty() ? Path.of("/tmp/flopmeter-" + uid) : Path.of(home, ".local", "state", "flopmeter");
    }
}
