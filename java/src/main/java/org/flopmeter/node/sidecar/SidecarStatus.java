/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.flopmeter.node.booking.LedgerThread;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.Version;
import org.flopmeter.sampler.CpuTime;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a sidecar says of itself, by rename, for "flopmeter status". Totals are not in it: who asks reads the accounts,
 * and pays for that.
 */
final class SidecarStatus
{
    static final String SCHEMA = "flopmeter/sidecar/v1";
    private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(10);

    private final Path file;
    private final Consumer<String> log;
    private final long beginNs = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    private long writtenNs;
    private long writtenCpuNs;
    private long changesWritten = -1;
    private boolean isUnwritable;

    SidecarStatus(final Path place, final Consumer<String> log)
    {
        file = place.resolve(MeterPlace.STATUS);
        this.log = log;
    }

    /** When something has changed, and now and then. */
    void write(final Sidecar sidecar, final long nowNs)
    {
        if (sidecar.changes() == changesWritten && nowNs - writtenNs < INTERVAL_NS)
        {
            return;
        }
        final long cpuNs = CpuTime.processNs();
        try
        {
            DocumentFiles.replace(file, text(sidecar, cpuNs, nowNs));
            isUnwritable = false;
        }
        catch (final IOException | RuntimeException ex)
        {
            if (!isUnwritable)
            {
                log.accept("status can't be written: " + ex.getMessage());
            }
            isUnwritable = true;
        }
        changesWritten = sidecar.changes();
        writtenNs = nowNs;
        writtenCpuNs = cpuNs;
    }

    private String text(final Sidecar sidecar, final long cpuNs, final long nowNs)
    {
        final ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("schema", SCHEMA);
        json.put("pid", ProcessHandle.current().pid());
        json.put("version", Version.text());
        json.put("beginNs", Long.toString(beginNs));
        json.put("writtenNs", Long.toString(TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis())));
        json.put("cpuNs", cpuNs);
        json.put("cpuPercent", 0 == writtenNs || nowNs == writtenNs ?
            0 : Math.round(10_000.0 * (cpuNs - writtenCpuNs) / (nowNs - writtenNs)) / 100.0);
        json.put("runsServed", sidecar.runsServed());
        json.put("runsOrphaned", sidecar.runsOrphaned());
        if (null != sidecar.ledger())
        {
            final LedgerThread.Status ledger = sidecar.ledger().status();
            json.putObject("ledger").put("live", ledger.runs()).put("blocks", ledger.blocks())
                .put("failure", ledger.failure()).put("unbooked", ledger.unbooked());
        }
        final ObjectNode host = null == sidecar.host() ? null : sidecar.host().json();
        if (null != host)
        {
            json.set("host", host);
        }
        if (null != sidecar.devices())
        {
            final DeviceCounter.State state = sidecar.devices().state();
            json.putObject("devices").put("state", state.state()).put("detail", state.detail())
                .put("starts", state.starts());
        }
        final ArrayNode serving = json.putArray("serving");
        for (final ServedRun run : sidecar.served())
        {
            serving.addObject().put("run", run.run()).put("directory", run.directory().toString())
                .put("standing", run.isStanding());
        }
        final ArrayNode quarantined = json.putArray("quarantined");
        sidecar.quarantine().reasons().forEach((directory, reason) ->
            quarantined.addObject().put("directory", directory.toString()).put("reason", reason));
        json.put("quarantinedBeyond", sidecar.quarantine().beyondCount());
        return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }

    /** At a clean end. */
    void remove()
    {
        try
        {
            Files.deleteIfExists(file);
        }
        catch (final IOException ex)
        {
            log.accept("status can't be removed, and who reads it asks for the lock, too: " + ex.getMessage());
        }
    }
}
