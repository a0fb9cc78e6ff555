/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

import org.flopmeter.bench.replay.Program.Phase;

/** Which samples each device of a fleet emits, in logical time. Immutable; any thread. */
final class Trace
{
    private static final int VARIANTS = 8;
    private static final int PERMILLE = 1000;

    /** Gets the samples of one device, in order. */
    interface Sink
    {
        /**
         * One kernel has ended.
         *
         * @param op        number of its op among all of the trace.
         * @param key       job number x JobSpec.KEYS + key of the job.
         * @param flopOfShape FLOP of this kernel by its shape.
         * @param flopExtra what a counter of executed operations sees beyond it: the sample is their sum.
         * @param timeNs    logical time since the begin of the slice.
         */
        void sample(int op, int key, long flopOfShape, long flopExtra, long timeNs);
    }

    private record JobPrograms(JobSpec job, Program[] bodies, Program[] tails)
    {
    }

    /** Where a device is: what the C side keeps in a struct. */
    private static final class Device
    {
        private final TraceRandom random;
        private long timeNs;
        private long skipNs;

        Device(final TraceRandom random)
        {
            this.random = random;
        }
    }

    private final ReplaySpec spec;
    private final List<JobPrograms> jobs = new ArrayList<>();
    private final List<Phase> phases = new ArrayList<>();
    private int opCount;

    Trace(final ReplaySpec spec)
    {
        this.spec = spec;
        for (final JobSpec job : spec.jobs())
        {
            try
            {
                add(job);
            }
            catch (final ArithmeticException ex)
            {
                throw ReplayException.usage("job " + job.run() + ": its kernels are too large for 64-bit integers");
            }
        }
    }

    ReplaySpec spec()
    {
        return spec;
    }

    /** Ops are numbered from 0. */
    int opCount()
    {
        return opCount;
    }

    /** Add `count[op]` times what op counts to the totals of its key. */
    void addUp(final long[] count, final BigInteger[] flopOfKey, final long[] samplesOfKey)
    {
        for (final Phase phase : phases)
        {
            for (int i = 0; i < phase.keys.length; i++)
            {
                final int key = phase.keys[i];
                if (Program.NO_KEY != key)
                {
                    final long times = count[phase.opFirst + i];
                    flopOfKey[key] = flopOfKey[key].add(
                        BigInteger.valueOf(phase.flopCounts[i]).multiply(BigInteger.valueOf(times)));
                    samplesOfKey[key] = Math.addExact(samplesOfKey[key], times);
                }
            }
        }
    }

    /** Every sample of one device whose kernel ends within the slice. */
    void run(final long host, final int device, final Sink sink)
    {
        final JobPrograms programs = jobOf(host);
        if (null == programs)
        {
            return;
        }
        final TraceRandom random =
            new TraceRandom(spec.seed(), host * ReplaySpec.DEVICES_PER_HOST + device + 1);
        final long period = programs.job.period();
        final Device state = new Device(random);
        int variant = random.variant();
        final long bodyNs = programs.bodies[variant].durationNs();
        final long cycleNs = period * bodyNs + programs.tails[variant].durationNs();
        final long instantNs = Long.remainderUnsigned(random.next(), cycleNs);
        long unit = Math.min(instantNs / bodyNs, period);
        state.skipNs = instantNs - unit * bodyNs;
        while (run(unit < period ? programs.bodies[variant] : programs.tails[variant], state, sink))
        {
            unit = unit < period ? unit + 1 : 0;
            variant = random.variant();
        }
    }

    private void add(final JobSpec job)
    {
        final ProgramBuilder builder =
            new ProgramBuilder(spec.accelerator(), job, jobs.size() * JobSpec.KEYS, opCount);
        final Program[] bodies = new Program[VARIANTS];
        final Program[] tails = new Program[VARIANTS];
        for (int variant = 0; variant < VARIANTS; variant++)
        {
            bodies[variant] = builder.body(variant);
            tails[variant] = builder.tail(variant);
            phases.addAll(List.of(bodies[variant].phases()));
            phases.addAll(List.of(tails[variant].phases()));
            Math.addExact(
                Math.multiplyExact(job.period(), bodies[variant].durationNs()), tails[variant].durationNs());
        }
        opCount = builder.opCount();
        jobs.add(new JobPrograms(job, bodies, tails));
    }

    private JobPrograms jobOf(final long host)
    {
        final long place = host * PERMILLE / spec.hosts();
        long share = 0;
        for (final JobPrograms programs : jobs)
        {
            share += programs.job.hostsPermille();
            if (place < share)
            {
                return programs;
            }
        }
        return null;
    }

    /** False when the slice is over. */
    private boolean run(final Program program, final Device device, final Sink sink)
    {
        final long sliceNs = spec.sliceNs();
        long skipNs = device.skipNs;
        long timeNs = device.timeNs;
        for (final Phase phase : program.phases())
        {
            long repetition = Math.min(skipNs / phase.durationNs, phase.repeat);
            skipNs -= repetition * phase.durationNs;
            for (; repetition < phase.repeat; repetition++)
            {
                for (int i = 0; i < phase.keys.length; i++)
                {
                    final long durationNs = phase.durationsNs[i];
                    if (skipNs >= durationNs)
                    {
                        skipNs -= durationNs;
                        continue;
                    }
                    skipNs = 0;
                    final long jitter = device.random.jitter();
                    timeNs += durationNs + (durationNs * jitter >>> 10);
                    if (timeNs > sliceNs)
                    {
                        return false;
                    }
                    if (Program.NO_KEY != phase.keys[i])
                    {
                        sink.sample(phase.opFirst + i, phase.keys[i], phase.flopCounts[i], jitter, timeNs);
                    }
                }
            }
        }
        device.skipNs = 0;
        device.timeNs = timeNs;
        return true;
    }
}
