/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Words for people: English and Chinese texts, tables, figures with units, and what a terminal may be shown. */
package org.flopmeter.node.text;
