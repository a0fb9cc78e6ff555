/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Witnesses of ledgers: C2SP's tlog-witness, both sides of it, without files and sockets. docs/design/0022-witness.md.
 */
package org.flopmeter.witness;
