/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.UnsafeApi;

/**
 * A planted mistake: it gives the producer its room back as soon as it has read, before anything is committed. Where a
 * file {@link #HOLD} is in the folder, it waits for a producer that uses that room, stops the thread there and makes
 * {@link #HELD}: so a kill meets the instant, whatever the machine is doing.
 */
public final class HeadFirstKernel implements DrainKernel
{
    public static final String HOLD = "head-first-hold";
    public static final String HELD = "head-first-held";

    /** Some producers are dead or asleep; then the next lane is as good. */
    private static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final DrainKernel kernel;
    private final Path hold;
    private final Path held;

    public HeadFirstKernel(final DrainKernel kernel, final Path folder)
    {
        this.kernel = kernel;
        hold = folder.resolve(HOLD);
        held = folder.resolve(HELD);
    }

    @Override
    public int drain(final long cursorAddress, final long lengthLimit)
    {
        final int code = kernel.drain(cursorAddress, lengthLimit);
        final long capacity = UnsafeApi.getLong(cursorAddress + DrainDescriptor.RING_CAPACITY_OFFSET);
        final long trailer = UnsafeApi.getLong(cursorAddress + DrainDescriptor.RING_ADDRESS_OFFSET) + capacity;
        final long head = UnsafeApi.getLong(null, trailer + LaneDescriptor.TRAILER_HEAD_OFFSET);
        final long position = UnsafeApi.getLong(cursorAddress + DrainDescriptor.POSITION_OFFSET);
        UnsafeApi.putLongRelease(null, trailer + LaneDescriptor.TRAILER_HEAD_OFFSET, position);
        if (position > head && Files.exists(hold) && isOverwritten(trailer, head + capacity))
        {
            holdStill();
        }
        return code;
    }

    private static boolean isOverwritten(final long trailer, final long end)
    {
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        boolean isWritten = false;
        while (!isWritten && System.nanoTime() - deadlineNs < 0)
        {
            Thread.yield();
            isWritten = UnsafeApi.getLongAcquire(null, trailer + LaneDescriptor.TRAILER_TAIL_OFFSET) > end;
        }
        return isWritten;
    }

    private void holdStill()
    {
        try
        {
            Files.createFile(held);
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
        while (true)
        {
            LockSupport.park();
        }
    }

    @Override
    public int lengthLimitMax()
    {
        return kernel.lengthLimitMax();
    }

    @Override
    public String name()
    {
        return "head first";
    }
}
