/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Ratios within one run against committed ones: what got slower, on whatever machine. */
package org.flopmeter.bench.gate;
