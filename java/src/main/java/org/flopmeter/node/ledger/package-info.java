/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** The commands of {@code flopmeter ledger}, {@code verify} and {@code witness}. */
package org.flopmeter.node.ledger;
