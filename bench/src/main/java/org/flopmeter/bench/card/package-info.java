/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What a benchmark run found out: plain values, filled by the measurements, shown by the reports. */
package org.flopmeter.bench.card;
