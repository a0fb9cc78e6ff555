/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;
import java.nio.file.Path;

import org.flopmeter.wire.LaneMapper;

/** Totals of a meter directory that another process owns: reads its account, never drains, never writes. */
public final class CommittedTotals
{
    private CommittedTotals()
    {
    }

    /** What the owner and the meters nested in it have committed by now. Gaps of the outermost one are left out. */
    public static Totals read(final Path meterDir, final LaneMapper mapper) throws IOException
    {
        final TotalsBuilder builder = new TotalsBuilder();
        builder.add(AccountFile.readNewest(meterDir).state(), "");
        NestedMeters.addTo(builder, meterDir, "", mapper, 1);
        return new Totals(builder);
    }
}
