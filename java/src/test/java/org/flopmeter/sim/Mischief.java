/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.io.IOException;
import java.util.SplittableRandom;

/** Faults of a host's storage at rates of its own, kills at the n-th step, and a digest of all that happened. */
final class Mischief implements Faults
{
    private static final int OUT_OF = 10_000;

    /** What is counted as a fault: something that did not go as the program asked. */
    enum Kind
    {
        KILLED, TORN, SHORT_WRITE, WRITE_REFUSED, READ_REFUSED, NAMES_REFUSED, FORCE_FAILED, NO_SPACE, MEMORY_REFUSED,
        POWER_LOST, SECTOR_LOST, NAME_LOST, MISDIRECTED, BIT_FLIPPED, CLOCK_STEPPED, FROZEN, PRODUCER_KILLED, EVICTED
    }

    final long[] counts = new long[Kind.values().length];
    private final SplittableRandom random;
    private long digest = 0x9E3779B97F4A7C15L;
    private long steps;
    private int stepsUntilKill = -1;
    private boolean isDead;
    private boolean isTearing;
    private boolean isQuiet = true;
    private int writeRate;
    private int readRate;
    private int namesRate;
    private int forceRate;
    private int shortRate;
    private int memoryRate;
    private boolean isMisdirecting;

    Mischief(final SplittableRandom random)
    {
        this.random = random;
    }

    /** Rates for the life of a host: many hosts have few faults of a kind, some have many. */
    void draw()
    {
        writeRate = rate(1000);
        readRate = rate(300);
        namesRate = rate(500);
        forceRate = rate(1500);
        shortRate = rate(3000);
        memoryRate = rate(500);
    }

    private int rate(final int most)
    {
        return 0 == random.nextInt(3) ? 0 : random.nextInt(most);
    }

    /** No faults from here on, or again some. */
    void quiet(final boolean isSo)
    {
        isQuiet = isSo;
    }

    void killAfter(final int stepCount)
    {
        stepsUntilKill = stepCount;
    }

    void misdirectNext()
    {
        isMisdirecting = true;
    }

    /** A new program. */
    void reborn()
    {
        isDead = false;
        isTearing = false;
        stepsUntilKill = -1;
    }

    long steps()
    {
        return steps;
    }

    long digest()
    {
        return digest;
    }

    void note(final long value)
    {
        digest = (digest ^ value) * 0x100000001B3L;
        digest ^= digest >>> 29;
    }

    void count(final Kind kind)
    {
        counts[kind.ordinal()]++;
        note(kind.ordinal() + 100L);
    }

    void die()
    {
        isDead = true;
        stepsUntilKill = -1;
        count(Kind.KILLED);
        throw new Volume.Crash();
    }

    private boolean happens(final int rate)
    {
        return !isQuiet && rate > 0 && random.nextInt(OUT_OF) < rate;
    }

    @Override
    public void reached(final Volume.Step step, final String name) throws IOException
    {
        if (isDead)
        {
            throw new Volume.Crash();
        }
        steps++;
        // A key is made beside its place, under a name that nobody can guess.
        final int guessed = name.indexOf("/.key");
        note(step.ordinal() + ((long)(guessed < 0 ? name : name.substring(0, guessed)).hashCode() << 8));
        if (isTearing)
        {
            isTearing = false;
            count(Kind.TORN);
            die();
        }
        if (stepsUntilKill >= 0 && --stepsUntilKill < 0)
        {
            if (Volume.Step.WRITE != step || random.nextBoolean())
            {
                die();
            }
            isTearing = true;
        }
        refuse(step, name);
    }

    private void refuse(final Volume.Step step, final String name) throws IOException
    {
        final boolean isMemory = Volume.isMemory(name);
        switch (step)
        {
            case WRITE -> refuse(isMemory ? memoryRate : writeRate,
                isMemory ? Kind.MEMORY_REFUSED : Kind.WRITE_REFUSED);
            case READ -> refuse(isMemory ? 0 : readRate, Kind.READ_REFUSED);
            case MAKE, RENAME, DELETE, TRUNCATE, OPEN, LIST, MAP ->
                refuse(isMemory ? memoryRate : namesRate, Kind.NAMES_REFUSED);
            default ->
            {
                // A failed force has a way of its own; the rest can't fail.
            }
        }
    }

    private void refuse(final int rate, final Kind kind) throws IOException
    {
        if (!isTearing && happens(rate))
        {
            count(kind);
            throw new IOException(Kind.MEMORY_REFUSED == kind ? "No space left on device" : "Input/output error");
        }
    }

    @Override
    public int lengthWritten(final Volume.Node node, final int length)
    {
        if (isTearing)
        {
            return 0 == length ? 0 : random.nextInt(length);
        }
        if (length > 1 && happens(shortRate))
        {
            count(Kind.SHORT_WRITE);
            return 1 + random.nextInt(length - 1);
        }
        return length;
    }

    @Override
    public long positionOf(final Volume.Node node, final long position, final int length)
    {
        if (!isMisdirecting || node.isMemory || 0 == node.length)
        {
            return position;
        }
        isMisdirecting = false;
        count(Kind.MISDIRECTED);
        return random.nextInt(node.length);
    }

    @Override
    public boolean isForced(final Volume.Node node)
    {
        if (happens(forceRate))
        {
            count(Kind.FORCE_FAILED);
            return false;
        }
        return true;
    }

    @Override
    public void onFull()
    {
        count(Kind.NO_SPACE);
    }

    @Override
    public boolean isLucky()
    {
        return random.nextBoolean();
    }
}
