/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.Callable;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flopmeter bench replay}: a fleet's trace through real lanes and the real aggregator, held to an oracle. */
@Command(
    name = "flopmeter bench replay",
    sortOptions = false,
    description = "Replays a seeded trace of a whole fleet and compares every total with an exact oracle.")
public final class ReplayCommand implements Callable<Integer>
{
    private static final int DONE = 0;
    private static final int ANSWER_IS_NO = 1;
    private static final int HOSTS_AT_ONCE_MAX = 64;
    private static final int CPUS_MIN = 2;
    /** Without --seconds the fleet's peak does this in the slice, so that totals exceed 2^64 ... */
    private static final BigInteger FLOP_PEAK_MIN = BigInteger.TEN.pow(20);
    /** ... or larger fleets get one second, as long as they do no more than this in it. */
    private static final BigInteger FLOP_PEAK_MAX = BigInteger.TEN.pow(21);
    private static final BigInteger NS_PER_SEC = BigInteger.valueOf(1_000_000_000L);
    /** Longer replays are preceded by one of a twentieth, so that the JVM has compiled the aggregator. */
    private static final long DEVICE_SEC_TO_WARM_UP = 100;
    private static final int WARM_UP_PART = 20;

    private final PrintStream out;
    private final PrintStream err;
    private final Path program;
    private final int cpus;

    @Option(names = "--flop-per-sec", paramLabel = "N",
        description = "Peak of the fleet: 1e18 (default), 1e20, 1e21 or any number.")
    private String flopPerSec;

    @Option(names = "--seconds", paramLabel = "S",
        description = "Logical seconds (default: 1 to 100, so that a run takes well under a minute).")
    private String seconds;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the trace (default: 1).")
    private String seed;

    @Option(names = "--accelerator", paramLabel = "h100|b200", description = "Devices of the fleet (default: h100).")
    private String accelerator;

    @Option(names = "--hosts-at-once", paramLabel = "K", defaultValue = "1",
        description = "Producer processes side by side (default: ${DEFAULT-VALUE}).")
    private String hostsAtOnce;

    @Option(names = "--trace", paramLabel = "FILE",
        description = "Parameters of the trace (testdata/replay); other options replace its lines.")
    private Path trace;

    @Option(names = "--json", description = "The document flopmeter/replay/v1 on stdout.")
    private boolean isJson;

    @Option(names = { "-h", "--help" }, usageHelp = true, description = "This text.")
    private boolean isHelp;

    ReplayCommand(final PrintStream out, final PrintStream err, final Path program, final int cpus)
    {
        this.out = out;
        this.err = err;
        this.program = program;
        this.cpus = cpus;
    }

    /**
     * Entry point.
     *
     * @param args options, see --help. The system property flopmeter.root names the built source tree.
     */
    public static void main(final String[] args)
    {
        final Path program = Path.of(System.getProperty("flopmeter.root", ".")).toAbsolutePath().normalize()
            .resolve("target/native/bench/native/replay/flopmeter_replay");
        final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        final int exitCode =
            run(new ReplayCommand(out, System.err, program, Runtime.getRuntime().availableProcessors()), args);
        out.flush();
        System.exit(exitCode);
    }

    /** Return 0 exact, 1 not, 2 wrong usage or input, 3 not possible here. */
    static int run(final ReplayCommand command, final String... args)
    {
        return new CommandLine(command)
            .setOut(new PrintWriter(command.out, true))
            .setErr(new PrintWriter(command.err, true))
            .setParameterExceptionHandler(
                (ex, words) -> command.refuse(ReplayException.usage(ex.getMessage()), List.of(words)))
            .setExecutionExceptionHandler((ex, ignored, parsed) ->
            {
                if (ex instanceof ReplayException refusal)
                {
                    return command.refuse(refusal, List.of(args));
                }
                throw ex;
            })
            .execute(args);
    }

    @Override
    public Integer call() throws IOException, InterruptedException
    {
        final ReplaySpec spec = spec();
        final int atOnce = (int)Math.min(spec.hosts(), atOnce());
        final Trace replayed = new Trace(spec);
        checkEnvironment();
        final ReplayReport report = new ReplayReport(err);
        report.printFleet(spec, atOnce);
        final ReplayResult result = replay(program, replayed, atOnce);
        report.printResult(result);
        if (isJson)
        {
            out.print(ReplayJson.text(result));
        }
        return result.isExact() ? DONE : ANSWER_IS_NO;
    }

