/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Composition root: the command line. What its commands do is in the packages below, arrows and all. */
package org.flopmeter.node;
