/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import org.flopmeter.wire.DrainKernel;

/**
 * The drain kernel in C, native/src/jni: as fast in a JVM that has compiled nothing yet. A file that is cut while it is
 * read raises SIGBUS, which its own handler turns into a violation.
 */
final class NativeDrainKernel implements DrainKernel
{
    static final String NAME = "libflopmeter_drain.so";

    static
    {
        System.load(NativeLibrary.path(NAME).toString());
        final int errno = install();
        if (0 != errno)
        {
            throw new UnsatisfiedLinkError(NAME + ": no handler for SIGBUS, errno " + errno);
        }
    }

    @Override
    public int drain(final long cursorAddress, final long lengthLimit)
    {
        return drain0(cursorAddress, lengthLimit);
    }

    /** The guard is all the time on watch. */
    @Override
    public int lengthLimitMax()
    {
        return Integer.MAX_VALUE;
    }

    @Override
    public String name()
    {
        return "native";
    }

    /** Of an open file, in bytes; -1 on error. Without JNA, whose calls cost ten times that of this one. */
    static native long fileLength(long fd);

    private static native int install();

    private static native int drain0(long cursorAddress, long lengthLimit);
}
