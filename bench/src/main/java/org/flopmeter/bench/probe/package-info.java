/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Which CPUs are used, how far apart they are right now, and how fast the memory is. */
package org.flopmeter.bench.probe;
