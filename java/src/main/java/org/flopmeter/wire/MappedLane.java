/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

/**
 * A file of the meter directory mapped read-write. Its length can be cut by whoever can write it: ask
 * {@link #fileLength()} before each chunk, and expect an InternalError from a read all the same.
 */
public interface MappedLane extends AutoCloseable
{
    long address();

    /** Length that was mapped. */
    long length();

    /** Length of the file now; less than {@link #length()} when it was truncated under the map, negative on error. */
    long fileLength();

    /** Unmap. The address must not be used any more. */
    @Override
    void close();
}
