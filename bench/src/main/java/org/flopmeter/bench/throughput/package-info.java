/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** How fast the meter reads: its share of a core follows from this. */
package org.flopmeter.bench.throughput;
