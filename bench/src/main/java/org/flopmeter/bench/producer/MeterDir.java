/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.producer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;

import org.flopmeter.wire.ControlDescriptor;

/** A meter directory without a supervisor: what a producer needs to record, and a meter to count. */
public final class MeterDir implements AutoCloseable
{
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private final Path path;

    /** Make one in shared memory, or among temporary files where there is none. */
    public MeterDir() throws IOException
    {
        final Path parent =
            Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
        path = Files.createTempDirectory(
            parent,
            "flopmeter-bench-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        final ByteBuffer bytes = ByteBuffer.allocate(ControlDescriptor.FILE_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(ControlDescriptor.MAGIC_OFFSET, ControlDescriptor.MAGIC);
        bytes.putInt(ControlDescriptor.WIRE_VERSION_OFFSET, ControlDescriptor.WIRE_VERSION);
        bytes.putInt(ControlDescriptor.FILE_LENGTH_OFFSET, ControlDescriptor.FILE_LENGTH);
        bytes.putLong(ControlDescriptor.METER_NONCE_OFFSET, System.nanoTime());
        bytes.putInt(ControlDescriptor.SUPERVISOR_PID_OFFSET, (int)ProcessHandle.current().pid());
        bytes.putInt(ControlDescriptor.METER_STATE_OFFSET, ControlDescriptor.METER_STATE_ACCEPTING);
        bytes.putLong(ControlDescriptor.TIME_NS_OFFSET, System.nanoTime());
        final Path control = Files.createFile(
            path.resolve(ControlDescriptor.NAME),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(control, bytes.array());
    }

    /** Where it is. */
    public Path path()
    {
        return path;
    }

    /** Remove it and all in it. */
    @Override
    public void close()
    {
        try (Stream<Path> files = Files.walk(path))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.deleteIfExists(file);
            }
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }
}
