/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MeterDirectoryTest
{
    private static final long MS = 1_000_000;

    @TempDir
    private Path path;

    @Test
    void shouldHandOutOneListingBeforeItIsListedAgain() throws IOException
    {
        final MeterDirectory directory = new MeterDirectory(path);
        Files.createFile(path.resolve("a.lane"));
        Files.createFile(path.resolve("b.lane"));
        Files.createFile(path.resolve("facts"));

        directory.list(0);
        Files.createFile(path.resolve("c.lane"));

        assertEquals(Set.of("a.lane", "b.lane"), take(directory));
        assertTrue(directory.isScanDue(51 * MS));
        directory.list(51 * MS);
        assertEquals(Set.of("a.lane", "b.lane", "c.lane"), take(directory));
    }

    /** A stamp of now may stay the same when something comes in the same tick of the clock. */
    @Test
    void shouldNotBelieveAStampOfNow() throws IOException
    {
        final MeterDirectory directory = new MeterDirectory(path);
        stamp(System.currentTimeMillis());
        directory.list(0);
        assertFalse(directory.isScanDue(49 * MS));
        assertTrue(directory.isScanDue(51 * MS));

        stamp(System.currentTimeMillis() + TimeUnit.HOURS.toMillis(1));
        directory.list(0);
        assertTrue(directory.isScanDue(51 * MS), "nor one of a clock that was set back");
    }

    @Test
    void shouldBelieveAnOldStampForASecond() throws IOException
    {
        final MeterDirectory directory = new MeterDirectory(path);
        stamp(System.currentTimeMillis() - TimeUnit.HOURS.toMillis(1));
        directory.list(0);
        assertFalse(directory.isScanDue(999 * MS));
        assertTrue(directory.isScanDue(1001 * MS));

        Files.createFile(path.resolve("a.lane"));
        assertTrue(directory.isScanDue(1), "it has moved");
    }

    @Test
    void shouldBeListedWhenAsked() throws IOException
    {
        final MeterDirectory directory = new MeterDirectory(path);
        stamp(0);
        directory.list(0);
        assertFalse(directory.isScanDue(1));

        directory.scanSoon();

        assertTrue(directory.isScanDue(1));
    }

    private void stamp(final long timeMs) throws IOException
    {
        Files.setLastModifiedTime(path, FileTime.fromMillis(timeMs));
    }

    private static Set<String> take(final MeterDirectory directory)
    {
        final Set<String> names = new TreeSet<>();
        while (directory.hasNames())
        {
            names.add(directory.takeName());
        }
        return names;
    }
}
