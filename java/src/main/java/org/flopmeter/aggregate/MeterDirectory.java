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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.flopmeter.wire.LaneDescriptor;

/**
 * What lies in a meter directory. Listed when its time stamp has moved. Stamps are coarse, so that a stamp of just now
 * does not tell what came after the listing: then it is listed again after 50 ms; an older one is believed 1 s.
 */
public final class MeterDirectory
{
    /** Held by the supervisor of a run as long as it lives. */
    public static final String OWNER_LOCK = "owner.lock";

    private static final long FRESH_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long SETTLED_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    /** Ticks of the kernel's coarse clock are 10 ms at most. */
    private static final long SETTLED_MS = 50;
    private static final String NESTED_PATTERN = "nested-[0-9a-f]{8}";

    private final Path path;
    private FileTime modified;
    private final Deque<String> names = new ArrayDeque<>();
    private long listedNs;
    private long intervalNs = FRESH_INTERVAL_NS;
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

    /** Are names of the last listing left? They are taken first: each listing is as long as all lanes. */
    boolean hasNames()
    {
        return !names.isEmpty();
    }

    /** The next name, which ends like a lane's; whether it is well formed is for the caller to judge. */
    String takeName()
    {
        return names.remove();
    }

    boolean isScanDue(final long nowNs)
    {
        if (isScanDue || nowNs - listedNs > intervalNs)
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

    /** Look at all names again. */
    void list(final long nowNs)
    {
        listedNs = nowNs;
        try
        {
            // The stamp is taken before the listing: what appears during it is found by the next one.
            final FileTime before = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS);
            try (DirectoryStream<Path> files = Files.newDirectoryStream(path, "*" + LaneDescriptor.NAME_SUFFIX))
            {
                files.forEach((file) -> names.add(file.getFileName().toString()));
            }
            modified = before;
            isScanDue = false;
            intervalNs = System.currentTimeMillis() - before.toMillis() < SETTLED_MS ?
                FRESH_INTERVAL_NS : SETTLED_INTERVAL_NS;
        }
        catch (final IOException | java.nio.file.DirectoryIteratorException ex)
        {
            // A directory that has vanished has no lanes. Those that are mapped go on.
            intervalNs = FRESH_INTERVAL_NS;
        }
    }

    /** Is it the directory of a meter nested in another one, by its name? */
    public static boolean isNested(final Path directory)
    {
        final Path name = directory.getFileName();
        return null != name && name.toString().matches(NESTED_PATTERN);
    }

    /** Directories of nested meters, links not followed; none where there is no such directory any more. */
    public static List<Path> nestedIn(final Path directory)
    {
        final List<Path> nested = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "nested-*"))
        {
            for (final Path file : files)
            {
                if (isNested(file) && Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
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
