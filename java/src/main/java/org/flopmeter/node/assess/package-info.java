/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** {@code flopmeter assess}: recorded runs and declared facts against packs. */
package org.flopmeter.node.assess;