    /** Warm up, replay, compute the oracle, compare. */
    static ReplayResult replay(final Path program, final Trace trace, final int hostsAtOnce)
        throws IOException, InterruptedException
    {
        final ReplaySpec spec = trace.spec();
        if (spec.sliceNs() >= NS_PER_SEC.longValueExact() * DEVICE_SEC_TO_WARM_UP / spec.devices())
        {
            new ReplayMeter(program).replay(spec.withSliceNs(spec.sliceNs() / WARM_UP_PART), hostsAtOnce);
        }
        final ReplayMeter.Outcome outcome = new ReplayMeter(program).replay(spec, hostsAtOnce);
        final long beginNs = System.nanoTime();
        final SortedMap<KeyName, ExactTotal> expected =
            new Oracle(trace).totals(Runtime.getRuntime().availableProcessors());
        return ReplayResult.of(spec, hostsAtOnce, outcome, expected, System.nanoTime() - beginNs);
    }

    /** The built-in fleet or the file's, with what the options replace. */
    ReplaySpec spec() throws IOException
    {
        ReplaySpec spec = null == trace ? SpecReader.parse("fleet.spec", builtIn()) : SpecReader.read(trace);
        if (null != seed)
        {
            spec = spec.withSeed(SpecReader.seed("--seed", seed));
        }
        if (null != flopPerSec || null != accelerator)
        {
            spec = spec.withFleet(
                null == flopPerSec ? spec.flopPerSec() : SpecReader.flopPerSec("--flop-per-sec", flopPerSec),
                null == accelerator ? spec.accelerator() : Accelerator.of(accelerator));
        }
        if (null != seconds)
        {
            return spec.withSliceNs(sliceNs(seconds));
        }
        if (null == trace)
        {
            return spec.withSliceNs(sliceNsDefault(spec.flopPerSec()));
        }
        return spec;
    }

    private static long sliceNsDefault(final BigInteger flopPerSec)
    {
        final BigInteger min = FLOP_PEAK_MIN.multiply(NS_PER_SEC).divide(flopPerSec);
        final BigInteger max = FLOP_PEAK_MAX.multiply(NS_PER_SEC).divide(flopPerSec);
        return min.max(NS_PER_SEC.min(max)).min(BigInteger.valueOf(ReplaySpec.SLICE_NS_MAX)).longValueExact();
    }

    private static long sliceNs(final String word)
    {
        if (word.matches("[0-9]{1,7}(\\.[0-9]{1,9})?"))
        {
            final long ns = new BigDecimal(word).movePointRight(9).longValueExact();
            if (0 < ns && ns <= ReplaySpec.SLICE_NS_MAX)
            {
                return ns;
            }
        }
        throw ReplayException.usage("--seconds " + word + ": expected 0.000000001 to 1000000");
    }

    private int atOnce()
    {
        if (hostsAtOnce.matches("[0-9]{1,2}"))
        {
            final int count = Integer.parseInt(hostsAtOnce);
            if (0 < count && count <= HOSTS_AT_ONCE_MAX)
            {
                return count;
            }
        }
        throw ReplayException.usage("--hosts-at-once " + hostsAtOnce + ": expected 1 to " + HOSTS_AT_ONCE_MAX);
    }

    private void checkEnvironment()
    {
        if (!Files.isExecutable(program))
        {
            throw ReplayException.environment(program + " is not built; run: ./flopmeter setup");
        }
        if (cpus < CPUS_MIN)
        {
            throw ReplayException.environment(
                "one CPU only: a replay needs two, one for the producers and one for the aggregator");
        }
    }

    private int refuse(final ReplayException refusal, final List<String> words)
    {
        final String message = refusal.getMessage().replaceAll("\\s*\\R\\s*", " ");
        err.println("flopmeter: bench replay: " + message);
        if (words.contains("--json"))
        {
            out.print(ReplayJson.error(refusal.code(), message));
        }
        return refusal.exitCode();
    }

    private static String builtIn() throws IOException
    {
        try (InputStream stream = ReplayCommand.class.getResourceAsStream("fleet.spec"))
        {
            return new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }
}
