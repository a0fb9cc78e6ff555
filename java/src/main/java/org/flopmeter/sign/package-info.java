/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Keys and signatures: Ed25519 keys and their files, C2SP signed notes, DSSE envelopes. Nothing is decided here. */
package org.flopmeter.sign;
