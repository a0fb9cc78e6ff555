/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

import org.flopmeter.ledger.Disk;

/** Mistakes that a simulation must find: it fails where it does not. */
enum Plant
{
    NONE,
    /** A head moves before what it releases is committed. */
    HEADS_BEFORE_COMMIT,
    /** After a force that failed it is forced once more, and believed. */
    CACHE_TRUSTED,
    /** Nothing is ever forced. */
    NEVER_FORCED,
    /** New names are not forced. */
    DIRECTORY_NOT_FORCED,
    /** After a loss of power the old epoch goes on with the larger of two totals that have nothing in common. */
    MAX_ACROSS_EPOCHS,
    /** What a loss of power took is bounded by the wall clock. */
    GAP_BY_WALL_CLOCK,
    /** What a loss of power took is not told. */
    NO_GAP,
    /** A refusal of the disk is taken for success. */
    REFUSAL_IGNORED,
    /** Nobody asks who holds a lock: two meters serve one directory. */
    LOCKS_IGNORED;

    Disk over(final Disk disk)
    {
        return switch (this)
        {
            case CACHE_TRUSTED, NEVER_FORCED, DIRECTORY_NOT_FORCED -> new Planted(disk, this);
            default -> disk;
        };
    }

    private record Planted(Disk disk, Plant plant) implements Disk
    {
        @Override
        public List<String> list() throws IOException
        {
            return disk.list();
        }

        @Override
        public DiskFile open(final String name, final boolean isCreated) throws IOException
        {
            return new PlantedFile(disk.open(name, isCreated), plant);
        }

        @Override
        public void rename(final String from, final String to) throws IOException
        {
            disk.rename(from, to);
        }

        @Override
        public void delete(final String name) throws IOException
        {
            disk.delete(name);
        }

        @Override
        public void forceDirectory() throws IOException
        {
            if (CACHE_TRUSTED == plant)
            {
                disk.forceDirectory();
            }
        }
    }

    private record PlantedFile(Disk.DiskFile file, Plant plant) implements Disk.DiskFile
    {
        @Override
        public long length() throws IOException
        {
            return file.length();
        }

        @Override
        public void read(final long position, final ByteBuffer into) throws IOException
        {
            file.read(position, into);
        }

        @Override
        public void write(final long position, final ByteBuffer bytes) throws IOException
        {
            file.write(position, bytes);
        }

        @Override
        public void truncate(final long length) throws IOException
        {
            file.truncate(length);
        }

        @Override
        public void force() throws IOException
        {
            if (NEVER_FORCED == plant)
            {
                return;
            }
            try
            {
                file.force();
            }
            catch (final IOException ex)
            {
                if (CACHE_TRUSTED != plant)
                {
                    throw ex;
                }
                file.force();
            }
        }

        @Override
        public void close() throws IOException
        {
            file.close();
        }
    }
}
