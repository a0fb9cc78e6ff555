/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The file operations that the meter uses, on a {@link Volume}. */
final class VolumeProvider extends FileSystemProvider
{
    private static final int OF_OWNER = 0600;
    private static Object uid;

    private static Object uidOfThisProcess() throws IOException
    {
        if (null == uid)
        {
            uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        }
        return uid;
    }

    static long ownUid()
    {
        try
        {
            return ((Number)uidOfThisProcess()).longValue();
        }
        catch (final IOException ex)
        {
            throw new java.io.UncheckedIOException(ex);
        }
    }

    private static Volume volumeOf(final Path path)
    {
        return ((VolumePath)path).system.volume();
    }

    private static String nameOf(final Path path)
    {
        return path.toAbsolutePath().toString();
    }

    @Override
    public String getScheme()
    {
        return "simulated";
    }

    @Override
    public FileSystem newFileSystem(final URI uri, final Map<String, ?> environment)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileSystem getFileSystem(final URI uri)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public Path getPath(final URI uri)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public SeekableByteChannel newByteChannel(
        final Path path, final Set<? extends OpenOption> options, final FileAttribute<?>... attributes)
        throws IOException
    {
        return newFileChannel(path, options, attributes);
    }

    @Override
    public FileChannel newFileChannel(
        final Path path, final Set<? extends OpenOption> options, final FileAttribute<?>... attributes)
        throws IOException
    {
        final Volume volume = volumeOf(path);
        final String name = nameOf(path);
        volume.reached(Volume.Step.OPEN, name);
        Volume.Node node = volume.find(name);
        if (null == node)
        {
            if (!options.contains(StandardOpenOption.CREATE) && !options.contains(StandardOpenOption.CREATE_NEW))
            {
                throw new NoSuchFileException(name);
            }
            volume.reached(Volume.Step.MAKE, name);
            node = volume.make(name, new Volume.Node(false, Volume.isMemory(name), null, OF_OWNER));
        }
        else if (options.contains(StandardOpenOption.CREATE_NEW))
        {
            throw new FileAlreadyExistsException(name);
        }
        if (null != node.link)
        {
            throw new FileSystemException(name, null, "Too many levels of symbolic links");
        }
        if (options.contains(StandardOpenOption.TRUNCATE_EXISTING) && options.contains(StandardOpenOption.WRITE))
        {
            volume.truncate(node, 0);
        }
        return new VolumeChannel(volume, node, name, options.contains(StandardOpenOption.APPEND));
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(
        final Path directory, final DirectoryStream.Filter<? super Path> filter) throws IOException
    {
        final List<Path> found = new ArrayList<>();
        for (final String name : volumeOf(directory).list(nameOf(directory)))
        {
            final Path path = new VolumePath(((VolumePath)directory).system, name);
            if (filter.accept(path))
            {
                found.add(path);
            }
        }
        return new DirectoryStream<>()
        {
            @Override
            public Iterator<Path> iterator()
            {
                return found.iterator();
            }

            @Override
            public void close()
            {
                // Nothing is open.
            }
        };
    }

    @Override
    public void createDirectory(final Path path, final FileAttribute<?>... attributes) throws IOException
    {
        final String name = nameOf(path);
        volumeOf(path).reached(Volume.Step.MAKE, name);
        volumeOf(path).make(name, new Volume.Node(true, Volume.isMemory(name), null, 0700));
    }

    @Override
    public void createSymbolicLink(final Path link, final Path target, final FileAttribute<?>... attributes)
        throws IOException
    {
        final String name = nameOf(link);
        volumeOf(link).make(name, new Volume.Node(false, Volume.isMemory(name), target.toString(), 0777));
    }

    @Override
    public void createLink(final Path link, final Path existing) throws IOException
    {
        final Volume volume = volumeOf(link);
        volume.reached(Volume.Step.MAKE, nameOf(link));
        volume.make(nameOf(link), volume.get(nameOf(existing)));
    }

    @Override
    public Path readSymbolicLink(final Path link) throws IOException
    {
        return new VolumePath(((VolumePath)link).system, volumeOf(link).get(nameOf(link)).link);
    }

    @Override
    public void delete(final Path path) throws IOException
    {
        final Volume volume = volumeOf(path);
        if (volume.get(nameOf(path)).isDirectory && !volume.list(nameOf(path)).isEmpty())
        {
            throw new DirectoryNotEmptyException(nameOf(path));
        }
        volume.delete(nameOf(path));
    }

    @Override
    public void copy(final Path source, final Path target, final CopyOption... options)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public void move(final Path source, final Path target, final CopyOption... options) throws IOException
    {
        final Volume volume = volumeOf(source);
        final List<CopyOption> chosen = List.of(options);
        if (null != volume.find(nameOf(target)) && !chosen.contains(StandardCopyOption.REPLACE_EXISTING) &&
            !chosen.contains(StandardCopyOption.ATOMIC_MOVE))
        {
            throw new FileAlreadyExistsException(nameOf(target));
        }
        volume.rename(nameOf(source), nameOf(target));
    }

    @Override
    public boolean isSameFile(final Path one, final Path other)
    {
        return one.equals(other);
    }

    @Override
    public boolean isHidden(final Path path)
    {
        return false;
    }

    @Override
    public FileStore getFileStore(final Path path)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public void checkAccess(final Path path, final AccessMode... modes) throws IOException
    {
        final Volume volume = volumeOf(path);
        final Volume.Node node = volume.look(nameOf(path));
        if (null != node.link)
        {
            volume.get(node.link);
        }
    }

    @Override
    public <V extends FileAttributeView> V getFileAttributeView(
        final Path path, final Class<V> type, final LinkOption... options)
    {
        return null;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <A extends BasicFileAttributes> A readAttributes(
        final Path path, final Class<A> type, final LinkOption... options) throws IOException
    {
        return (A)new Attributes(volumeOf(path).look(nameOf(path)));
    }

    @Override
    public Map<String, Object> readAttributes(final Path path, final String wanted, final LinkOption... options)
        throws IOException
    {
        final Volume.Node node = volumeOf(path).look(nameOf(path));
        final Map<String, Object> found = new HashMap<>();
        for (final String attribute : wanted.substring(wanted.indexOf(':') + 1).split(","))
        {
            found.put(attribute, switch (attribute)
            {
                case "uid" -> uidOfThisProcess();
                case "nlink" -> 1;
                case "mode" -> node.mode;
                case "isDirectory" -> node.isDirectory;
                case "isRegularFile" -> !node.isDirectory && null == node.link;
                case "isSymbolicLink" -> null != node.link;
                case "size" -> (long)node.length;
                case "lastModifiedTime" -> FileTime.fromMillis(node.changed);
                default -> 0;
            });
        }
        return found;
    }

    @Override
    public void setAttribute(
        final Path path, final String attribute, final Object value, final LinkOption... options)
    {
        throw new UnsupportedOperationException();
    }

    /** Of a node as it was asked for. */
    private record Attributes(Volume.Node node) implements BasicFileAttributes
    {
        @Override
        public FileTime lastModifiedTime()
        {
            return FileTime.fromMillis(node.changed);
        }

        @Override
        public FileTime lastAccessTime()
        {
            return FileTime.fromMillis(node.changed);
        }

        @Override
        public FileTime creationTime()
        {
            return FileTime.fromMillis(0);
        }

        @Override
        public boolean isRegularFile()
        {
            return !node.isDirectory && null == node.link;
        }

        @Override
        public boolean isDirectory()
        {
            return node.isDirectory;
        }

        @Override
        public boolean isSymbolicLink()
        {
            return null != node.link;
        }

        @Override
        public boolean isOther()
        {
            return false;
        }

        @Override
        public long size()
        {
            return node.length;
        }

        @Override
        public Object fileKey()
        {
            return node;
        }
    }
}
