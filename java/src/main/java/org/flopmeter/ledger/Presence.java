/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * What is at a name; links are not followed. {@link Files#exists} says no as well where a disk only refuses to tell,
 * and who believes it begins anew what is there.
 */
public final class Presence
{
    private Presence()
    {
    }

    /** Null where nothing is. @throws IOException nobody knows. */
    public static BasicFileAttributes of(final Path file) throws IOException
    {
        try
        {
            return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        }
        catch (final NoSuchFileException nothing)
        {
            return null;
        }
    }

    /** Is anything there? @throws IOException nobody knows. */
    public static boolean isThere(final Path file) throws IOException
    {
        return null != of(file);
    }

    /** Is there certainly no directory? */
    public static boolean isNoDirectory(final Path directory)
    {
        try
        {
            final BasicFileAttributes found = of(directory);
            return null == found || !found.isDirectory();
        }
        catch (final IOException unknown)
        {
            return false;
        }
    }
}
