/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.math.BigDecimal;

/** One tool in one configuration. Used by one thread, which is pinned to the producer's CPU. */
interface PeerTool extends AutoCloseable
{
    /** Name in the document, camelCase. */
    String name();

    /** The configuration, and what its totals are, in a few words. */
    String note();

    /** Does a second thread add up? Then the distance of the two CPUs matters. */
    boolean crosses();

    /**
     * Send the pattern that often, and come back when all of it is in the totals.
     *
     * @param laps of {@link SamplePattern#LENGTH} samples.
     */
    void run(long laps) throws Exception;

    /** The total of a slot as a reader of this tool gets it: a double's value, a wrapped long's. */
    BigDecimal total(int slot);

    /** False where there are no totals to compare. */
    default boolean hasTotals()
    {
        return true;
    }

    @Override
    default void close()
    {
    }
}
