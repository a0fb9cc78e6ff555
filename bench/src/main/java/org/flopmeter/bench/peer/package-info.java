/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Other tools at the same work in the same run, each as its own documentation would have it. */
package org.flopmeter.bench.peer;
