/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.io.IOException;

/** What goes wrong on a {@link Volume}. Each is asked before the operation is done. */
interface Faults
{
    Faults NONE = new Faults()
    {
    };

    /** May kill the program or throw. */
    default void reached(final Volume.Step step, final String name) throws IOException
    {
    }

    /** Somebody asks what is at a name. May throw: the disk does not tell. */
    default void looked(final String name) throws IOException
    {
    }

    /** How many bytes of a write are done; fewer than all: then {@link #reached} is asked once more. */
    default int lengthWritten(final Volume.Node node, final int length)
    {
        return length;
    }

    /** Where a write goes. */
    default long positionOf(final Volume.Node node, final long position, final int length)
    {
        return position;
    }

    /** False: the device failed, and what was to be forced is forgotten by the page cache. */
    default boolean isForced(final Volume.Node node) throws IOException
    {
        return true;
    }

    /** There was no room for a single byte. */
    default void onFull()
    {
    }

    /** Of the pages that a failed force has forgotten, does this one reach the disk all the same? */
    default boolean isLucky()
    {
        return false;
    }
}
