/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.SortedMap;
import org.flopmeter.unit.FlopInterval;

/**
 * Everything behind something, itself included.
 *
 * @param flop        over all precisions.
 * @param byPrecision those that some computation behind it names.
 * @param path        how it was found.
 */
public record CausalTotal(
    FlopInterval flop, SortedMap<String, FlopInterval> byPrecision, ClosureTotal.Path path)
{
    /** Did rows answer, and not the scan? */
    public boolean isByIndex()
    {
        return ClosureTotal.Path.SCAN != path;
    }
}
