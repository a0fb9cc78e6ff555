/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

/** How long the suites of this build run: {@code mvn verify -Pnightly} sets {@code flopmeter.nightly}. */
public final class Suite
{
    private static final boolean IS_NIGHTLY = Boolean.getBoolean("flopmeter.nightly");

    /** Mutation tests run a suite once a planted mistake: with fewer rounds they end. */
    private static final int PERCENT = Integer.getInteger("flopmeter.rounds.percent", 100);

    private Suite()
    {
    }

    /**
     * How often a suite repeats itself.
     *
     * @param quick in every build.
     * @param nightly in the nightly build.
     * @return one of the two.
     */
    public static int rounds(final int quick, final int nightly)
    {
        return IS_NIGHTLY ? nightly : Math.max(1, quick * PERCENT / 100);
    }

    /**
     * How far apart the cases are that a suite takes out of all.
     *
     * @param quick in every build; odd, so that bits differ.
     * @param nightly in the nightly build.
     * @return one of the two; in mutation tests more than the first, and odd as well.
     */
    public static int stride(final int quick, final int nightly)
    {
        return IS_NIGHTLY ? nightly : quick * 100 / Math.max(1, PERCENT) | 1;
    }
}
