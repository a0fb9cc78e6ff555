/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.flopmeter.node.io.DocumentJson.said;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.flopmeter.aggregate.CommittedTotals;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.node.hold.NestedPauses;
import org.flopmeter.node.hold.Pause;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.run.LiveText;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.RunResult;
import org.flopmeter.node.run.Witnesses;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;
import org.flopmeter.node.text.Table;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.unit.Part;
import org.flopmeter.wire.LaneMapper;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What "flopmeter status" says: the sidecar's own words, checked with the kernel, and totals from the accounts. */
public record StatusReport(ObjectNode json)
{
    private static final String SCHEMA = "flopmeter/status/v1";
    private static final String UNREADABLE = "UNREADABLE";
    private static final int NODES_SHOWN_MAX = 20;

    static StatusReport read(final Path place, final LaneMapper mapper, final Path procRoot)
    {
        return read(place, mapper, procRoot, MeterPlace.isHeld(place));
    }

    public static StatusReport read(final Path place, final LaneMapper mapper, final Path procRoot, final boolean isUp)
    {
        final ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("schema", SCHEMA).put("up", isUp).put("place", place.toString())
            .put("hostName", hostName(procRoot));
        final JsonNode said = isUp ? parse(place.resolve(MeterPlace.STATUS)) : JsonNodeFactory.instance.objectNode();
        final ObjectNode sidecar = json.putObject("sidecar");
        for (final String name : new String[] {
            "pid", "version", "beginNs", "writtenNs", "cpuNs", "cpuPercent", "runsServed", "runsOrphaned",
            "quarantinedBeyond", "ledger", "host", "devices" })
        {
            if (said.has(name))
            {
                sidecar.set(name, said.path(name));
            }
        }
        final long residentBytes = residentBytes(procRoot, said.path("pid").asLong(0));
        if (isUp && residentBytes > 0)
        {
            sidecar.put("residentBytes", residentBytes);
        }
        final ObjectNode devices = DeviceStatus.read(place.resolve(RunFacts.DEVICES), mapper);
        if (null != devices)
        {
            json.set("devices", devices);
        }
        final ArrayNode serving = json.putArray("serving");
        said.path("serving").forEach(run -> addRun(serving, run, mapper));
        final ArrayNode quarantined = json.putArray("quarantined");
        said.path("quarantined").forEach(quarantined::add);
        if (!isUp && Files.isRegularFile(place.resolve(RunFacts.SERVICES).resolve(StandingDirectory.MARK)))
        {
            addRun(serving, JsonNodeFactory.instance.objectNode().put("run", RunFacts.SERVICES)
                .put("directory", place.resolve(RunFacts.SERVICES).toString()).put("standing", true), mapper);
        }
        addPauses(json.putArray("pauses"), place, serving, mapper);
        return new StatusReport(json);
    }

    /** What is given to another profiler now: counters of the host, and of what is served. */
    private static void addPauses(
        final ArrayNode pauses, final Path place, final ArrayNode serving, final LaneMapper mapper)
    {
        final long epochNs = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
        Pause.inPlace(place, mapper, epochNs).forEach((what, pause) -> pauses.add(pause.json(what, null)));
        for (final JsonNode run : serving)
        {
            final Path directory = Path.of(run.path("directory").asString("."));
            final String id = run.path("run").asString("?");
            final Pause pause = run.path("standing").asBoolean() ? null : Pause.of(directory, mapper, epochNs);
            if (null != pause)
            {
                pauses.add(pause.json(Pause.RUN, id));
            }
            new NestedPauses(mapper, epochNs).in(directory, id).forEach(pauses::add);
        }
    }

    private static JsonNode parse(final Path file)
    {
        try
        {
            return RunFacts.parse(file);
        }
        catch (final UsageException notThereYet)
        {
            return JsonNodeFactory.instance.objectNode();
        }
    }

    private static String hostName(final Path procRoot)
    {
        try
        {
            return Printable.of(Files.readString(procRoot.resolve("sys/kernel/hostname")).strip());
        }
        catch (final IOException unknown)
        {
            return "host";
        }
    }

    /** 0 when the process can't be looked at. */
    private static long residentBytes(final Path procRoot, final long pid)
    {
        try
        {
            for (final String line : Files.readAllLines(procRoot.resolve(Long.toString(pid)).resolve("status")))
            {
                if (line.startsWith("VmRSS:"))
                {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
                }
            }
        }
        catch (final IOException | NumberFormatException gone)
        {
            return 0;
        }
        return 0;
    }

    private static void addRun(final ArrayNode serving, final JsonNode said, final LaneMapper mapper)
    {
        final Path directory = Path.of(said.path("directory").asString("."));
        final ObjectNode run = JsonNodeFactory.instance.objectNode();
        run.set("run", said.path("run"));
        run.set("directory", said.path("directory"));
        run.set("standing", said.path("standing"));
        try
        {
            run.put("lanes", lanesIn(directory));
            addTotals(run, Reading.of(CommittedTotals.read(directory, mapper)));
        }
        catch (final FlopOverflowException ex)
        {
            run.put("error", ex.code());
        }
        catch (final NoSuchFileException ended)
        {
            // Between its last word and now.
            return;
        }
        catch (final IOException ex)
        {
            run.put("error", UNREADABLE).put("message", String.valueOf(ex.getMessage()));
        }
        serving.add(run);
    }

