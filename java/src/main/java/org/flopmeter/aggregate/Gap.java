/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import org.flopmeter.unit.Source;
import org.flopmeter.wire.ControlReader;
import org.flopmeter.wire.GapReason;

/**
 * Something a metered process could not count, as it says itself.
 *
 * @param source  null when it does not concern one source.
 * @param beginNs CLOCK_MONOTONIC.
 * @param endNs   CLOCK_MONOTONIC, never before beginNs; beginNs where nobody says how long it lasts, and
 *                {@link ControlReader#NO_END_NS} for a pause that has not ended.
 * @param joined  pauses beside the first one, of this process or another, which had no entry of their own: they, and
 *                the time between them, are within the two ends.
 */
public record Gap(Source source, GapReason reason, int pid, long beginNs, long endNs, long samples, long joined)
{
    /** Of one stretch. */
    public Gap(
        final Source source, final GapReason reason, final int pid, final long beginNs, final long endNs,
        final long samples)
    {
        this(source, reason, pid, beginNs, endNs, samples, 0);
    }

    public boolean isOpen()
    {
        return ControlReader.NO_END_NS == endNs;
    }
}
