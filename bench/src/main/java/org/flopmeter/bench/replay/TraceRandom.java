/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

/**
 * xoshiro256** 1.0 (D. Blackman and S. Vigna, 2018, prng.di.unimi.it), seeded by SplitMix64 (S. Vigna, 2015); both are
 * in the public domain. One stream per device.
 */
final class TraceRandom
{
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private long s0;
    private long s1;
    private long s2;
    private long s3;
    private long bits;
    private int bitsUsed;

    TraceRandom(final long seed, final long number)
    {
        long state = mix(seed + GAMMA) ^ mix(number * GAMMA);
        state += GAMMA;
        s0 = mix(state);
        state += GAMMA;
        s1 = mix(state);
        state += GAMMA;
        s2 = mix(state);
        state += GAMMA;
        s3 = mix(state);
    }

    /** A given state, for test vectors. */
    TraceRandom(final long s0, final long s1, final long s2, final long s3)
    {
        this.s0 = s0;
        this.s1 = s1;
        this.s2 = s2;
        this.s3 = s3;
    }

    /** SplitMix64's output function. */
    static long mix(final long value)
    {
        long x = value;
        x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }

    long next()
    {
        final long result = Long.rotateLeft(s1 * 5, 7) * 9;
        final long t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = Long.rotateLeft(s3, 45);
        return result;
    }

    /** The variant of a program: 0 .. 7. */
    int variant()
    {
        return (int)(next() >>> 61);
    }

    /** 0 .. 255; eight of them are cut from one word, lowest byte first. */
    long jitter()
    {
        if (0 == (bitsUsed++ & 7))
        {
            bits = next();
        }
        final long jitter = bits & 255;
        bits >>>= 8;
        return jitter;
    }
}
