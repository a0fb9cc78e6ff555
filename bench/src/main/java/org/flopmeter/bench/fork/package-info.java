/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Measurements in a JVM of their own, so that none profits or suffers from what ran before it. */
package org.flopmeter.bench.fork;
