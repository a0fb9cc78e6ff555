/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.util.Map;

/**
 * What the durations of kernels are computed from.
 *
 * @param bf16FlopPerNs    dense peak; the size of a fleet follows from it.
 * @param fp8FlopPerNs     dense peak.
 * @param memoryBytesPerNs peak bandwidth of the device memory.
 * @param linkBytesPerNs   to the other devices of its host, one direction.
 */
record Accelerator(
    String name, long bf16FlopPerNs, long fp8FlopPerNs, long memoryBytesPerNs, long linkBytesPerNs)
{
    /**
     * NVIDIA's data sheets: H100 SXM 989.4 / 1978.9 TFLOP/s, 3.35 TB/s, NVLink 2 x 450 GB/s; HGX B200 2250 / 4500
     * TFLOP/s, 8 TB/s, NVLink 2 x 900 GB/s.
     */
    private static final Map<String, Accelerator> KNOWN = Map.of(
        "h100", new Accelerator("h100", 989_400, 1_978_900, 3350, 450),
        "b200", new Accelerator("b200", 2_250_000, 4_500_000, 8000, 900));

    static Accelerator of(final String name)
    {
        final Accelerator accelerator = KNOWN.get(name);
        if (null == accelerator)
        {
            throw ReplayException.usage("--accelerator " + name + ": expected h100 or b200");
        }
        return accelerator;
    }
}
