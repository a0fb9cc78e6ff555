/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import org.flopmeter.unit.Source;
import org.flopmeter.wire.GapReason;

/**
 * Something a metered process could not count, as it says itself.
 *
 * @param source  null when it does not concern one source.
 * @param beginNs CLOCK_MONOTONIC.
 * @param endNs   CLOCK_MONOTONIC, never before beginNs.
 */
public record Gap(Source source, GapReason reason, int pid, long beginNs, long endNs, long samples)
{
}
