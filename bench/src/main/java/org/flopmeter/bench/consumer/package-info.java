/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The meter's side alone: a ring that is always full of samples, so that nothing crosses between cores. */
package org.flopmeter.bench.consumer;
