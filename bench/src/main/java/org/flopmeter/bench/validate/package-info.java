/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Is this machine fit for timing right now? Asked before anything is believed, and said with the figures. */
package org.flopmeter.bench.validate;
