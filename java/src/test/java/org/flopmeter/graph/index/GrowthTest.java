/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class GrowthTest
{
    @Test
    void shouldGrowByAQuarterAndNeverTooFar()
    {
        assertEquals(64, Growth.length(0, 1));
        assertEquals(66, Growth.length(2, 66));
        assertEquals(100, Growth.length(2, 100));
        assertEquals(1000 + 250 + 64, Growth.length(1000, 1001));
        assertEquals(Integer.MAX_VALUE - 8, Growth.length(2_000_000_000, 2_000_000_001L));
        assertEquals(Integer.MAX_VALUE - 8, Growth.length(1, Integer.MAX_VALUE - 8));
        assertThrows(IllegalStateException.class, () -> Growth.length(1, Integer.MAX_VALUE - 7));
    }
}
