/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.aggregate.CommittedTotals;
import org.flopmeter.node.hold.NestedPauses;
import org.flopmeter.node.hold.Pause;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.run.LiveText;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.RunStart;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;
import org.flopmeter.node.text.Table;
import org.flopmeter.wire.LaneMapper;

/** The table of running meters, from their directories alone: nothing of theirs is written or drained. */
final class TopView
{
    private final StateDirectory places;
    private final Path procRoot;
    private final LaneMapper mapper;
    private final Messages messages;
    private final Map<Path, Seen> seen = new HashMap<>();

    TopView(final StateDirectory places, final Path procRoot, final LaneMapper mapper, final Messages messages)
    {
        this.places = places;
        this.procRoot = procRoot;
        this.mapper = mapper;
        this.messages = messages;
    }

    /** @param columns cut lines to this width; 0 = leave them whole. */
    String render(final long epochNs, final int columns, final boolean isColour)
    {
        final Table table = new Table("<>>><<", "");
        table.row(messages.get("top.run"), messages.get("top.elapsed"), messages.get("top.flop"),
            messages.get("top.rate"), messages.get("top.nodes"), messages.get("top.command"));
        int count = 0;
        final List<String> pauses = new ArrayList<>();
        for (final Path directory : places.meterDirectories())
        {
            final List<String> row = row(directory, epochNs);
            if (!row.isEmpty())
            {
                table.row(row.toArray(new String[0]));
                count++;
                final Pause pause = Pause.of(directory, mapper, epochNs);
                if (null != pause)
                {
                    pauses.add(Pause.text(pause.json(Pause.RUN, row.get(0)), epochNs, messages));
                }
                new NestedPauses(mapper, epochNs).in(directory, row.get(0))
                    .forEach(json -> pauses.add(Pause.text(json, epochNs, messages)));
            }
        }
        for (final Path place : places.places())
        {
            Pause.inPlace(place, mapper, epochNs)
                .forEach((what, pause) -> pauses.add(Pause.text(pause.json(what, null), epochNs, messages)));
        }

        final StringBuilder text = new StringBuilder();
        if (0 == count)
        {
            text.append(messages.get("top.none")).append('\n');
        }
        else
        {
            final String title = messages.get("top.title", Integer.toString(count));
            text.append(isColour ? "\033[1m" + title + "\033[0m" : title).append('\n');
            appendLines(text, lines(table), columns);
        }
        appendLines(text, pauses, columns);
        return text.toString();
    }

    private static List<String> lines(final Table table)
    {
        final StringBuilder text = new StringBuilder();
        table.appendTo(text);
        return text.toString().lines().toList();
    }

    private static void appendLines(final StringBuilder text, final List<String> lines, final int columns)
    {
        lines.forEach(line -> text.append(0 == columns ? line : LiveText.cut(line, columns)).append('\n'));
    }

    /** Empty when this directory is no running meter. */
    private List<String> row(final Path directory, final long epochNs)
    {
        final RunStart start;
        final Reading reading;
        try
        {
            start = RunStart.read(directory.resolve(RunFacts.RUN));
            if (!Files.exists(procRoot.resolve(Integer.toString(start.supervisorPid()))))
            {
                return List.of();
            }
            reading = Reading.of(CommittedTotals.read(directory, mapper));
        }
        catch (final IOException | UsageException e)
        {
            // It ended, or was deleted, while we looked.
            return List.of();
        }

        final BigInteger counted = LiveText.counted(reading).toBigInteger();
        final Seen before = seen.getOrDefault(directory, new Seen(start.beginNs(), BigInteger.ZERO));
        seen.put(directory, new Seen(epochNs, counted));
        final List<String> row = new ArrayList<>();
        row.add(start.run());
        row.add(FlopText.duration(Math.max(0, epochNs - start.beginNs())));
        row.add(FlopText.rounded(counted, "FLOP"));
        row.add(FlopText.rate(counted.subtract(before.counted()).max(BigInteger.ZERO), epochNs - before.epochNs()));
        row.add(0 == counted.signum() ? "-" : LiveText.shares(reading, counted));
        row.add(Printable.of(String.join(" ", start.command())));
        return row;
    }

    /** Where a run stood at the refresh before. */
    private record Seen(long epochNs, BigInteger counted)
    {
    }
}
