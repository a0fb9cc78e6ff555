/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PluralTest
{
    @Test
    void shouldCountAsPeopleDo()
    {
        assertEquals("0 blocks", Plural.of(0, "block"));
        assertEquals("1 block", Plural.of(1, "block"));
        assertEquals("2 blocks", Plural.of(2, "block"));
        assertEquals("1 entry", Plural.of(1, "entry", "entries"));
        assertEquals("21 entries", Plural.of(21, "entry", "entries"));
    }

    @Test
    void shouldNameOneWhereARangeHasOne()
    {
        assertEquals("block 3", Plural.range(3, 3, "block", "blocks"));
        assertEquals("entries 3 to 5", Plural.range(3, 5, "entry", "entries"));
        assertEquals("no blocks", Plural.range(3, 2, "block", "blocks"));
    }
}
