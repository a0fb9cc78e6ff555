/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The compute causal graph: computations, artifacts, human input, cuts, and the exact quantities on them. Causal totals
 * overlap (a base model counts in full in each of its derivatives) where hardware totals partition; the two never mix.
 */
package org.flopmeter.graph;
