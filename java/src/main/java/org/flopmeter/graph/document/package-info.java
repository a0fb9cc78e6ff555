/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The native JSON of graphs, and questions asked in it: docs/design/0014-graph.md. */
package org.flopmeter.graph.document;
