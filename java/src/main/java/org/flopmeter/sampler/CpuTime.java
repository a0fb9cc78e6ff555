/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

/** CPU time of this JVM. */
public final class CpuTime
{
    private CpuTime()
    {
    }

    /** User and system time of all threads so far, in ns. One system call, and no management beans to load. */
    public static long processNs()
    {
        return ControlLibrary.flopmeter_control_cpu_ns();
    }
}
