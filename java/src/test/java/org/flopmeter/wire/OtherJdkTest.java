/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;

/**
 * Truncation and drain kernels under a second JDK: the profile other-jdk of the module runs their tests once more where
 * FLOPMETER_JDK_OTHER names one, and this one tells whether it is another one.
 */
final class OtherJdkTest
{
    private static final String VARIABLE = "FLOPMETER_JDK_OTHER";
    private static final boolean IS_OTHER = Boolean.getBoolean("flopmeter.jdk.isOther");

    private static String featureOf(final Path java) throws Exception
    {
        final Process process = new ProcessBuilder(java.toString(), "-XshowSettings:properties", "-version")
            .redirectErrorStream(true).start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        return said.lines().filter((line) -> line.contains("java.specification.version ="))
            .map((line) -> line.substring(line.indexOf('=') + 1).strip()).findFirst().orElseThrow();
    }

    @Test
    void shouldBeTestedUnderASecondJdk() throws Exception
    {
        final String home = System.getenv(VARIABLE);
        assumeTrue(null != home, "SKIPPED: " + VARIABLE + " names no second JDK: truncation is tested under " +
            Runtime.version() + " only");
        final String own = Integer.toString(Runtime.version().feature());
        final String other = featureOf(Path.of(home, "bin", "java"));
        if (IS_OTHER)
        {
            assertEquals(other, own, "this JVM is not the one of " + VARIABLE);
        }
        else
        {
            assertNotEquals(other, own, VARIABLE + " names a JDK of the same version");
        }
    }
}
