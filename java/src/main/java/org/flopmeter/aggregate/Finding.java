/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

/**
 * Something in the meter directory that broke its contract.
 *
 * @param kind   word from a fixed list, see LaneViolation.Kind.
 * @param lane   name of the file, "" when it is not about one.
 * @param offset byte offset in it.
 * @param reason one line for people.
 */
public record Finding(String kind, String lane, long offset, String reason)
{
}
