/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.node.run.DeviceNote;
import org.flopmeter.node.run.DeviceReading;
import org.flopmeter.node.run.Reading;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;

/**
 * The three ends of what a host's devices did, as the ledger gets them while it goes on. Counters of pipes tell little
 * for certain: without an upper end beside it their lower end would say next to nothing. Of the ledger's thread.
 */
final class DeviceBound
{
    private final Path meterDirectory;
    /** What the ledger has of each key; the lower end of a bound is their sum. */
    private final Map<AccountKey, FlopCount> said = new LinkedHashMap<>();
    private long beginNs;
    private DeviceNote noteBefore;
    private FlopInterval all = FlopInterval.ZERO;
    private long endNs;
    private FlopInterval entered;
    private long enteredEndNs;

    DeviceBound(final Path meterDirectory, final long beginNs)
    {
        this.meterDirectory = meterDirectory;
        this.beginNs = beginNs;
    }

    /** @param sinceNs when the epoch was opened first. */
    void opened(final long sinceNs)
    {
        beginNs = sinceNs;
    }

    /**
     * What is committed by now. The counter's word is newer than that, so the time that it says to have covered is
     * believed when it is said once more.
     */
    void see(final Reading now)
    {
        final DeviceNote note = DeviceNote.read(meterDirectory);
        final boolean isBounded = note.isBounded() && null != noteBefore && noteBefore.isBounded();
        all = DeviceReading.of(now, isBounded).all();
        endNs = Math.max(endNs, null == noteBefore ? 0 : noteBefore.coveredNs());
        noteBefore = note;
    }

    boolean isNews()
    {
        return 0 < endNs && (endNs != enteredEndNs || !all.equals(entered));
    }

    void said(final AccountKey key, final FlopCount flopCount)
    {
        if (Part.COUNT == key.part())
        {
            said.put(key, flopCount);
        }
    }

    void enter(final EpochWriter epoch)
    {
        if (!isNews())
        {
            return;
        }
        final FlopCount lower = said.values().stream().reduce(FlopCount.ZERO, FlopCount::add);
        final FlopCount point = all.point().max(lower);
        final FlopInterval flop = all.isBounded() ?
            FlopInterval.of(lower, point, all.upper().max(point)) : FlopInterval.unbounded(lower, point);
        epoch.bound(flop, Math.min(beginNs, endNs), endNs);
        entered = all;
        enteredEndNs = endNs;
    }
}
