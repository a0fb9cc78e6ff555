/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

final class FlopIntervalTest
{
    private final FlopInterval interval = FlopInterval.of(FlopCount.of(1), FlopCount.of(2), FlopCount.of(3));

    @Test
    void shouldAddEndByEnd()
    {
        assertEquals(
            FlopInterval.of(FlopCount.of(11), FlopCount.of(12), FlopCount.of(13)),
            interval.add(FlopInterval.exact(FlopCount.of(10))));
    }

    @Test
    void shouldStayUnboundedOnceUnbounded()
    {
        final FlopInterval sum = interval.add(FlopInterval.unbounded(FlopCount.ZERO, FlopCount.of(5)));

        assertFalse(sum.isBounded());
        assertEquals("unbounded", sum.upperText());
        assertEquals(FlopCount.of(7), sum.point());
        assertThrows(IllegalStateException.class, sum::upper);
        assertEquals(sum, sum.widenedBy(FlopCount.MAX));
    }

    @Test
    void shouldRefuseEndsOutOfOrder()
    {
        assertThrows(
            IllegalArgumentException.class,
            () -> FlopInterval.of(FlopCount.of(2), FlopCount.of(1), FlopCount.of(3)));
        assertThrows(
            IllegalArgumentException.class,
            () -> FlopInterval.of(FlopCount.of(1), FlopCount.of(4), FlopCount.of(3)));
    }

    @Test
    void shouldKnowWireCodesAndNoOthers()
    {
        for (final Precision precision : Precision.values())
        {
            assertSame(precision, Precision.ofCode(precision.code()));
        }
        assertEquals(13, Precision.INT1.code());
        assertEquals(14, Precision.UNKNOWN.code());
        assertEquals("bf16", Precision.ofCode(5).jsonName());
        assertNull(Precision.ofCode(0));
        assertNull(Precision.ofCode(15));
        assertEquals(Basis.EXACT_BY_SHAPE, Basis.ofCode(2));
        assertNull(Basis.ofCode(6));
        assertEquals(Source.CUDA, Source.ofCode(6));
        assertNull(Source.ofCode(0));
        assertEquals(Part.COUNT, Part.ofCode(0));
        assertNull(Part.ofCode(3));
    }
}
