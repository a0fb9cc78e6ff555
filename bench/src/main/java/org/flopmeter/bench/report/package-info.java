/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The score card as a document, as text and as a page. */
package org.flopmeter.bench.report;
