/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

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
    private static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(2500);
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(20);

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
        final Path directory,
        final LaneMapper mapper,
        final SpillDirectories spillDirectories,
        final int depth,
        final List<Finding> findings)
    {
        for (final Path nested : MeterDirectory.nestedIn(directory))
        {
            if (!mapper.isLocked(nested, MeterDirectory.OWNER_LOCK))
            {
                final String place = nested.getFileName().toString() + '/';
                try (AggregatorAgent agent = open(nested, mapper, spillDirectories, depth))
                {
                    agent.drainToEnd();
                    agent.nestedFindings().forEach((finding) -> findings.add(new Finding(
                        finding.kind(), place + finding.lane(), finding.offset(), finding.reason())));
                }
                catch (final IOException | RuntimeException ex)
                {
                    // Its own meter may still be at it, or it is damaged.
                    findings.add(
                        finding(place, "its supervisor is gone and it can't be taken over: " + ex.getMessage()));
                }
            }
        }
    }

    /** The meter of a dead supervisor notices that within a second or so, and lets go. */
    private static AggregatorAgent open(
        final Path nested, final LaneMapper mapper, final SpillDirectories spillDirectories, final int depth)
        throws IOException
    {
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        while (true)
        {
            try
            {
                return AggregatorAgent.open(nested, mapper, spillDirectories, Account.Steps.NONE, depth);
            }
            catch (final IOException ex)
            {
                if (System.nanoTime() - deadlineNs > 0)
                {
                    throw ex;
                }
                LockSupport.parkNanos(RETRY_NS);
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
            builder.addUnread(TotalsBuilder.findingOf(place + ControlDescriptor.NAME, violation));
        }
        catch (final IOException ex)
        {
            // As with the outermost: none is needed to count.
            if (!Files.notExists(nested.resolve(ControlDescriptor.NAME), LinkOption.NOFOLLOW_LINKS))
            {
                builder.addUnread(TotalsBuilder.unreadControl(place, ex));
            }
        }
    }

    private static Finding finding(final String place, final String reason)
    {
        return new Finding(LaneViolation.Kind.NESTED.jsonName(), place, 0, reason);
    }
}
