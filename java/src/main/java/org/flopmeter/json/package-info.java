/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Documents: strict reading, so that two readers of one file can't understand two things. No meaning lives here. */
package org.flopmeter.json;
