/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

import java.util.Comparator;

/** Order of names in documents: by code point. Java's own order, by UTF-16 unit, differs beyond the basic plane. */
public enum CodePointOrder implements Comparator<String>
{
    INSTANCE;

    @Override
    public int compare(final String a, final String b)
    {
        final int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++)
        {
            final char left = a.charAt(i);
            final char right = b.charAt(i);
            if (left != right)
            {
                // Surrogates (D800..DFFF) stand for code points above every other unit (E000..FFFF).
                final boolean isLeftHigh = Character.isSurrogate(left);
                return isLeftHigh == Character.isSurrogate(right) ? left - right : isLeftHigh ? 1 : -1;
            }
        }
        return a.length() - b.length();
    }
}
