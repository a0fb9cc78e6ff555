/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.card;

import java.math.BigInteger;

/**
 * Does one consumer core keep pace with a cluster?
 *
 * @param accelerator         name in accelerators.csv.
 * @param clusterFlopPerSec   peak of the whole cluster.
 * @param kernelDurationUs    one sample for each kernel, one kernel in flight on each accelerator.
 * @param neededSamplesPerSec ceil(cluster / peak of one accelerator) / kernel duration.
 * @param headroom            measured samples/s of the slowest placement / needed; above 1 it keeps pace.
 */
public record KeepsPace(
    String accelerator,
    BigInteger clusterFlopPerSec,
    double kernelDurationUs,
    double neededSamplesPerSec,
    double headroom)
{
}