    private static int lanesIn(final Path directory) throws IOException
    {
        int count = 0;
        try (DirectoryStream<Path> lanes = Files.newDirectoryStream(directory, "*.lane"))
        {
            for (final Path ignored : lanes)
            {
                count++;
            }
        }
        catch (final DirectoryIteratorException ex)
        {
            throw ex.getCause();
        }
        return count;
    }

    private static void addTotals(final ObjectNode run, final Reading reading)
    {
        run.put("flop", LiveText.counted(reading).toString());
        run.putObject("samples").put("produced", reading.samplesProduced()).put("consumed", reading.samplesConsumed())
            .put("folded", reading.samplesFolded()).put("lost", reading.samplesLost());
        run.put("conserved", reading.violations().isEmpty());
        run.put("gaps", reading.gaps().size());
        final ArrayNode findings = run.putArray("findings");
        reading.findings().forEach(finding -> findings.addObject().put("kind", finding.kind())
            .put("lane", finding.lane()).put("reason", finding.reason()));
        final Map<String, Map<String, BigInteger>> totals = new TreeMap<>();
        for (final KeyTotal key : reading.keys())
        {
            if (Part.COUNT == key.part() && !Witnesses.isWitness(key))
            {
                totals.computeIfAbsent(key.run(), ignored -> new TreeMap<>())
                    .merge(RunResult.nodeOf(key), key.flopCount().toBigInteger(), BigInteger::add);
            }
        }
        final BigInteger beyond = LiveText.beyondCalls(reading).toBigInteger();
        if (0 != beyond.signum())
        {
            totals.computeIfAbsent(run.path("run").asString(""), ignored -> new TreeMap<>())
                .merge(RunResult.UNATTRIBUTED, beyond, BigInteger::add);
        }
        final ArrayNode list = run.putArray("totals");
        totals.forEach((name, nodes) -> nodes.forEach((node, flopCount) ->
            list.addObject().put("run", name).put("node", node).put("flop", flopCount.toString())));
    }

    public String text(final long epochNs, final Messages messages)
    {
        final StringBuilder text = new StringBuilder();
        final JsonNode sidecar = json.path("sidecar");
        if (!json.path("up").asBoolean())
        {
            line(text, messages.get("status.none", said(json, "place", "?")));
        }
        else
        {
            final long beginNs = number(sidecar.path("beginNs").asString("0"));
            line(text, messages.get(0 == beginNs ? "status.up" : "status.upFor", said(sidecar, "pid", "?"),
                said(sidecar, "version", messages.get("status.justStarted")),
                FlopText.duration(epochNs - beginNs)));
            line(text, messages.get("status.cost", said(sidecar, "cpuPercent", "0"),
                FlopText.duration(sidecar.path("cpuNs").asLong(0)),
                Long.toString(sidecar.path("residentBytes").asLong(0) >> 20)));
            line(text, messages.get("status.runs", said(sidecar, "runsServed", "0"),
                said(sidecar, "runsOrphaned", "0"), Integer.toString(json.path("serving").size())));
        }
        appendLedger(text, sidecar.path("ledger"), messages);
        HostText.append(text, sidecar.path("host"), messages);
        DeviceText.append(text, json.path("devices"), sidecar.path("devices"), messages);
        appendServing(text, messages);
        json.path("pauses").forEach(pause -> line(text, Pause.text(pause, epochNs, messages)));
        json.path("quarantined").forEach(bad -> line(text, messages.get("status.quarantined",
            Printable.of(bad.path("directory").asString()), Printable.of(bad.path("reason").asString()))));
        return text.toString();
    }

    private static void line(final StringBuilder text, final String line)
    {
        text.append(line).append('\n');
    }

    private static void appendLedger(final StringBuilder text, final JsonNode ledger, final Messages messages)
    {
        if (ledger.path("failure").isString())
        {
            line(text, messages.get("status.ledgerFails",
                Printable.of(ledger.path("failure").asString()), said(ledger, "unbooked", "0")));
        }
        else if (ledger.has("live"))
        {
            line(text, messages.get("status.ledger", said(ledger, "live", "0"), said(ledger, "blocks", "0")));
        }
    }

    private static long number(final String text)
    {
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    private void appendServing(final StringBuilder text, final Messages messages)
    {
        final Table table = new Table("<>>>>>", "  ");
        table.row(messages.get("top.run"), messages.get("status.lanes"), messages.get("status.samples"),
            messages.get("status.lost"), messages.get("status.gaps"), messages.get("top.flop"));
        for (final JsonNode run : json.path("serving"))
        {
            table.row(Printable.of(run.path("run").asString()), run.path("lanes").asString("-"),
                run.at("/samples/produced").asString("-"), run.at("/samples/lost").asString("-"),
                run.path("gaps").asString("-"), run.path("flop").asString(run.path("error").asString("-")));
            int shown = 0;
            for (final JsonNode total : run.path("standing").asBoolean() ? run.path("totals") : run.path("none"))
            {
                if (shown++ < NODES_SHOWN_MAX)
                {
                    table.row("  " + Printable.of(total.path("run").asString()) + " / " +
                        Printable.of(total.path("node").asString()), "", "", "", "",
                        total.path("flop").asString());
                }
            }
            if (shown > NODES_SHOWN_MAX)
            {
                table.row("  " + messages.get("status.more", Integer.toString(shown - NODES_SHOWN_MAX)),
                    "", "", "", "", "");
            }
        }
        if (json.path("serving").size() > 0)
        {
            table.appendTo(text);
        }
    }
}
