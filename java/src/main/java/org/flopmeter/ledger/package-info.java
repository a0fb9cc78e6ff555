/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The ledger: append-only entries in sealed blocks, their tree, checkpoints, and what can be proved about them. */
package org.flopmeter.ledger;
