/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Everything that a ledger asks of a file system, so that tests can put another one in its place. One directory. */
public interface Disk
{
    /** Names of files, sorted. */
    List<String> list() throws IOException;

    /** @throws java.nio.file.NoSuchFileException it is not there, and isCreated is false. */
    DiskFile open(String name, boolean isCreated) throws IOException;

    /** Atomic; replaces what is there. */
    void rename(String from, String to) throws IOException;

    void delete(String name) throws IOException;

    /** New names, renames and deletions survive loss of power from here on. */
    void forceDirectory() throws IOException;

    /** An open file. */
    interface DiskFile extends Closeable
    {
        long length() throws IOException;

        /** Fill what remains of the buffer. @throws java.io.EOFException there are not so many bytes. */
        void read(long position, ByteBuffer into) throws IOException;

        /** Write all of the buffer. */
        void write(long position, ByteBuffer bytes) throws IOException;

        void truncate(long length) throws IOException;

        /** What was written survives loss of power when this returns. */
        void force() throws IOException;
    }
}
