/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SpecReaderTest
{
    private static final String JOB = "job a 500 train bf16 2 1024 4096 32000 1024 1024 2\n";
    private static final String SPEC =
        "version 1\nseed 7\nflop-per-sec 1e18\naccelerator h100\nslice-ns 1000\n" + JOB;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "h100, 1e18, 127", "h100, 1e20, 12634", "h100, 1e21, 126340", "b200, 1e18, 56", "b200, 1e20, 5556",
        "h100, 1, 1", "h100, 7915200000000000, 1", "h100, 7915200000000001, 2" })
    void shouldDeriveTheHostsFromTheRate(final String accelerator, final String flopPerSec, final long hosts)
    {
        assertEquals(hosts, ReplaySpec.hostsFor(
            SpecReader.flopPerSec("--flop-per-sec", flopPerSec), Accelerator.of(accelerator)));
    }

    @Test
    void shouldReadWhatItWrites()
    {
        final ReplaySpec spec = SpecReader.parse("f", SPEC);
        assertEquals(127, spec.hosts());
        assertEquals(spec, SpecReader.parse("f", spec.text()));
        assertEquals(BigInteger.TEN.pow(21), SpecReader.flopPerSec("x", "1e21"));
        assertEquals(-1L, SpecReader.seed("x", "18446744073709551615"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "seed 7 | seed | f:2: seed: expected one word after it, found 0",
        "seed 7 | seed 1 2 | f:2: seed: expected one word after it, found 2",
        "seed 7 | seed -1 | f:2: seed -1: expected an integer from 0 to 2^64 - 1",
        "seed 7 | seed 18446744073709551616 | f:2: seed 18446744073709551616: expected an integer from 0 to 2^64 - 1",
        "seed 7 | # none | f: the statement \"seed\" is missing",
        "seed 7 | version 1 | f:2: version: stated twice",
        "seed 7 | speed 7 | f:2: speed: no such statement; expected version, seed, ",
        "version 1 | version 2 | f:1: version: 1 2: expected 1 to 1",
        "1e18 | 1e25 | f:3: flop-per-sec 1e25: expected 1 to 1e24, such as 1e18 or 250000000000000000",
        "1e18 | 0 | f:3: flop-per-sec 0: expected 1 to 1e24",
        "1e18 | 1.5e18 | f:3: flop-per-sec 1.5e18: expected 1 to 1e24",
        "h100 | a100 | a100: expected h100 or b200",
        "h100 | x 1 2 3 4 | f:4: accelerator: bf16 FLOP per ns 1: expected 10000 to 1000000000",
        "h100 | x 1 2 | f:4: accelerator: expected accelerator NAME [",
        "slice-ns 1000 | slice-ns 0 | f:5: slice-ns: nanoseconds 0: expected 1 to 1000000000000000",
        "slice-ns 1000 | hosts 99999999999 | f:5: hosts: hosts 99999999999: expected 1 to 2147483647",
        "job a | job a! | f:6: job: a!: expected 1 to 64 of A-Z",
        "500 train | 1001 train | f:6: job: permille of the hosts 1001: expected 1 to 1000",
        "train | learn | f:6: job: learn: expected train or serve",
        "bf16 | fp64 | f:6: job: fp64: expected bf16 or fp8",
        "2 1024 | 2 1023 | f:6: job: hidden 1023: expected a multiple of 8",
        "2 1024 | 0 1024 | f:6: job: layers 0: expected 1 to 1000",
        "1024 1024 2 | 1024 1024 | f:6: job: expected job RUN HOSTS-PERMILLE train",
        "1024 1024 2 | 1032 1024 2 | f:6: job: tokens 1032: expected a multiple of 16",
        "job a 500 train bf16 2 1024 4096 32000 1024 1024 2 | # none | f: the statement \"job\" is missing" })
    void shouldNameWhatIsWrong(final String right, final String wrong, final String message)
    {
        assertTrue(SPEC.contains(right), right);
        assertRefused(message, SPEC.replace(right, wrong));
    }

    @Test
    void shouldRefuseJobsThatDoNotFit()
    {
        assertRefused("f:7: job: a is there twice", SPEC + JOB);
        assertRefused("f:7: job: the jobs have more than 1000 permille",
            SPEC + JOB.replace("job a 500", "job b 501"));
        final String large = SPEC + "job b 500 train bf16 1000 131072 524288 1048576 1048576 1048576 65536\n";
        final ReplayException refused = assertThrows(
            ReplayException.class, () -> new Trace(SpecReader.parse("f", large)));
        assertEquals("job b: its kernels are too large for 64-bit integers", refused.getMessage());
    }

    @Test
    void shouldRefuseFilesThatAreNone() throws IOException
    {
        assertFileRefused(": no such file", folder.resolve("absent"));
        assertFileRefused(": not a text file", Files.write(folder.resolve("binary"), new byte[]{ -1, -2 }));
        assertFileRefused(": larger than 65536 bytes", Files.write(folder.resolve("large"), new byte[70_000]));
        assertFileRefused(": can't be read", folder);
    }

    private static void assertFileRefused(final String message, final Path file)
    {
        final ReplayException refused = assertThrows(ReplayException.class, () -> SpecReader.read(file));
        assertTrue(refused.getMessage().startsWith(file + message), refused.getMessage());
        assertEquals(ReplayException.USAGE, refused.exitCode());
    }

    private static void assertRefused(final String message, final String text)
    {
        final ReplayException refused =
            assertThrows(ReplayException.class, () -> SpecReader.parse("f", text), text);
        assertTrue(refused.getMessage().contains(message), () -> refused.getMessage() + "\ninstead of\n" + message);
        assertEquals(ReplayException.USAGE, refused.exitCode());
    }
}
