/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import com.sun.jna.Native;

/** libflopmeter_control.so, name by name; native/src/control/flopmeter_control.h says what they do. */
final class ControlLibrary
{
    static final String NAME = "libflopmeter_control.so";
    static final int OK = 0;
    static final int AGAIN = -1;
    static final int REFUSED = -2;

    static
    {
        Native.register(ControlLibrary.class, NativeLibrary.load(NAME));
    }

    private ControlLibrary()
    {
    }

    static native int flopmeter_control_map(String directory, String name, long lengthExpected, long[] map);

    static native long flopmeter_control_file_length(long fd);

    static native void flopmeter_control_unmap(long address, long length, long fd);

    static native int flopmeter_control_is_alive(int pid, long startTicks, long pidNamespace);

    static native int flopmeter_control_is_locked(String directory, String name);

    static native int flopmeter_control_unlink(String directory, String name);

    static native long flopmeter_control_cpu_ns();

    static native int flopmeter_control_probe_perf(String root, byte[] answer, long length);

    static native String flopmeter_control_errmsg();
}
