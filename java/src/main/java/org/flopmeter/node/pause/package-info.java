/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Counters for another profiler, and back: docs/design/0029-pause.md. */
package org.flopmeter.node.pause;
