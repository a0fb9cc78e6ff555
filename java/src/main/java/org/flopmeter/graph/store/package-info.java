/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What ran, what it read and wrote: kept on disk as it happens, docs/design/0012-graph-store.md. */
package org.flopmeter.graph.store;
