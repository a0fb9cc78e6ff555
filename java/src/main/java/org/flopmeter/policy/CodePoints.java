/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.Collection;
import java.util.Comparator;
import java.util.SortedSet;
import java.util.TreeSet;

/** The order of names in documents. {@code String.compareTo} differs above U+FFFF: it compares halves of characters. */
final class CodePoints
{
    static final Comparator<String> ORDER = CodePoints::compare;

    private CodePoints()
    {
    }

    static SortedSet<String> sorted(final Collection<String> names)
    {
        final SortedSet<String> sorted = new TreeSet<>(ORDER);
        sorted.addAll(names);
        return sorted;
    }

    private static int compare(final String left, final String right)
    {
        final int length = Math.min(left.length(), right.length());
        for (int i = 0; i < length; i++)
        {
            if (left.charAt(i) != right.charAt(i))
            {
                return compare(left.charAt(i), right.charAt(i));
            }
        }
        return Integer.compare(left.length(), right.length());
    }

    /** Where two texts differ first, a surrogate belongs to a character above every character that is none. */
    private static int compare(final char left, final char right)
    {
        final boolean isLeftHalf = Character.isSurrogate(left);
        final boolean isRightHalf = Character.isSurrogate(right);
        return isLeftHalf == isRightHalf ? Character.compare(left, right) : Boolean.compare(isLeftHalf, isRightHalf);
    }
}
