/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;

/**
 * A descriptor that may be a terminal, as the supervisor left it open. Opening the terminal again by name is no choice:
 * a process that leads its own session could make it its controlling terminal and take the program's signals.
 */
public final class NativeTerminal
{
    private static final long TIOCGWINSZ = 0x5413;
    private static final int WINSIZE_LENGTH = 8;
    private static final int WINSIZE_COLUMNS_OFFSET = 2;
    private static final int UNSIGNED_SHORT = 0xFFFF;

    private final int descriptor;
    private final LibC libc;

    public NativeTerminal(final int descriptor)
    {
        this.descriptor = descriptor;
        this.libc = Native.load("c", LibC.class);
    }

    public boolean isTerminal()
    {
        return 1 == libc.isatty(descriptor);
    }

    /** Width now, 0 when it is not known. */
    public int columns()
    {
        try (Memory winsize = new Memory(WINSIZE_LENGTH))
        {
            winsize.clear();
            final int rc = libc.ioctl(descriptor, new NativeLong(TIOCGWINSZ), winsize);
            return 0 == rc ? winsize.getShort(WINSIZE_COLUMNS_OFFSET) & UNSIGNED_SHORT : 0;
        }
    }

    /** One write, so that nobody else's output lands inside an escape sequence. May block: own thread. */
    public boolean write(final byte[] bytes)
    {
        return bytes.length == libc.write(descriptor, bytes, new NativeLong(bytes.length)).longValue();
    }

    /** The C library. Public because JNA implements it by reflection. */
    public interface LibC extends Library
    {
        int isatty(int descriptor);

        int ioctl(int descriptor, NativeLong request, Pointer argument);

        NativeLong write(int descriptor, byte[] buffer, NativeLong length);
    }
}
