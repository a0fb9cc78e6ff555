/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.flopmeter.unit.Ratio;
import org.junit.jupiter.api.Test;

class QuantityTest
{
    private static final Ratio LIMIT = Ratio.of(10);

    @Test
    void shouldTakeEqualAsNotAboveAndAsReached()
    {
        assertJudged(quantity(9, 9, 9), Truth.NO, Truth.NO, Truth.NO);
        assertJudged(quantity(10, 10, 10), Truth.NO, Truth.YES, Truth.NO);
        assertJudged(quantity(11, 11, 11), Truth.YES, Truth.YES, Truth.YES);
        assertJudged(quantity(9, 9, 10), Truth.NO, Truth.UNDETERMINED, Truth.NO);
        assertJudged(quantity(9, 10, 11), Truth.UNDETERMINED, Truth.UNDETERMINED, Truth.UNDETERMINED);
        assertJudged(quantity(10, 10, 11), Truth.UNDETERMINED, Truth.YES, Truth.UNDETERMINED);
        assertJudged(quantity(10, 11, 11), Truth.UNDETERMINED, Truth.YES, Truth.YES);
        assertJudged(quantity(9, 11, 11), Truth.UNDETERMINED, Truth.UNDETERMINED, Truth.YES);
    }

    @Test
    void shouldHaveNoUpperEndWhereNothingIsKnown()
    {
        assertJudged(Quantity.UNKNOWN, Truth.UNDETERMINED, Truth.UNDETERMINED, Truth.UNDETERMINED);
        assertJudged(quantity(11, 11, 11).withoutUpper(), Truth.YES, Truth.YES, Truth.YES);
        final Quantity one = quantity(1, 1, 1);
        assertFalse(one.add(Quantity.UNKNOWN).isBounded());
        assertFalse(Quantity.UNKNOWN.max(one).isBounded());
        assertFalse(Quantity.UNKNOWN.multiply(LIMIT).isBounded());
        assertEquals(Ratio.ONE, Quantity.UNKNOWN.max(one).lower());
    }

    @Test
    void shouldCalculateBoundByBound()
    {
        final Quantity left = quantity(1, 5, 6);
        final Quantity right = quantity(2, 3, 9);
        assertEquals(quantity(3, 8, 15), left.add(right));
        assertEquals(quantity(2, 5, 9), left.max(right));
        assertEquals(quantity(10, 50, 60), left.multiply(LIMIT));
    }

    @Test
    void shouldDecideWithThreeValues()
    {
        final Truth[] values = Truth.values();
        for (final Truth left : values)
        {
            for (final Truth right : values)
            {
                final boolean isAnyNo = Truth.NO == left || Truth.NO == right;
                final boolean isAnyYes = Truth.YES == left || Truth.YES == right;
                final Truth otherwise = left == right ? left : Truth.UNDETERMINED;
                assertEquals(isAnyNo ? Truth.NO : otherwise, left.and(right), left + " AND " + right);
                assertEquals(isAnyYes ? Truth.YES : otherwise, left.or(right), left + " OR " + right);
            }
        }
    }

    private static void assertJudged(
        final Quantity quantity, final Truth exceeds, final Truth reaches, final Truth probablyExceeds)
    {
        assertEquals(exceeds, quantity.exceeds(LIMIT), "exceeds: " + quantity);
        assertEquals(reaches, quantity.reaches(LIMIT), "reaches: " + quantity);
        assertEquals(probablyExceeds, quantity.probablyExceeds(LIMIT), "probably exceeds: " + quantity);
    }

    private static Quantity quantity(final long lower, final long point, final long upper)
    {
        return new Quantity(Ratio.of(lower), Ratio.of(point), Ratio.of(upper));
    }
}
