/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.estimate;

import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopInterval;

/**
 * A figure that was not added up over a graph.
 *
 * @param formula how it follows from the declared inputs, for whoever checks it.
 */
public record Estimate(FlopInterval flop, Basis basis, String formula)
{
}
