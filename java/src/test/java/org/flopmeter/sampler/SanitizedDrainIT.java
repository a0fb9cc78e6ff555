/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The meter's own native libraries, built by native/test/sanitize.sh, in a JVM that starts with a sanitizer's runtime:
 * two meters on two threads. A sanitizer knows what C does there; Java's own accesses and locks are unknown to it.
 */
class SanitizedDrainIT
{
    private static final Path BUILD = Path.of(System.getProperty("flopmeter.native.build"));
    private static final long TIMEOUT_S = 300;
    // HotSpot takes SIGSEGV as a matter of course, and does not free what it has when it ends.
    private static final String OPTIONS = "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:use_sigaltstack=0:exitcode=66";

    @TempDir
    private Path work;

    private Path sanitized;
    private int exitCode;
    private String output;

    @ParameterizedTest
    @ValueSource(strings = { "address", "thread" })
    void shouldDrainUnderSanitizer(final String kind) throws IOException, InterruptedException
    {
        drain(kind, "src/control/libflopmeter_control.so");
        assertEquals(0, exitCode, output);
        assertTrue(output.contains("flopCount=" + 2L * 4 * 50_000 * 3 + " findings=[]"), output);
        assertTrue(!output.contains("Sanitizer") && !output.contains("runtime error"), output);
    }

    @ParameterizedTest
    @CsvSource({ "address, AddressSanitizer: heap-buffer-overflow", "thread, ThreadSanitizer: data race" })
    void shouldSeeAPlantedMistake(final String kind, final String expected) throws IOException, InterruptedException
    {
        drain(kind, "test/libflopmeter_planted_control.so");
        assertEquals(66, exitCode, output);
        assertTrue(output.contains(expected), output);
    }

    private void drain(final String kind, final String control) throws IOException, InterruptedException
    {
        sanitized = Path.of(BUILD + "-" + kind, "native");
        assumeTrue(
            Files.isRegularFile(sanitized.resolve("test/runtime.txt")) &&
            Files.isRegularFile(sanitized.resolve(control)),
            "no tree in " + sanitized + ": ctest makes it where the compiler has the sanitizer's runtime");
        final Path libraries = Files.createDirectory(work.resolve("lib"));
        Files.copy(sanitized.resolve(control), libraries.resolve("libflopmeter_control.so"));
        final Path kernel = sanitized.resolve("src/jni/libflopmeter_drain.so");
        final boolean isNative = Files.isRegularFile(kernel);
        if (isNative)
        {
            Files.copy(kernel, libraries.resolve("libflopmeter_drain.so"));
        }

        final Path log = work.resolve("output.txt");
        final ProcessBuilder builder = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED", "-Xmx256m",
            "-Dflopmeter.native.path=" + libraries, "-Dflopmeter.drain=" + (isNative ? "native" : "java"),
            "-cp", System.getProperty("java.class.path"), SanitizedDrain.class.getName(),
            meterDirectory("a") + "," + meterDirectory("b"),
            BUILD.resolve("native/test/flopmeter_worker").toString(), "threads", "4", "50000", "3");
        builder.environment().put("LD_PRELOAD", Files.readString(sanitized.resolve("test/runtime.txt")).strip());
        builder.environment().put("ASAN_OPTIONS", OPTIONS + ":detect_leaks=0");
        // HotSpot's atomics are unknown to the thread sanitizer, so that its every memcpy() would look like a race.
        builder.environment().put("TSAN_OPTIONS", OPTIONS + ":ignore_noninstrumented_modules=1");
        builder.environment().put("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1");
        final Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        assertTrue(process.waitFor(TIMEOUT_S, TimeUnit.SECONDS), "no end");
        exitCode = process.exitValue();
        output = Files.readString(log, StandardCharsets.UTF_8);
    }

    /** A meter directory as the supervisor makes it: docs/design/0002-meter-directory.md. */
    private Path meterDirectory(final String name) throws IOException
    {
        final Path directory = Files.createDirectory(
            work.resolve(name),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        final Path control = Files.createFile(
            directory.resolve("control"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        final ByteBuffer page = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
        page.putLong(0, 0x4C525443504F4C46L).putInt(8, 1).putInt(12, 8192).putLong(16, 1).putInt(28, 1);
        page.putLong(64, System.nanoTime());
        Files.write(control, page.array());
        return directory;
    }
}
