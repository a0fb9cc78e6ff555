/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.flopmeter.wire.LaneDescriptor;

/**
 * What lies in a meter directory. Looked at when its time stamp has moved, and every 50 ms, because stamps are
 * coarse.
 */
final class MeterDirectory
{
    private static final long SCAN_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final String NESTED_PATTERN = "nested-[0-9a-f]{8}";

    private final Path path;
    private FileTime modified;
    private long scannedNs;
    private boolean isScanDue = true;

    MeterDirectory(final Path path)
    {
        this.path = path;
    }

    Path path()
    {
        return path;
    }

    /** Scan at the next occasion. */
    void scanSoon()
    {
        isScanDue = true;
    }

    boolean isScanDue(final long nowNs)
    {
        if (isScanDue || nowNs - scannedNs > SCAN_INTERVAL_NS)
        {
            return true;
        }
        try
        {
            return !Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).equals(modified);
        }
        catch (final IOException ex)
        {
            return false;
        }
    }

    /** Names that end like a lane's; whether they are well formed is for the caller to judge. */
    List<String> laneNames(final long nowNs)
    {
        final List<String> names = new ArrayList<>();
        try
        {
            // The stamp is taken before the scan: what appears during it is found by the next one.
            final FileTime before = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS);
            try (DirectoryStream<Path> files = Files.newDirectoryStream(path, "*" + LaneDescriptor.NAME_SUFFIX))
            {
                files.forEach((file) -> names.add(file.getFileName().toString()));
            }
            modified = before;
            scannedNs = nowNs;
            isScanDue = false;
        }
        catch (final IOException | java.nio.file.DirectoryIteratorException ex)
        {
            // A directory that has vanished has no lanes. Those that are mapped go on.
            scannedNs = nowNs;
        }
        return names;
    }

    /** Directories of nested meters, links not followed. */
    static List<Path> nestedIn(final Path directory)
    {
        final List<Path> nested = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "nested-*"))
        {
            for (final Path file : files)
            {
                if (file.getFileName().toString().matches(NESTED_PATTERN) &&
                    Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                {
                    nested.add(file);
                }
            }
        }
        catch (final IOException | java.nio.file.DirectoryIteratorException ex)
        {
            // As above.
        }
        return nested;
    }
}
