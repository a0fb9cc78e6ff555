/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The metered process of the benchmarks, the meter directory it writes to, and what it must add up to. */
package org.flopmeter.bench.producer;
