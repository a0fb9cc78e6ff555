/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Who holds counters in a directory, and what is wished of them: docs/design/0029-pause.md. */
package org.flopmeter.node.hold;
