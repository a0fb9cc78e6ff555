/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** From samples per second to the cluster that one core keeps pace with. */
package org.flopmeter.bench.pace;
