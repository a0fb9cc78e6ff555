/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What the meter's own process takes from the host: CPU and memory, under load and idle. */
package org.flopmeter.bench.sidecar;
