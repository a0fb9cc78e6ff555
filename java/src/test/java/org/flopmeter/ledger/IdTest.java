/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class IdTest
{
    @Test
    void shouldReadTheTextThatItWrites()
    {
        final Id id = new Id(0x0123456789abcdefL, -2);
        assertEquals("0123456789abcdeffffffffffffffffe", id.toString());
        assertEquals(id, Id.parse(id.toString()));
    }

    @Test
    void shouldBeNoneOnlyWhereBothHalvesAre()
    {
        assertTrue(Id.NONE.isNone());
        assertFalse(new Id(1, 0).isNone());
        assertFalse(new Id(0, 1).isNone());
        assertFalse(new Id(1, 1).isNone());
    }
}
