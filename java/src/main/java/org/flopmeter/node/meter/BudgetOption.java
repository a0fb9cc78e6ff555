/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sampler.CpuTime;

/** --cpu-budget of the commands that have a meter's loop. */
public final class BudgetOption
{
    private BudgetOption()
    {
    }

    /** Of this process; null = none. A {@link UsageException} for what is no share of a core. */
    public static CpuBudget of(final Double percent)
    {
        if (null == percent)
        {
            return CpuBudget.NONE;
        }
        if (!(percent > 0 && percent <= 100))
        {
            throw new UsageException("--cpu-budget: expected a percentage above 0, at most 100; found " + percent);
        }
        return CpuBudget.ofPercent(percent, CpuTime::processNs);
    }
}
