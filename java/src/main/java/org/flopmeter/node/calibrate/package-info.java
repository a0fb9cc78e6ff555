/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** {@code flopmeter calibrate}: kernels of known FLOP under every source, with a certificate. */
package org.flopmeter.node.calibrate;
