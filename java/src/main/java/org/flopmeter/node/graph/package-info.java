/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** The commands of {@code flopmeter graph}. */
package org.flopmeter.node.graph;
