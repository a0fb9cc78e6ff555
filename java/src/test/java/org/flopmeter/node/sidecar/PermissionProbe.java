/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.ledger.FileDisk;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Printable;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.wire.ChannelLaneMapper;

/**
 * Opens what lies in the directories of a scene, as the meter does, and says what becomes of each:
 * {@code PermissionProbe SCENE}; a directory is named KIND.CASE. It runs as a user who may do little.
 */
final class PermissionProbe
{
    private PermissionProbe()
    {
    }

    /** Something that opens what a directory holds; it throws where it refuses. */
    private interface Opening
    {
        void open(Path directory) throws Exception;
    }

    public static void main(final String[] args) throws IOException
    {
        final List<Path> cases = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of(args[0])))
        {
            files.sorted().forEach(cases::add);
        }
        for (final Path directory : cases)
        {
            final String name = directory.getFileName().toString();
            System.out.println(name + ' ' + tried(openingOf(name.substring(0, name.indexOf('.'))), directory));
        }
    }

    private static Opening openingOf(final String kind)
    {
        return switch (kind)
        {
            case "ledger" -> PermissionProbe::book;
            case "key" -> directory -> KeyFiles.read(directory.resolve(LedgerHome.KEY));
            case "name" -> directory -> new FileDisk(directory.resolve("inner"), false).open("../outer", true).close();
            case "place" -> PermissionProbe::hold;
            case "services" -> PermissionProbe::serve;
            case "meter" -> PermissionProbe::meter;
            case "result" -> directory -> DocumentFiles.replace(directory.resolve("result.json"), "written");
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static void book(final Path directory) throws IOException
    {
        try (LedgerHome home = LedgerHome.open(directory, "probe"))
        {
            home.writer().changeParameter("name", "before", "after", "probe");
            if (!home.writer().seal())
            {
                throw new IOException(home.writer().failure());
            }
        }
    }

    private static void hold(final Path directory) throws IOException
    {
        try (MeterPlace place = MeterPlace.hold(directory.resolve("place"), StateDirectory.uid()))
        {
            if (null == place)
            {
                throw new IOException("held");
            }
        }
    }

    /** The standing directory is repaired or moved aside, never served as it is: a sidecar always starts. */
    private static void serve(final Path directory) throws IOException
    {
        final List<String> said = new ArrayList<>();
        final ChannelLaneMapper mapper = new ChannelLaneMapper();
        try (Sidecar sidecar = new Sidecar(List.of(), mapper, StateDirectory.uid(), CpuBudget.NONE, said::add);
            ServedRun run = StandingDirectory.open(directory, RunFacts.SERVICES, StateDirectory.uid(), mapper, sidecar))
        {
            if (null == run || !said.isEmpty())
            {
                throw new IOException("aside: " + said);
            }
        }
    }

    private static void meter(final Path directory) throws Exception
    {
        final Path meter = directory.resolve("meter");
        final String fault = MeterPlace.faultOf(meter, StateDirectory.uid());
        if (null != fault)
        {
            throw new IOException(fault);
        }
        if (Files.exists(meter.resolve(RunFacts.RUN), LinkOption.NOFOLLOW_LINKS))
        {
            RunFacts.parse(meter.resolve(RunFacts.RUN));
        }
        AggregatorAgent.open(meter, new ChannelLaneMapper()).close();
    }

    private static String tried(final Opening opening, final Path directory)
    {
        try
        {
            opening.open(directory);
            return "ACCEPTED";
        }
        catch (final Exception ex)
        {
            return "refused: " + Printable.of(ex.getClass().getSimpleName() + ": " + ex.getMessage(), 300);
        }
    }
}
