/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.MeterDirectory;
import org.flopmeter.node.booking.LedgerBooking;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.record.GraphRecorder;
import org.flopmeter.node.run.MeterLoop;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.RunStart;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.LaneMapper;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The result of a run whose meter was lost: lanes and account hold everything, only nobody has added it up. */
@Command(name = "result", description = "Compute the result of a run whose meter was lost, from its meter directory.")
public final class ResultCommand extends StreamCommand
{

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory to look for kept meter directories.")
    private Path stateOption;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the document there, not to stdout.")
    private Path outFile;

    @Parameters(arity = "0..1", paramLabel = "METERDIR", description = "Default: the newest one that was left behind.")
    private Path meterDirectory;

    @Override
    public Integer call() throws IOException
    {
        final LaneMapper mapper = new NativeLaneMapper();
        final Path directory = null == meterDirectory ? newestLeft(mapper) : meterDirectory;
        if (!Files.isRegularFile(directory.resolve("control")))
        {
            throw new UsageException(directory + ": not a meter directory: it has no file \"control\"");
        }
        final Path resultFile = directory.resolve(ResultFiles.RESULT);
        if (!Files.exists(resultFile))
        {
            if (mapper.isLocked(directory, MeterDirectory.OWNER_LOCK))
            {
                throw new UsageException(directory + ": its run is still going on; see: flopmeter top");
            }
            recover(directory, mapper);
        }
        deliver(resultFile, directory.resolve(ResultFiles.SUMMARY));
        return ExitCode.DONE;
    }

    private Path newestLeft(final LaneMapper mapper)
    {
        final StateDirectory places = StateDirectory.of(stateOption, System.getenv(), StateDirectory.uid());
        final List<Path> left = places.meterDirectories().stream()
            .filter(directory -> !mapper.isLocked(directory, MeterDirectory.OWNER_LOCK))
            .toList();
        if (left.isEmpty())
        {
            throw new UsageException(
                "no meter directory was left behind in " + places.shm() + " or " + places.state().resolve("meter"));
        }
        return left.get(left.size() - 1);
    }

    private static void recover(final Path directory, final LaneMapper mapper) throws IOException
    {
        final Path factsFile = directory.resolve(RunFacts.FACTS);
        final RunFacts facts = Files.exists(factsFile) ? RunFacts.read(factsFile) : RunFacts.recovered(
            directory.resolve(RunFacts.RUN), lastSeenNs(directory), Runtime.getRuntime().availableProcessors());
        final Messages messages = Messages.of(System.getenv());
        final GraphRecorder recorder = GraphRecorder.begin(directory.toAbsolutePath(), messages);
        final Reading reading;
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper, RunStart::spillDirectory))
        {
            reading = Drain.toEnd(agent);
        }
        ResultFiles.of(facts, reading, CpuPeak.probe(Path.of("/")), MeterLoop.UNKNOWN, messages, recorder,
            LedgerBooking.of(directory, messages))
            .write(directory);
    }

    /** When anything in the directory was written last: the run went on at least until then. */
    private static long lastSeenNs(final Path directory) throws IOException
    {
        try (var files = Files.list(directory))
        {
            return files.mapToLong(file -> file.toFile().lastModified()).max().orElse(0) * 1_000_000L;
        }
    }

    private void deliver(final Path resultFile, final Path summaryFile) throws IOException
    {
        final String document = Files.readString(resultFile);
        if (Files.exists(summaryFile))
        {
            err().print(Files.readString(summaryFile));
        }
        if (null == outFile)
        {
            out().print(document);
            return;
        }
        Files.write(outFile, document.getBytes(StandardCharsets.UTF_8));
    }
}
