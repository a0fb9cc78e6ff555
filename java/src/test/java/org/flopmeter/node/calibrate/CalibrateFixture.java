/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import java.util.List;

/** A document of raw readings as flopmeter-calibrate prints it, small: for tests to change one thing in. */
final class CalibrateFixture
{
    static final String SHA = "00ff".repeat(16);

    private CalibrateFixture()
    {
    }

    static String raw()
    {
        return """
            {"schema": "flopmeter/calibrate-raw/v1", "quick": false,
             "kernels": [
              {"name": "avx2_fp32_fma", "chipKind": "cpu", "precision": "fp32", "flopPerIteration": "192",
               "unmetered": {"flop": "1920", "timeNs": 10}},
              {"name": "wgmma_bf16_fp32", "chipKind": "gpu", "precision": "bf16", "flopPerIteration": "69206016",
               "unmetered": {"flop": "692060160", "timeNs": 20}}],
             "cpu": {"name": "A CPU", "machine": "x86_64", "kernelsAbsent": ["avx512_fp32_fma"],
              "whyAbsent": {"avx512_fp32_fma": "this CPU has no AVX-512"}},
             "gpu": {"state": "AVAILABLE", "detail": "", "remedy": "", "driverCudaVersion": 13000, "deviceCount": 1,
              "name": "A \\"GPU\\"", "device": "GPU-0", "computeCapability": "9.0", "multiprocessors": 132,
              "architecture": "sm_90a", "kernelsAbsent": []},
             "images": {"cudaVersion": 13000, "list": [
              {"name": "tensor_group", "architecture": "sm_90a", "lengthBytes": 9, "sha256": "%s"}]},
             "sources": [
              {"source": "perf", "basis": "EXACT_EXECUTED", "chipKind": "cpu", "state": "AVAILABLE",
               "detail": "", "remedy": ""},
              {"source": "gpm", "basis": "DERIVED", "chipKind": "gpu", "state": "AVAILABLE",
               "detail": "", "remedy": ""},
              {"source": "cupti-range", "basis": "EXACT_EXECUTED", "chipKind": "gpu", "state": "TAKEN",
               "detail": "nsys has it", "remedy": "end nsys"}],
             "idle": [
              {"source": "perf", "basis": "EXACT_EXECUTED", "chipKind": "cpu", "state": "AVAILABLE", "detail": "",
               "remedy": "", "expected": "0", "timeNs": 5, "gaps": 0, "figures": []}],
             "readings": [
              {"source": "perf", "basis": "EXACT_EXECUTED", "chipKind": "cpu", "kernel": "avx2_fp32_fma",
               "precision": "fp32", "pass": 0, "state": "AVAILABLE", "detail": "", "remedy": "",
               "expected": "1000000", "timeNs": 7, "gaps": 0, "figures": [
                {"precision": "fp32", "lower": "1000000", "point": "1000001", "upper": "1000001"}]},
              {"source": "gpm", "basis": "DERIVED", "chipKind": "gpu", "kernel": "wgmma_bf16_fp32",
               "precision": "bf16", "pass": 0, "state": "AVAILABLE", "detail": "", "remedy": "",
               "expected": "1000000", "timeNs": 8, "gaps": 1, "figures": [
                {"precision": "unknown", "lower": "10000", "point": "1090000", "upper": "unbounded"}]},
              {"source": "gpm", "basis": "DERIVED", "chipKind": "gpu", "kernel": "wgmma_bf16_fp32",
               "precision": "bf16", "pass": 1, "state": "FAILED", "detail": "gone", "remedy": "look",
               "expected": "0", "timeNs": 0, "gaps": 0, "figures": []},
              %s,
              %s],
             "passes": 2, "passesWanted": 2, "isCut": false, "beginNs": 1795818071000000000,
             "endNs": 1795818079500000000}
            """.formatted(SHA, perf(1), perf(2));
    }

    /** The reading of a pass after the first: exact. */
    private static String perf(final int pass)
    {
        return """
            {"source": "perf", "basis": "EXACT_EXECUTED", "chipKind": "cpu", "kernel": "avx2_fp32_fma",
               "precision": "fp32", "pass": %d, "state": "AVAILABLE", "detail": "", "remedy": "",
               "expected": "2000000", "timeNs": 6, "gaps": 0, "figures": [
                {"precision": "fp32", "lower": "2000000", "point": "2000000", "upper": "2000000"}]}""".formatted(pass);
    }

    static CalibrateCertificate certificate(final String raw, final CalibrateReading... interception)
    {
        return new CalibrateCertificate(
            CalibrateRaw.parse(raw),
            List.of(new CalibratePrograms.Interception(
                new CalibrateRaw.SourceState("blas", "EXACT_BY_SHAPE", "cpu", 0 == interception.length ? "ABSENT" :
                    "AVAILABLE", 0 == interception.length ? "no shared BLAS here" : "", ""),
                List.of(interception), List.of())),
            new CalibrateCertificate.Environment("flopmeter dev", "A JVM", "An OS", "A driver", SHA,
                List.of(new CalibrateCertificate.Library("libblas.so.3", SHA))));
    }
}
