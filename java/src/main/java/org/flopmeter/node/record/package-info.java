/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Runs as computations in the graph store, with the files that they read and wrote. */
package org.flopmeter.node.record;
