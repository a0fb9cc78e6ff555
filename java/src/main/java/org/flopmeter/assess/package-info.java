/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** From a causal graph and declared facts to what rules say about a model, and why. No files, no clock. */
package org.flopmeter.assess;
