/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Rules about compute as data, and what they say about facts. Pure functions: no clock, no file but the shipped packs,
 * no state between calls, no arithmetic that rounds.
 */
package org.flopmeter.policy;
