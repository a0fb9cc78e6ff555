/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** What every command is: its streams, its exit code, and the evaluation of cases. */
package org.flopmeter.node.command;
