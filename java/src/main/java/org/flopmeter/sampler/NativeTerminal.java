/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;

/**
 * Writes to a descriptor that the supervisor left open. Opening the terminal again by name is no choice: a process that
 * leads its own session could make it its controlling terminal and take the program's signals.
 */
public final class NativeTerminal
{
    private final int descriptor;
    private final LibC libc;

    public NativeTerminal(final int descriptor)
    {
        this.descriptor = descriptor;
        this.libc = Native.load("c", LibC.class);
    }

    /** One write, so that nobody else's output lands inside an escape sequence. May block: own thread. */
    public boolean write(final byte[] bytes)
    {
        return bytes.length == libc.write(descriptor, bytes, new NativeLong(bytes.length)).longValue();
    }

    /** The C library. Public because JNA implements it by reflection. */
    public interface LibC extends Library
    {
        NativeLong write(int descriptor, byte[] buffer, NativeLong length);
    }
}
