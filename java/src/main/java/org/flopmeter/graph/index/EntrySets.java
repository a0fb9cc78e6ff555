/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/**
 * Sets of entries, each kept once: periphery nodes that reach core nodes through the same entries are twins for every
 * core query, and share a column.
 */
final class EntrySets
{
    private static final int MEMO_BITS = 16;

    private final long intsMax;
    private int[] members = new int[1024];
    private int[] begin = new int[256];
    private int count;
    private int[] table = new int[512];
    private final long[] memoKeys = new long[1 << MEMO_BITS];
    private final int[] memoCodes = new int[1 << MEMO_BITS];
    private int[] left = new int[16];
    private int[] right = new int[16];
    private int[] merged = new int[16];

    /**
     * No sets.
     *
     * @param intsMax members over all sets at most: beyond it the contraction is defeated.
     */
    EntrySets(final long intsMax)
    {
        this.intsMax = intsMax;
    }

    int count()
    {
        return count;
    }

    int size(final int id)
    {
        return begin[id + 1] - begin[id];
    }

    int member(final int id, final int at)
    {
        return members[begin[id] + at];
    }

    /** The smallest member: the oldest entry. */
    int first(final int id)
    {
        return members[begin[id]];
    }

    /** Copy the members of a periphery code, ascending; the array must be long enough for {@link #sizeOf}. */
    int members(final int code, final int[] into)
    {
        if (Code.isEntry(code))
        {
            into[0] = Code.entryRow(code);
            return 1;
        }
        final int id = Code.classId(code);
        System.arraycopy(members, begin[id], into, 0, size(id));
        return size(id);
    }

    int sizeOf(final int code)
    {
        return Code.isEntry(code) ? 1 : size(Code.classId(code));
    }

    /** The code of the union of two codes, neither of them NONE. */
    int union(final int a, final int b)
    {
        final long key = a < b ? ((long)a << 32) | b : ((long)b << 32) | a;
        final int slot = (int)((key * 0x9E3779B97F4A7C15L) >>> (64 - MEMO_BITS));
        if (memoKeys[slot] == key)
        {
            return memoCodes[slot];
        }
        left = roomFor(left, sizeOf(a));
        right = roomFor(right, sizeOf(b));
        final int leftLength = members(a, left);
        final int rightLength = members(b, right);
        merged = roomFor(merged, leftLength + rightLength);
        int length = 0;
        int i = 0;
        int j = 0;
        while (i < leftLength || j < rightLength)
        {
            final int x = i < leftLength ? left[i] : Integer.MAX_VALUE;
            final int y = j < rightLength ? right[j] : Integer.MAX_VALUE;
            merged[length++] = Math.min(x, y);
            i += x <= y ? 1 : 0;
            j += y <= x ? 1 : 0;
        }
        final int code = code(merged, length);
        memoKeys[slot] = key;
        memoCodes[slot] = code;
        return code;
    }

    /** The code of a set given by its members, ascending, at least one. */
    int code(final int[] ascending, final int length)
    {
        return 1 == length ? Code.ofEntry(ascending[0]) : Code.ofClass(intern(ascending, length));
    }

    private int intern(final int[] ascending, final int length)
    {
        int slot = hash(ascending, 0, length) & (table.length - 1);
        while (0 != table[slot])
        {
            final int id = table[slot] - 1;
            if (size(id) == length &&
                Arrays.equals(members, begin[id], begin[id + 1], ascending, 0, length))
            {
                return id;
            }
            slot = (slot + 1) & (table.length - 1);
        }
        final int used = begin[count];
        if ((long)used + length > intsMax)
        {
            throw new IndexDefeatedException("more than " + intsMax + " entries in " + count + " entry sets");
        }
        if (used + length > members.length)
        {
            members = Arrays.copyOf(members, Growth.length(members.length, (long)used + length));
        }
        System.arraycopy(ascending, 0, members, used, length);
        if (count + 2 > begin.length)
        {
            begin = Arrays.copyOf(begin, Growth.length(begin.length, count + 2L));
        }
        begin[++count] = used + length;
        table[slot] = count;
        if (2 * count > table.length)
        {
            rehash();
        }
        return count - 1;
    }

    private void rehash()
    {
        table = new int[2 * table.length];
        for (int id = 0; id < count; id++)
        {
            int slot = hash(members, begin[id], begin[id + 1]) & (table.length - 1);
            while (0 != table[slot])
            {
                slot = (slot + 1) & (table.length - 1);
            }
            table[slot] = id + 1;
        }
    }

    private static int hash(final int[] from, final int begin, final int end)
    {
        long hash = end - begin;
        for (int i = begin; i < end; i++)
        {
            hash = (hash + from[i]) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 29;
        }
        return (int)(hash >>> 16);
    }

    static int[] roomFor(final int[] array, final int length)
    {
        return array.length >= length ? array : new int[Growth.length(array.length, length)];
    }

    long byteCount()
    {
        return 4L * members.length + 4L * begin.length + 4L * table.length + 12L * memoKeys.length;
    }
}
