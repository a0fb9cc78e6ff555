/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Pictures of a few levels of a graph: docs/design/0015-lineage.md, section 5. */
package org.flopmeter.graph.picture;
