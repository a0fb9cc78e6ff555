/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** {@code flopmeter doctor}: what this host can count, and its inventory. */
package org.flopmeter.node.doctor;
