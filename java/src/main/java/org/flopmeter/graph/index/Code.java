/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

/**
 * What the index knows of a node, in one int: its row when it is core; else the column that carries its weight for core
 * queries, which is that of its only entry, or of its class of entries, or none when it feeds no core node.
 */
final class Code
{
    static final int NONE = 0;
    private static final int CLASS_BIT = 1 << 30;

    private Code()
    {
    }

    static int ofCore(final int row)
    {
        return ~row;
    }

    static boolean isCore(final int code)
    {
        return code < 0;
    }

    static int row(final int code)
    {
        return ~code;
    }

    static int ofEntry(final int row)
    {
        return row + 1;
    }

    /** Of a periphery code that is not NONE: one entry (true) or a class (false)? */
    static boolean isEntry(final int code)
    {
        return code < CLASS_BIT;
    }

    static int entryRow(final int code)
    {
        return code - 1;
    }

    static int ofClass(final int classId)
    {
        return classId | CLASS_BIT;
    }

    static int classId(final int code)
    {
        return code & ~CLASS_BIT;
    }
}
