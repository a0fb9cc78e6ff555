/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Runs in the ledger: epochs opened, booked each second and closed, and the witnesses that are told. */
package org.flopmeter.node.booking;
