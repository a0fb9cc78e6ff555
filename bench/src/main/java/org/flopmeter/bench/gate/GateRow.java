/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.gate;

/**
 * One ratio that must not grow.
 *
 * @param name        of the ratio.
 * @param numerator   cost whose growth is the regression, see {@link Costs}.
 * @param denominator cost within the same run that takes the machine's speed out.
 * @param committed   the ratio on the machine where it was taken.
 * @param tolerance   it may be this many times as large: machines and minutes differ.
 * @param why         what the ratio stands for.
 */
record GateRow(String name, String numerator, String denominator, double committed, double tolerance, String why)
{
    /** The largest ratio that passes. */
    double limit()
    {
        return committed * tolerance;
    }
}
