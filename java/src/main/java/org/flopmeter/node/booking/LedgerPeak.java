/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.sampler.CpuPeak;

/** What this machine can do at most in a second: the upper end of a time in which nobody could look. */
final class LedgerPeak
{
    static final String UNBOUNDED = "unbounded";
    private static final BigInteger NS_PER_SEC = BigInteger.valueOf(1_000_000_000L);
    private static final List<String> ACCELERATORS =
        List.of("nvidia[0-9]*", "kfd", "dri/renderD*", "accel*", "neuron*", "davinci*", "habanalabs*");

    private LedgerPeak()
    {
    }

    /** FLOP per second, decimal; {@link #UNBOUNDED} where the CPU is not known or there is an accelerator. */
    static String text(final Path root, final int cpus)
    {
        final CpuPeak peak = CpuPeak.probe(root);
        return peak.isBounded() && !hasAccelerator(root.resolve("dev")) ?
            peak.flopCountMax(NS_PER_SEC.multiply(BigInteger.valueOf(cpus))).toString() : UNBOUNDED;
    }

    private static boolean hasAccelerator(final Path devices)
    {
        for (final String pattern : ACCELERATORS)
        {
            final Path name = Path.of(pattern);
            final Path directory = null == name.getParent() ? devices : devices.resolve(name.getParent());
            if (Files.isDirectory(directory) && hasOne(directory, name.getFileName().toString()))
            {
                return true;
            }
        }
        return false;
    }

    /** In doubt there is one. */
    private static boolean hasOne(final Path directory, final String pattern)
    {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, pattern))
        {
            return found.iterator().hasNext();
        }
        catch (final IOException | DirectoryIteratorException ex)
        {
            return true;
        }
    }
}
