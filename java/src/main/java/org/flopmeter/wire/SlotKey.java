/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import org.flopmeter.unit.Basis;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/**
 * What a slot counts.
 *
 * @param run      empty for an overflow key.
 * @param node     null when none was named.
 * @param overflow the key table was full: the FLOP are exact, run and node are not known.
 */
public record SlotKey(
    String run, String node, Precision precision, Basis basis, Source source, Part part, boolean overflow)
{
    /** Is this an id that may leave the meter: [A-Za-z0-9._:-]{1,64}? */
    public static boolean isId(final String id)
    {
        if (id.isEmpty() || id.length() > SlotDescriptor.ID_LENGTH_MAX)
        {
            return false;
        }
        for (int i = 0; i < id.length(); i++)
        {
            if (!isIdCharacter(id.charAt(i)))
            {
                return false;
            }
        }
        return true;
    }

    static boolean isIdCharacter(final int c)
    {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            '.' == c || '_' == c || ':' == c || '-' == c;
    }
}
