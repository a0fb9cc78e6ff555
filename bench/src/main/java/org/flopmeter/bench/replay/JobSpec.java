/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import org.flopmeter.unit.Precision;

/**
 * One job of a fleet: a dense transformer that is trained or served, each host a tensor-parallel group of 8 devices.
 *
 * @param hostsPermille its part of the hosts.
 * @param precision     of the gemms; attention is bf16, everything else fp32.
 * @param tokens        of a micro-batch; for serving, sequences decoded at once.
 * @param context       tokens of a sequence; for serving, also of a prompt.
 * @param period        micro-batches per optimizer step; for serving, decode steps per prompt.
 */
record JobSpec(
    String run,
    int hostsPermille,
    boolean isTraining,
    Precision precision,
    long layers,
    long hidden,
    long ffn,
    long vocabulary,
    long tokens,
    long context,
    long period)
{
    static final int NODES = 3;
    static final int KINDS = 3;
    static final int KEYS = NODES * KINDS;

    private static final String[] TRAINING_NODES = { "forward", "backward", "optimizer" };
    private static final String[] SERVING_NODES = { "decode", "prefill", "idle" };

    /** Node of a key of this job, 0 .. KEYS - 1. */
    String nodeOf(final int key)
    {
        return (isTraining ? TRAINING_NODES : SERVING_NODES)[key / KINDS];
    }

    /** Precision of a key of this job. */
    Precision precisionOf(final int key)
    {
        return switch (key % KINDS)
        {
            case 0 -> precision;
            case 1 -> Precision.BF16;
            default -> Precision.FP32;
        };
    }

    /** The statement of a spec file. */
    String text()
    {
        return String.join(" ", "job", run, Integer.toString(hostsPermille), isTraining ? "train" : "serve",
            precision.jsonName(), Long.toString(layers), Long.toString(hidden), Long.toString(ffn),
            Long.toString(vocabulary), Long.toString(tokens), Long.toString(context), Long.toString(period));
    }
}
