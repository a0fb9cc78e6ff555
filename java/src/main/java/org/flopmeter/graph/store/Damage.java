/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

/**
 * Bytes of the store that are no records, or records that are missing.
 *
 * @param offset in the file.
 * @param length in bytes; 0 where only records are missing.
 */
public record Damage(long offset, long length, String what)
{
    @Override
    public String toString()
    {
        return what + " at offset " + offset + ", length " + length;
    }
}
