/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.flopmeter.sampler.DrainKernels;

/** The drain kernels that can be chosen here with -Dflopmeter.drain. */
final class Kernels
{
    static final String PROPERTY = "flopmeter.drain";

    private static final String LIBRARY = "libflopmeter_drain.so";

    private Kernels()
    {
    }

    /** The one that measurements run unless they are told otherwise. */
    static String selected()
    {
        return DrainKernels.selected().name();
    }

    /** Those that are there beside it. */
    static List<String> others()
    {
        return available().stream().filter((name) -> !name.equals(selected())).toList();
    }

    /** Names of those beside each other; one or none means that there is nothing to choose. */
    static List<String> available()
    {
        final String libraries = System.getProperty("flopmeter.native.path", "target/dist/lib");
        return Files.isRegularFile(Path.of(libraries, LIBRARY)) ? List.of("java", "native") : List.of();
    }
}
