/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.io.IOException;
import java.nio.file.Path;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.DrainKernel;
import org.flopmeter.wire.LaneMapper;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.MappedLane;

/** The race that no check can win: of one lane, the length asked for is the old one a few times more. */
class LyingMapper implements LaneMapper
{
    private final LaneMapper mapper;
    private String liar = "";
    private int lies;

    LyingMapper(final DrainKernel kernel)
    {
        mapper = new NativeLaneMapper(kernel);
    }

    void lie(final String name, final int times)
    {
        liar = name;
        lies = times;
    }

    private boolean isLie(final String name)
    {
        return liar.equals(name) && lies-- > 0;
    }

    @Override
    public MappedLane map(final Path directory, final String name, final long lengthExpected)
        throws IOException, LaneViolation
    {
        final MappedLane lane = mapper.map(directory, name, lengthExpected);
        return new MappedLane()
        {
            @Override
            public long address()
            {
                return lane.address();
            }

            @Override
            public long length()
            {
                return lane.length();
            }

            @Override
            public long fileLength()
            {
                return isLie(name) ? lane.length() : lane.fileLength();
            }

            @Override
            public void close()
            {
                lane.close();
            }
        };
    }

    @Override
    public boolean isAlive(final int pid, final long startTicks, final long pidNamespace)
    {
        return mapper.isAlive(pid, startTicks, pidNamespace);
    }

    @Override
    public boolean isLocked(final Path directory, final String name)
    {
        return mapper.isLocked(directory, name);
    }

    @Override
    public DrainKernel drainKernel()
    {
        return mapper.drainKernel();
    }
}
