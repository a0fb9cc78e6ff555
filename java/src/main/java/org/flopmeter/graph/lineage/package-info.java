/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Graphs from and to events of OpenLineage, whoever produced them: docs/design/0015-lineage.md. */
package org.flopmeter.graph.lineage;
