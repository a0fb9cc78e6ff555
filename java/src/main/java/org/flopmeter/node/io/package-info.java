/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Files and documents that every command shares: read whole or refused, written whole or not at all. */
package org.flopmeter.node.io;
