/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.flopmeter.node.MeteredRun;

/** The counter of the C tests over their fake NVML: one H200 whose tensor cores are half busy all the time. */
final class FakeGpus
{
    static final String NODE = "device:GPU-11111111";
    private static final Path COUNTER = MeteredRun.WORKER.resolveSibling("flopmeter-counter-test");
    private static final Path PLANTED = MeteredRun.WORKER.resolveSibling("flopmeter-counter-canary-pause");
    private static final Path NVML = MeteredRun.WORKER.resolveSibling("libfake_nvml.so");

    private FakeGpus()
    {
    }

    static void assumeThere()
    {
        assumeTrue(Files.isExecutable(COUNTER) && Files.isReadable(NVML),
            "SKIPPED: no " + COUNTER + ", build the C tests");
    }

    /**
     * A program that is called as flopmeter-counter is.
     *
     * @param script what the GPU does: "busy", "absent".
     */
    static Path program(final Path file, final String script) throws IOException
    {
        return program(file, script, COUNTER);
    }

    /** One that answers each wish and carries none out, in the place of another. */
    static Path holdingOn(final Path file) throws IOException
    {
        assumeTrue(Files.isExecutable(PLANTED), "SKIPPED: no " + PLANTED + ", build the C tests");
        return program(file, "busy", PLANTED);
    }

    private static Path program(final Path file, final String script, final Path counter) throws IOException
    {
        Files.writeString(file, "#!/bin/sh\nFLOPMETER_TEST_NVML=" + NVML.toAbsolutePath() + " FAKE_NVML=" + script +
            " FLOPMETER_DCGM=off\nexport FLOPMETER_TEST_NVML FAKE_NVML FLOPMETER_DCGM\nunset FAKE_NVML_PID\nexec " +
            counter.toAbsolutePath() + " \"$@\"\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    /** The process that somebody started. */
    static Optional<ProcessHandle> counterOf(final ProcessHandle parent)
    {
        final String name = COUNTER.getFileName().toString();
        return parent.children().filter(child -> child.info().command().orElse("").endsWith(name)).findAny();
    }
}
