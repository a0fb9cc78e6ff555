/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import org.agrona.UnsafeApi;

/** Reader of a double record (0001 section 1): the last good reading of a u128 and its sample count. */
public final class DoubleRecord
{
    private static final int ATTEMPTS_MAX = 16;

    private long version;
    private long low;
    private long high;
    private long samples;

    /** Read the copy in force. False, and nothing changed, when the writer was faster each time. */
    boolean read(final long address)
    {
        for (int i = 0; i < ATTEMPTS_MAX; i++)
        {
            final long versionBefore = UnsafeApi.getLongAcquire(null, address + FoldDescriptor.VERSION_OFFSET);
            final long copy = address +
                (0 == (versionBefore & 1) ? FoldDescriptor.A_LOW_OFFSET : FoldDescriptor.B_LOW_OFFSET);
            final long lowRead = UnsafeApi.getLong(copy);
            final long highRead = UnsafeApi.getLong(copy + 8);
            final long samplesRead = UnsafeApi.getLong(copy + 16);
            UnsafeApi.loadFence();
            if (versionBefore == UnsafeApi.getLong(address + FoldDescriptor.VERSION_OFFSET))
            {
                version = versionBefore;
                low = lowRead;
                high = highRead;
                samples = samplesRead;
                return true;
            }
        }
        return false;
    }

    public long version()
    {
        return version;
    }

    public long low()
    {
        return low;
    }

    public long high()
    {
        return high;
    }

    public long samples()
    {
        return samples;
    }
}
