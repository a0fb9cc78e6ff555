/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import org.flopmeter.wire.DrainKernel;
import org.flopmeter.wire.JavaDrainKernel;

/** Selects the drain kernel: -Dflopmeter.drain=native or java; without it the native one where it can be loaded. */
public final class DrainKernels
{
    public static final String PROPERTY = "flopmeter.drain";

    private DrainKernels()
    {
    }

    /** The selected kernel. An IllegalArgumentException or UnsatisfiedLinkError says why a wish can't be fulfilled. */
    public static DrainKernel selected()
    {
        return of(System.getProperty(PROPERTY, ""));
    }

    /** A kernel by its name, "" for the default. */
    public static DrainKernel of(final String wish)
    {
        return switch (wish)
        {
            case "java" -> JavaDrainKernel.INSTANCE;
            case "native" -> new NativeDrainKernel();
            case "" -> nativeOrJava();
            default -> throw new IllegalArgumentException(
                "-D" + PROPERTY + "=" + wish + ": expected java or native");
        };
    }

    private static DrainKernel nativeOrJava()
    {
        try
        {
            return new NativeDrainKernel();
        }
        catch (final LinkageError ex)
        {
            // Built without JNI headers, or on a file system mounted noexec: the totals are the same.
            return JavaDrainKernel.INSTANCE;
        }
    }
}
