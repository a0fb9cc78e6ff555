/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.util.ArrayList;
import java.util.List;

import org.flopmeter.unit.Precision;

/**
 * Kernels of a transformer by shape on one of 8 devices, as docs/design/0007-replay.md lists them: the twin of
 * bench/native/replay/trace.c. Arithmetic that would leave 64 bits is an error here, so that it can't happen there.
 */
final class ProgramBuilder
{
    private static final int DEVICES = ReplaySpec.DEVICES_PER_HOST;
    private static final long FLOOR_NS = 1000;
    private static final long GAP_NS = 5000;

    private final Accelerator accelerator;
    private final JobSpec job;
    private final int keyFirst;
    private final long tokensUnit;
    private final List<Program.Op> ops = new ArrayList<>();
    private int opCount;
    private int node;

    ProgramBuilder(final Accelerator accelerator, final JobSpec job, final int keyFirst, final int opFirst)
    {
        this.accelerator = accelerator;
        this.job = job;
        this.keyFirst = keyFirst;
        opCount = opFirst;
        tokensUnit = job.tokens() / 16;
    }

    /** Ops so far, those before this builder included. */
    int opCount()
    {
        return opCount;
    }

    /** The unit that is repeated: a micro-batch, or a decode step. */
    Program body(final int variant)
    {
        final Program program = new Program();
        final long tokens = tokensUnit * (9 + variant);
        final long context = job.context();
        node = 0;
        if (!job.isTraining())
        {
            final long cacheBytes = times(times(tokens, context), job.hidden() / DEVICES) / 2;
            forwardLayer(tokens, times(tokens, context), cacheBytes);
            flush(program, job.layers());
            head(tokens);
            flush(program, 1);
            return program;
        }
        final long attended = times(tokens, context) / 2;
        forwardLayer(tokens, attended, 0);
        flush(program, job.layers());
        head(tokens);
        flush(program, 1);
        node = 1;
        backwardLayer(tokens, attended);
        flush(program, job.layers());
        return program;
    }

    /** What follows `period` bodies: an optimizer step, or a prompt. */
    Program tail(final int variant)
    {
        final Program program = new Program();
        if (job.isTraining())
        {
            final long hidden = job.hidden();
            final long parameters =
                Math.addExact(times(4, times(hidden, hidden)), times(3, times(hidden, job.ffn()))) / DEVICES;
            node = 2;
            gap(times(2, parameters));
            elementwise(parameters, 12, 16);
            flush(program, job.layers());
            return program;
        }
        final long prompt = job.context() / 16 * (9 + variant);
        node = 1;
        forwardLayer(prompt, times(prompt, prompt) / 2, 0);
        flush(program, job.layers());
        head(16);
        flush(program, 1);
        return program;
    }

    private void forwardLayer(final long tokens, final long attended, final long cacheBytes)
    {
        final long hidden = job.hidden();
        final long ffn = job.ffn() / DEVICES;
        final long heads = hidden / DEVICES;
        elementwise(times(tokens, hidden), 6, 4);
        gemm(tokens, 3 * heads, hidden);
        attention(times(4, times(attended, heads)), Math.addExact(times(8, times(tokens, heads)), cacheBytes));
        gemm(tokens, hidden, heads);
        gap(times(2, times(tokens, hidden)));
        elementwise(times(tokens, hidden), 6, 4);
        gemm(tokens, 2 * ffn, hidden);
        elementwise(times(tokens, ffn), 8, 6);
        gemm(tokens, hidden, ffn);
        gap(times(2, times(tokens, hidden)));
    }

    private void backwardLayer(final long tokens, final long attended)
    {
        final long hidden = job.hidden();
        final long ffn = job.ffn() / DEVICES;
        final long heads = hidden / DEVICES;
        gemm(tokens, ffn, hidden);
        gemm(ffn, hidden, tokens);
        elementwise(times(tokens, ffn), 14, 10);
        gemm(tokens, hidden, 2 * ffn);
        gemm(hidden, 2 * ffn, tokens);
        elementwise(times(tokens, hidden), 9, 6);
        gap(times(2, times(tokens, hidden)));
        gemm(tokens, heads, hidden);
        gemm(heads, hidden, tokens);
        attention(times(10, times(attended, heads)), times(16, times(tokens, heads)));
        gemm(tokens, hidden, 3 * heads);
        gemm(hidden, 3 * heads, tokens);
        elementwise(times(tokens, hidden), 9, 6);
        gap(times(2, times(tokens, hidden)));
    }

    private void head(final long tokens)
    {
        final long vocabulary = job.vocabulary() / DEVICES;
        gemm(tokens, vocabulary, job.hidden());
        elementwise(times(tokens, vocabulary), 5, 4);
    }

    private void gemm(final long m, final long n, final long k)
    {
        final boolean isFp8 = Precision.FP8 == job.precision();
        final long peak = isFp8 ? accelerator.fp8FlopPerNs() : accelerator.bf16FlopPerNs();
        final long width = isFp8 ? 1 : 2;
        final long flopCount = times(2, times(m, times(n, k)));
        final long bytes = Math.addExact(
            times(width, Math.addExact(times(m, k), times(k, n))), times(2, times(m, n)));
        add(0, flopCount, Math.max(times(flopCount, 10) / times(peak, 7), memoryNs(bytes)));
    }

    private void attention(final long flopCount, final long bytes)
    {
        add(1, flopCount, Math.max(times(flopCount, 2) / accelerator.bf16FlopPerNs(), memoryNs(bytes)));
    }

    private void elementwise(final long count, final long flopEach, final long bytesEach)
    {
        add(2, times(count, flopEach), memoryNs(times(count, bytesEach)));
    }

    private void gap(final long bytes)
    {
        ops.add(new Program.Op(Program.NO_KEY, 0, GAP_NS + bytes / accelerator.linkBytesPerNs()));
    }

    private void add(final int kind, final long flopCount, final long durationNs)
    {
        ops.add(new Program.Op(keyFirst + node * JobSpec.KINDS + kind, flopCount, FLOOR_NS + durationNs));
    }

    private void flush(final Program program, final long repeat)
    {
        opCount = program.add(opCount, repeat, ops);
        ops.clear();
    }

    private long memoryNs(final long bytes)
    {
        return times(bytes, 5) / times(accelerator.memoryBytesPerNs(), 4);
    }

    private static long times(final long a, final long b)
    {
        return Math.multiplyExact(a, b);
    }
}
