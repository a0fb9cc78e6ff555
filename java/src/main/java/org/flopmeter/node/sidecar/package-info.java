/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** The meter of a host: many runs and services at once, for weeks; and its status. */
package org.flopmeter.node.sidecar;
