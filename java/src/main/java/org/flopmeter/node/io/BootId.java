/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which start of the kernel this is: its monotonic clock means nothing in another one. */
public final class BootId
{
    private static final Path FILE = Path.of("/proc/sys/kernel/random/boot_id");

    private BootId()
    {
    }

    /** "" where the kernel says none: then nothing is gone on from. */
    public static String text()
    {
        try
        {
            return Files.readString(FILE).strip();
        }
        catch (final IOException unknown)
        {
            return "";
        }
    }
}
