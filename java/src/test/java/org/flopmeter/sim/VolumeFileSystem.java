/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.List;
import java.util.Set;

/** What java.nio.file shows of a {@link Volume}; after a loss of power another volume takes its place. */
final class VolumeFileSystem extends FileSystem
{
    private final VolumeProvider provider = new VolumeProvider();
    private Volume volume;

    VolumeFileSystem(final Volume volume)
    {
        this.volume = volume;
    }

    Volume volume()
    {
        return volume;
    }

    void volume(final Volume next)
    {
        volume = next;
    }

    Path path(final String name)
    {
        return new VolumePath(this, name);
    }

    @Override
    public FileSystemProvider provider()
    {
        return provider;
    }

    @Override
    public void close()
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen()
    {
        return true;
    }

    @Override
    public boolean isReadOnly()
    {
        return false;
    }

    @Override
    public String getSeparator()
    {
        return "/";
    }

    @Override
    public Iterable<Path> getRootDirectories()
    {
        return List.of(path("/"));
    }

    @Override
    public Iterable<FileStore> getFileStores()
    {
        return List.of();
    }

    @Override
    public Set<String> supportedFileAttributeViews()
    {
        return Set.of("basic", "posix", "unix");
    }

    @Override
    public Path getPath(final String first, final String... more)
    {
        return path(0 == more.length ? first : first + '/' + String.join("/", more));
    }

    /** One star, or none. */
    @Override
    public PathMatcher getPathMatcher(final String syntaxAndPattern)
    {
        final String glob = syntaxAndPattern.substring("glob:".length());
        final int star = glob.indexOf('*');
        if (star < 0)
        {
            return path -> path.toString().equals(glob);
        }
        final String begin = glob.substring(0, star);
        final String end = glob.substring(star + 1);
        return path -> path.toString().length() >= glob.length() - 1 && path.toString().startsWith(begin) &&
            path.toString().endsWith(end);
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService()
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public WatchService newWatchService()
    {
        throw new UnsupportedOperationException();
    }
}
