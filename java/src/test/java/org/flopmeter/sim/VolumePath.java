/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.io.File;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;

/** A path of a {@link Volume}: plain names and slashes. */
final class VolumePath implements Path
{
    final VolumeFileSystem system;
    final String name;

    VolumePath(final VolumeFileSystem system, final String name)
    {
        this.system = system;
        this.name = name.length() > 1 && name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
    }

    /** What java.io asks of a file. */
    private final class PlainFile extends File
    {
        private static final long serialVersionUID = 1L;

        PlainFile()
        {
            super(name);
        }

        @Override
        public boolean exists()
        {
            return null != system.volume().find(name);
        }
    }

    @Override
    public FileSystem getFileSystem()
    {
        return system;
    }

    @Override
    public boolean isAbsolute()
    {
        return name.startsWith("/");
    }

    @Override
    public Path getRoot()
    {
        return isAbsolute() ? of("/") : null;
    }

    @Override
    public Path getFileName()
    {
        return "/".equals(name) ? null : of(name.substring(name.lastIndexOf('/') + 1));
    }

    @Override
    public Path getParent()
    {
        return name.lastIndexOf('/') < 0 || "/".equals(name) ? null : of(Volume.parentOf(name));
    }

    @Override
    public int getNameCount()
    {
        return parts().length;
    }

    @Override
    public Path getName(final int index)
    {
        return of(parts()[index]);
    }

    @Override
    public Path subpath(final int begin, final int end)
    {
        return of(String.join("/", java.util.Arrays.copyOfRange(parts(), begin, end)));
    }

    private String[] parts()
    {
        final String plain = isAbsolute() ? name.substring(1) : name;
        return plain.isEmpty() ? new String[0] : plain.split("/");
    }

    @Override
    public boolean startsWith(final Path other)
    {
        return name.equals(other.toString()) || name.startsWith(other + "/");
    }

    @Override
    public boolean endsWith(final Path other)
    {
        return name.equals(other.toString()) || name.endsWith("/" + other);
    }

    @Override
    public Path normalize()
    {
        return this;
    }

    @Override
    public Path resolve(final Path other)
    {
        final String added = other.toString();
        return added.startsWith("/") ? of(added) : of("/".equals(name) ? "/" + added : name + '/' + added);
    }

    @Override
    public Path relativize(final Path other)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public URI toUri()
    {
        return URI.create("simulated:" + name);
    }

    @Override
    public Path toAbsolutePath()
    {
        return isAbsolute() ? this : of('/' + name);
    }

    @Override
    public Path toRealPath(final LinkOption... options)
    {
        return this;
    }

    @Override
    public File toFile()
    {
        return new PlainFile();
    }

    @Override
    public WatchKey register(
        final WatchService watcher, final WatchEvent.Kind<?>[] events, final WatchEvent.Modifier... modifiers)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public int compareTo(final Path other)
    {
        return name.compareTo(other.toString());
    }

    @Override
    public boolean equals(final Object other)
    {
        return other instanceof VolumePath path && name.equals(path.name);
    }

    @Override
    public int hashCode()
    {
        return name.hashCode();
    }

    @Override
    public String toString()
    {
        return name;
    }

    private VolumePath of(final String other)
    {
        return new VolumePath(system, other);
    }
}
