/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Throughput end to end as one setting changes and the others stay canonical. */
package org.flopmeter.bench.scale;
