/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** One run: the facts of its supervisor, a reading of its account, and the result made of both. */
package org.flopmeter.node.run;
