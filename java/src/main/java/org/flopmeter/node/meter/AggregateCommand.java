/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.node.booking.LedgerThread;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.record.GraphRecorder;
import org.flopmeter.node.run.MeterLoop;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.sampler.NativeTerminal;
import org.flopmeter.wire.LaneMapper;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The meter's process of one run: drains until the supervisor's facts are there, then writes the result. */
@Command(name = "aggregate", hidden = true, description = "Internal: the meter's process of one run.")
public final class AggregateCommand extends StreamCommand
{
    private static final long OWNER_CHECK_NS = 1_000_000_000L;

    @Option(names = "--meter-dir", required = true, paramLabel = "DIR", description = "Meter directory of the run.")
    private Path meterDirectory;

    @Option(names = "--live-fd", defaultValue = "-1", paramLabel = "N", description = "Descriptor for the live line.")
    private int liveDescriptor;

    @Option(names = "--end-on-stdin", description = "A byte on stdin tells that the facts are there.")
    private boolean isEndOnStdin;

    @Option(names = "--cpu-budget", paramLabel = "PERCENT", description = "Share of one core for the meter's loop.")
    private Double cpuBudgetPercent;

    @Override
    public Integer call() throws IOException
    {
        if (!Files.isDirectory(meterDirectory))
        {
            throw new UsageException(meterDirectory + ": no such directory");
        }
        final CpuBudget budget = BudgetOption.of(cpuBudgetPercent);
        final Messages messages = Messages.of(System.getenv());
        final LaneMapper mapper = new NativeLaneMapper();
        final Path factsFile = meterDirectory.resolve(RunFacts.FACTS);
        final EndNotice end = isEndOnStdin ? EndNotice.from(System.in, Thread.currentThread()) : EndNotice.NONE;
        final Drain drain = new Drain(meterDirectory, mapper, budget, end, OWNER_CHECK_NS);
        final GraphRecorder recorder = GraphRecorder.begin(meterDirectory, messages);
        try (LedgerThread ledger =
            new LedgerThread(LedgerThread.INTERVAL_NS, false, AggregateCommand::ignore))
        {
            // Held until the result is there: nobody else must think that this run has no meter.
            try (AggregatorAgent agent = drain.open())
            {
                if (Files.exists(meterDirectory.resolve(ResultFiles.RESULT), LinkOption.NOFOLLOW_LINKS))
                {
                    // Another meter came to the end while this one waited for the account.
                    return ExitCode.DONE;
                }
                final LedgerThread.Live booking = ledger.begin(meterDirectory, messages);
                if (!untilFacts(drain, agent, booking, messages))
                {
                    err().println("flopmeter: the supervisor is gone; \"flopmeter result " + meterDirectory +
                        "\" computes the result from what is here");
                    return ExitCode.ENVIRONMENT;
                }
                final Reading reading = Drain.toEnd(agent);
                final RunFacts facts = RunFacts.read(factsFile).withMeterCpuNs(ownCpuNs());
                final MeterLoop loop = new MeterLoop(drain.loopCpuNs(), drain.loopWallNs(), cpuBudgetPercent);
                ResultFiles.of(facts, reading, CpuPeak.probe(Path.of("/")), loop, messages, recorder, booking)
                    .write(meterDirectory);
            }
        }
        return ExitCode.DONE;
    }

    /** False when nobody is left who could write the facts. The live line is gone before anybody prints a summary. */
    private boolean untilFacts(
        final Drain drain, final AggregatorAgent agent, final LedgerThread.Live booking, final Messages messages)
    {
        try (LiveLine live = liveLine(messages))
        {
            return drain.untilFacts(agent, live, booking);
        }
    }

    private static void ignore(final String line)
    {
        // The summary tells it at the end; the terminal is the program's.
    }

    /** Null when no line is wanted or the terminal can't show one. */
    private LiveLine liveLine(final Messages messages)
    {
        if (0 > liveDescriptor || !LiveLine.isPossible(System.getenv()))
        {
            return null;
        }
        final NativeTerminal terminal = new NativeTerminal(liveDescriptor);
        return new LiveLine(terminal::write, terminal::columns, System.getenv(), messages, System.nanoTime());
    }

    private static long ownCpuNs()
    {
        return ProcessHandle.current().info().totalCpuDuration().map(duration -> duration.toNanos()).orElse(0L);
    }
}
