/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Sums of a weight over distinct ancestors, exact, for any node of a large graph: parents by number, a descending scan,
 * and the closure index that answers in microseconds. Names, kinds and JSON live in {@code org.flopmeter.graph}.
 */
package org.flopmeter.graph.index;
