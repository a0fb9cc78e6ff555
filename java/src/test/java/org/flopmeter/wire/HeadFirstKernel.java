/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import org.agrona.UnsafeApi;

/** A planted mistake: it gives the producer its room back as soon as it has read, before anything is committed. */
public final class HeadFirstKernel implements DrainKernel
{
    private final DrainKernel kernel;

    public HeadFirstKernel(final DrainKernel kernel)
    {
        this.kernel = kernel;
    }

    @Override
    public int drain(final long cursorAddress, final long lengthLimit)
    {
        final int code = kernel.drain(cursorAddress, lengthLimit);
        final long trailer = UnsafeApi.getLong(cursorAddress + DrainDescriptor.RING_ADDRESS_OFFSET) +
            UnsafeApi.getLong(cursorAddress + DrainDescriptor.RING_CAPACITY_OFFSET);
        UnsafeApi.putLongRelease(null, trailer + LaneDescriptor.TRAILER_HEAD_OFFSET,
            UnsafeApi.getLong(cursorAddress + DrainDescriptor.POSITION_OFFSET));
        return code;
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
