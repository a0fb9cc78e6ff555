/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** The meter of one run: its loop, its result files, and the commands that start it or watch it. */
package org.flopmeter.node.meter;
