/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Two builds beside each other on one core, in turn, so that the machine's moods are in both. */
package org.flopmeter.bench.compare;
