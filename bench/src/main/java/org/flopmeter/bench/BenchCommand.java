/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.fork.Realtime;
import org.flopmeter.bench.pace.AcceleratorTable;
import org.flopmeter.bench.pace.Pace;
import org.flopmeter.bench.peer.PeerFigures;
import org.flopmeter.bench.report.BenchJson;
import org.flopmeter.bench.report.BenchPage;
import org.flopmeter.bench.report.BenchText;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The score card. Words go to stderr, the document to stdout or into a directory. */
@Command(
    name = "flopmeter bench",
    description = {
        "The performance score card of this machine: about 3 minutes, with --quick half a minute.",
        "Sub-commands: compare CHECKOUT [ROUNDS] (what a sample costs with this build and another, in turn), " +
            "cost [ROUNDS] (what metering costs whole programs), gate (ratios against the committed ones), " +
            "jmh (JMH's own options)." },
    mixinStandardHelpOptions = false)
public final class BenchCommand implements Callable<Integer>
{
    static final int DONE = 0;
    static final int ANSWER_IS_NO = 1;
    static final int USAGE = 2;
    static final int ENVIRONMENT = 3;

    static final Source REAL = BenchCommand::measure;

    private static final String JSON_NAME = "bench.json";
    private static final String PAGE_NAME = "bench.html";

    private final Source source;
    private final PrintStream out;
    private final PrintStream err;

    @Option(names = "--json", description = "Print the JSON document (flopmeter/bench/v1) on stdout.")
    private boolean isJson;

    @Option(names = "--quick", description = "Fewer and shorter rounds.")
    private boolean isQuick;

    @Option(names = "--realtime", description = {
        "Time with real-time priority, so that what else runs on the machine shows less, and waits meanwhile.",
        "For root. The meter's own use and staleness are measured without it." })
    private boolean isRealtime;

    @Option(names = "--out", paramLabel = "DIR", description = "Write bench.json and bench.html into DIR.")
    private Path directory;

    @Option(names = { "-h", "--help" }, usageHelp = true, description = "This text.")
    private boolean isHelp;

    /** Where a card comes from: the measurements, or a test. */
    @FunctionalInterface
    interface Source
    {
        ScoreCard card(boolean quick, Consumer<String> progress) throws InterruptedException;
    }

    private BenchCommand(final Source source, final PrintStream out, final PrintStream err)
    {
        this.source = source;
        this.out = out;
        this.err = err;
    }

    /** Run with these arguments. Return the exit code. */
    static int run(final Source source, final PrintStream out, final PrintStream err, final String... args)
    {
        final boolean isJson = List.of(args).contains("--json");
        return new CommandLine(new BenchCommand(source, out, err))
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .setParameterExceptionHandler((ex, ignored) -> refuse(out, err, isJson, "USAGE", ex.getMessage()))
            .setExecutionExceptionHandler((ex, ignored, parsed) -> fail(out, err, isJson, ex))
            .execute(args);
    }

    @Override
    public Integer call() throws InterruptedException
    {
        if (null != directory)
        {
            prepare();
        }
        if (isRealtime)
        {
            Realtime.ask();
        }
        final ScoreCard card = source.card(isQuick, (line) -> err.println("flopmeter: " + line));
        final Pace pace = new Pace(AcceleratorTable.load());
        pace.addTo(card);
        err.print(BenchText.of(card, pace));
        if (null != directory)
        {
            write(JSON_NAME, BenchJson.text(card, pace));
            write(PAGE_NAME, BenchPage.of(card, pace));
            err.println("\npage: " + directory.resolve(PAGE_NAME));
        }
        if (isJson)
        {
            out.print(BenchJson.text(card, pace));
            out.flush();
        }
        return BenchText.isExact(card) ? DONE : ANSWER_IS_NO;
    }

    /** The real card, without what is computed from it. */
    public static ScoreCard measure(final boolean quick, final Consumer<String> progress) throws InterruptedException
    {
        final ScoreCard card = Machines.emptyCard(quick);
        new Measurements().run(card, quick, progress);
        new PeerFigures(card, quick, progress).run();
        return card;
    }

    /** Before three minutes are spent on what can't be written. */
    private void prepare()
    {
        try
        {
            Files.createDirectories(directory);
        }
        catch (final IOException ex)
        {
            throw new UsageException("--out " + directory + ": can't make this directory: " + ex.getMessage());
        }
        if (!Files.isWritable(directory))
        {
            throw new UsageException("--out " + directory + ": can't write into this directory");
        }
    }

    private void write(final String name, final String text)
    {
        try
        {
            Files.writeString(directory.resolve(name), text);
        }
        catch (final IOException ex)
        {
            throw new BenchException(directory.resolve(name) + ": can't be written: " + ex.getMessage(), ex);
        }
    }

    private static int fail(final PrintStream out, final PrintStream err, final boolean isJson, final Exception ex)
        throws Exception
    {
        if (ex instanceof UsageException)
        {
            return refuse(out, err, isJson, "USAGE", ex.getMessage());
        }
        if (ex instanceof BenchException)
        {
            return refuse(out, err, isJson, "ENVIRONMENT", ex.getMessage());
        }
        throw ex;
    }

    private static int refuse(
        final PrintStream out, final PrintStream err, final boolean isJson, final String code, final String message)
    {
        final String line = message.replaceAll("\\s*\\R\\s*", " ");
        err.println("flopmeter: bench: " + line);
        if (isJson)
        {
            out.print(BenchJson.error(code, line));
            out.flush();
        }
        return "USAGE".equals(code) ? USAGE : ENVIRONMENT;
    }

    /** The arguments are wrong; the message is one line. */
    private static final class UsageException extends RuntimeException
    {
        private static final long serialVersionUID = 1;

        UsageException(final String message)
        {
            super(message);
        }
    }
}
