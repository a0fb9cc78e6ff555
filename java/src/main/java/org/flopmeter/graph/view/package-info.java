/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Rules that count less than the causal graph holds, as data; what each leaves out is itemised. */
package org.flopmeter.graph.view;
