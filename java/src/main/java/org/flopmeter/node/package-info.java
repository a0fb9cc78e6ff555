/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Composition root: the command line, the aggregator process and the documents people and programs read. */
package org.flopmeter.node;
