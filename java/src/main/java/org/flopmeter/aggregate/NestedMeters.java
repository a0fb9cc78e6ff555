/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;
import java.nio.file.Path;

import org.flopmeter.wire.ControlDescriptor;
import org.flopmeter.wire.ControlReader;
import org.flopmeter.wire.LaneMapper;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.MappedLane;

/**
 * Meters nested in a meter directory (docs/design/0002-meter-directory.md section 5): read, or adopted when orphaned.
 */
final class NestedMeters
{
    private static final String OWNER_LOCK = "owner.lock";

    private NestedMeters()
    {
    }

    /** Add what nested meters have committed. They hold cumulative totals, so asking again adds nothing twice. */
    static void addTo(
        final TotalsBuilder builder,
        final Path directory,
        final String place,
        final LaneMapper mapper,
        final int depth)
    {
        for (final Path nested : MeterDirectory.nestedIn(directory))
        {
            final String nestedPlace = place + nested.getFileName() + '/';
            if (depth > AggregatorAgent.NESTING_DEPTH_MAX)
            {
                builder.addFinding(finding(nestedPlace, "nested deeper than " + AggregatorAgent.NESTING_DEPTH_MAX));
                continue;
            }
            addAccount(builder, nested, nestedPlace);
            addControl(builder, nested, nestedPlace, mapper);
            addTo(builder, nested, nestedPlace, mapper, depth + 1);
        }
    }

    /** Drain nested meters whose supervisor is dead. What can't be adopted keeps what it has committed. */
    static void adoptOrphans(
        final Path directory, final LaneMapper mapper, final SpillDirectories spillDirectories, final int depth)
    {
        for (final Path nested : MeterDirectory.nestedIn(directory))
        {
            if (!mapper.isLocked(nested, OWNER_LOCK))
            {
                try (AggregatorAgent agent = AggregatorAgent.open(
                    nested, mapper, spillDirectories, Account.Steps.NONE, depth))
                {
                    agent.drainToEnd();
                }
                catch (final IOException | RuntimeException ex)
                {
                    // Its own meter may still be at it, or it is damaged, which addTo() tells.
                    continue;
                }
            }
        }
    }

    private static void addAccount(final TotalsBuilder builder, final Path nested, final String place)
    {
        final AccountState state;
        try
        {
            state = AccountFile.readNewest(nested).state();
        }
        catch (final IOException ex)
        {
            builder.addFinding(finding(place, "account can't be read: " + ex.getMessage()));
            return;
        }
        builder.add(state, place);
    }

    private static void addControl(
        final TotalsBuilder builder, final Path nested, final String place, final LaneMapper mapper)
    {
        try (MappedLane map = mapper.map(nested, ControlDescriptor.NAME, ControlDescriptor.FILE_LENGTH))
        {
            builder.add(new ControlReader(map), place);
        }
        catch (final LaneViolation violation)
        {
            builder.addFinding(TotalsBuilder.findingOf(place + ControlDescriptor.NAME, violation));
        }
        catch (final IOException ex)
        {
            // As with the outermost: none is needed to count.
            return;
        }
    }

    private static Finding finding(final String place, final String reason)
    {
        return new Finding(LaneViolation.Kind.NESTED.jsonName(), place, 0, reason);
    }
}
