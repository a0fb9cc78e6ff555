/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import java.io.IOException;
import java.nio.file.Path;

import org.flopmeter.wire.DrainKernel;
import org.flopmeter.wire.LaneMapper;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.MappedLane;

/** Maps files of a meter directory by the native control library. */
public final class NativeLaneMapper implements LaneMapper
{
    private final DrainKernel drainKernel;

    /** With the kernel that is selected, see {@link DrainKernels}. */
    public NativeLaneMapper()
    {
        this(DrainKernels.selected());
    }

    public NativeLaneMapper(final DrainKernel drainKernel)
    {
        this.drainKernel = drainKernel;
    }

    @Override
    public MappedLane map(final Path directory, final String name, final long lengthExpected)
        throws IOException, LaneViolation
    {
        final long[] map = new long[3];
        final int result = ControlLibrary.flopmeter_control_map(directory.toString(), name, lengthExpected, map);
        if (ControlLibrary.OK == result)
        {
            return new Mapped(map[0], map[1], map[2], drainKernel instanceof NativeDrainKernel);
        }
        final String reason = ControlLibrary.flopmeter_control_errmsg();
        if (ControlLibrary.REFUSED == result)
        {
            throw new LaneViolation(LaneViolation.Kind.FILE, 0, reason);
        }
        throw new IOException(name + ": " + reason);
    }

    @Override
    public boolean isAlive(final int pid, final long startTicks, final long pidNamespace)
    {
        return 0 != ControlLibrary.flopmeter_control_is_alive(pid, startTicks, pidNamespace);
    }

    @Override
    public boolean isLocked(final Path directory, final String name)
    {
        return 0 != ControlLibrary.flopmeter_control_is_locked(directory.toString(), name);
    }

    @Override
    public DrainKernel drainKernel()
    {
        return drainKernel;
    }

    private static final class Mapped implements MappedLane
    {
        private final long address;
        private final long length;
        private final long fd;
        private final boolean isJniThere;
        private boolean isClosed;

        Mapped(final long address, final long length, final long fd, final boolean isJniThere)
        {
            this.isJniThere = isJniThere;
            this.address = address;
            this.length = length;
            this.fd = fd;
        }

        @Override
        public long address()
        {
            return address;
        }

        @Override
        public long length()
        {
            return length;
        }

        @Override
        public long fileLength()
        {
            return isJniThere ?
                NativeDrainKernel.fileLength(fd) : ControlLibrary.flopmeter_control_file_length(fd);
        }

        @Override
        public void close()
        {
            if (!isClosed)
            {
                isClosed = true;
                ControlLibrary.flopmeter_control_unmap(address, length, fd);
            }
        }
    }
}
