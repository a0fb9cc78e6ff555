/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.flopmeter.sampler.DrainKernels;
import org.flopmeter.unit.Suite;
import org.flopmeter.wire.DrainKernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.AssertionFailedError;

/**
 * Law 6 in quantity: of 64 lanes one is corrupted at random, a million times in the nightly build. Others are exact,
 * the bad one is quarantined or was not changed in anything that counts, and the JVM lives.
 */
final class HostileNeighbourTest
{
    private static final long SEED = Long.getLong("flopmeter.hostile.seed", 20_261_127);
    private static final int CORRUPTIONS =
        Integer.getInteger("flopmeter.hostile.count", Suite.rounds(2_000, 500_000));
    private static final int SCENE_LENGTH = 500;

    private static void corrupt(final DrainKernel kernel, final int corruptions) throws IOException
    {
        final SplittableRandom random = new SplittableRandom(SEED);
        final HostileFigures figures = new HostileFigures();
        final LyingMapper mapper = new LyingMapper(kernel);
        for (int left = corruptions; left > 0; left -= SCENE_LENGTH)
        {
            try (HostileScene scene = new HostileScene(mapper, random, figures))
            {
                for (int i = 0; i < Math.min(left, SCENE_LENGTH); i++)
                {
                    scene.corruptOne();
                }
                scene.checkEnd();
            }
        }
        assertEquals(0, mapsLeft(), "maps of lanes that are left");
        System.out.println("seed " + SEED + ", drain kernel " + kernel.name() + ": " + corruptions +
            " corruptions; " + figures);
        assertTrue(figures.found() > corruptions / 3, "hardly anything was found: nothing was tried");
    }

    /** Of bad lanes, too: whoever makes a meter take up lanes must not use up its maps. */
    private static long mapsLeft() throws IOException
    {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps")))
        {
            return maps.filter((map) -> map.contains("/flopmeter-hostile-")).count();
        }
    }

    private static DrainKernel kernelOf(final String name)
    {
        try
        {
            return DrainKernels.of(name);
        }
        catch (final LinkageError ex)
        {
            assumeTrue(false, "SKIPPED: no native library: " + ex.getMessage());
            throw ex;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "native", "java" })
    void shouldKeepTheOthersExact(final String kernel) throws IOException
    {
        corrupt(kernelOf(kernel), CORRUPTIONS);
    }

    /** The planted mistake: a reader that stops at a bad record and says nothing. */
    @Test
    void shouldNoticeAReaderThatForgives()
    {
        final DrainKernel kernel = kernelOf("java");
        final DrainKernel forgiving = new DrainKernel()
        {
            @Override
            public int drain(final long cursorAddress, final long lengthLimit)
            {
                return Math.max(0, kernel.drain(cursorAddress, lengthLimit));
            }

            @Override
            public int lengthLimitMax()
            {
                return kernel.lengthLimitMax();
            }

            @Override
            public String name()
            {
                return "forgiving";
            }
        };

        assertThrows(AssertionFailedError.class, () -> corrupt(forgiving, SCENE_LENGTH));
    }
}
