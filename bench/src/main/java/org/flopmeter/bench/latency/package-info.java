/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** How long a sample takes until it is in the committed totals. */
package org.flopmeter.bench.latency;
