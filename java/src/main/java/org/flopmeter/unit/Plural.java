/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

/** Numbers before nouns, in messages for people. Of every stage, since each has something to say. */
public final class Plural
{
    private Plural()
    {
    }

    /** "1 block", "2 blocks", "0 blocks": of a noun that takes an s. */
    public static String of(final long count, final String one)
    {
        return of(count, one, one + "s");
    }

    /** "1 entry", "2 entries". */
    public static String of(final long count, final String one, final String many)
    {
        return count + " " + (1 == count ? one : many);
    }

    /** "block 3", "blocks 3 to 5"; both ends are meant. "no blocks" where the last is before the first. */
    public static String range(final long first, final long last, final String one, final String many)
    {
        if (last < first)
        {
            return "no " + many;
        }
        return first == last ? one + " " + first : many + " " + first + " to " + last;
    }
}
