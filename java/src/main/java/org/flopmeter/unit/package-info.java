/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * What is counted: exact FLOP counts, intervals, and the words that qualify them. No I/O.
 */
package org.flopmeter.unit;
