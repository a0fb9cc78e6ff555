/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Samples from a process in C through a lane into committed totals, timed from the first to the last. */
package org.flopmeter.bench.endtoend;
