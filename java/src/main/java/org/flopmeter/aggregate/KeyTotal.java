/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/**
 * Exact total of one key over all lanes, dead and alive.
 *
 * @param run        "" where overflowed.
 * @param node       null = none named.
 * @param samples    how many records it is the sum of.
 * @param overflowed the key table of a process was full: the FLOP are exact, run and node are not known.
 */
public record KeyTotal(
    String run,
    String node,
    Precision precision,
    Basis basis,
    Source source,
    Part part,
    FlopCount flopCount,
    long samples,
    boolean overflowed)
{
}
