/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** The commands of {@code flopmeter policy}, and the store of accepted packs. */
package org.flopmeter.node.policy;
