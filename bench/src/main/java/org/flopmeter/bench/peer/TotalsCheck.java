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
    private static final double WHOLE_PERCENT = 0.01;
    private static final double PERCENT = 100;

    /** Compare every key with the pattern's exact totals after that many laps and heavy ones. */
    static TotalsCheck of(final PeerTool tool, final SamplePattern pattern, final long laps, final long heavyLaps)
    {
        int wrong = 0;
        double worst = 0;
        int bits = 0;
        for (int slot = 0; slot < SamplePattern.SLOTS; slot++)
        {
            final BigDecimal exact = new BigDecimal(pattern.total(slot, laps, heavyLaps));
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
        final String share = worst < WHOLE_PERCENT ?
            String.format(Locale.ROOT, "%.1e", worst) : String.format(Locale.ROOT, "%.0f %%", worst * PERCENT);
        return size + wrong + " of " + SamplePattern.SLOTS + " keys wrong, by up to " + share + " of the total";
    }
}
