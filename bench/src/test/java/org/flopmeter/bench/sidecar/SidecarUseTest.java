/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.sidecar;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;

import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.junit.jupiter.api.Test;

class SidecarUseTest
{
    @Test
    void shouldFindEverySampleAfterTheMeterWasKilled() throws Exception
    {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "one CPU: there is no other for the meter");
        final Results results = new Results();
        new SidecarUse().run(
            Settings.of(List.of("warmUpMs=200", "loadMs=300", "idleMs=100", "rate=200000", "lanes=2")), results);
        assertTrue(results.all("exact"), () -> results.texts("difference").toString());
        assertTrue(results.number("loadCpuShare") > 0, "a meter that reads takes some time");
        assertTrue(results.number("rssBytes") > 1 << 20, "a JVM is larger than 1 MiB");
    }
}
