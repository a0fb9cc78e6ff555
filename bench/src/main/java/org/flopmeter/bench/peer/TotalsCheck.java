/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/**
 * Were a tool's totals right?
 *
 * @param wrong     keys whose total differs from the exact one.
 * @param worst     largest difference, relative to the exact total.
 * @param totalBits length in bits of the largest exact total.
 */
record TotalsCheck(int wrong, double worst, int totalBits)
{
    private static final MathContext DIGITS = new MathContext(10);

    /** Compare every key with the pattern's exact totals after that many laps. */
    static TotalsCheck of(final PeerTool tool, final SamplePattern pattern, final long laps)
    {
        int wrong = 0;
        double worst = 0;
        int bits = 0;
        for (int slot = 0; slot < SamplePattern.SLOTS; slot++)
        {
            final BigDecimal exact = new BigDecimal(pattern.total(slot, laps));
            bits = Math.max(bits, exact.toBigInteger().bitLength());
            final BigDecimal difference = tool.total(slot).subtract(exact).abs();
            if (0 != difference.signum())
            {
                wrong++;
                worst = Math.max(worst, 0 == exact.signum() ? 1 : difference.divide(exact, DIGITS).doubleValue());
            }
        }
        return new TotalsCheck(wrong, worst, bits);
    }

    boolean isExact()
    {
        return 0 == wrong;
    }

    /** In words. */
    String words()
    {
        final String size = "totals of up to " + totalBits + " bits: ";
        if (isExact())
        {
            return size + "all right";
        }
        return size + String.format(
            Locale.ROOT, "%d of %d keys wrong, by up to %.1e of the total", wrong, SamplePattern.SLOTS, worst);
    }
}
