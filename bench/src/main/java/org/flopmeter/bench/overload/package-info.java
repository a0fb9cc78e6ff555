/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** More samples than the meter reads: nothing is lost, and the metered program does not wait. */
package org.flopmeter.bench.overload;
