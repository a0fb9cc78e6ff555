/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.producer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import org.flopmeter.bench.BenchException;

/** flopmeter-bench-producer: a metered process that uses the real library through its public header. */
public final class Producer implements AutoCloseable
{
    private static final String SLOTS = "FLOPMETER_LANE_SLOTS";
    private static final String RING = "FLOPMETER_LANE_RING";

    private final LineProcess process;
    private final long samplesAtStart;
    private long samples;

    /** Start one in that directory and wait until its lanes are there. */
    public Producer(final MeterDir directory, final ProducerConfig config)
    {
        this(root(), directory, config);
    }

    /** As it was built in the checkout at {@code root}. */
    public Producer(final Path root, final MeterDir directory, final ProducerConfig config)
    {
        final List<String> words = new ArrayList<>(List.of(program(root, "flopmeter-bench-producer").toString()));
        if (config.cpu() >= 0)
        {
            words.add("--cpu=" + config.cpu());
        }
        words.add("--threads=" + config.threads());
        words.add("--slots=" + config.slots());
        words.add("--batch=" + config.batch());
        words.add("--resume=" + config.resume());
        if (config.plant())
        {
            words.add("--plant");
        }
        if (null != config.stamps())
        {
            words.add("--stamps=" + config.stamps());
        }
        process = new LineProcess(words, Map.of(
            "FLOPMETER_LANE_DIR", directory.path().toString(),
            "FLOPMETER_RUN", "bench",
            SLOTS, Integer.toString(config.slotTable()),
            RING, Integer.toString(config.ringBytes())));
        process.expectLine();
        samplesAtStart = Long.parseLong(process.answer().get("samples"));
        samples = samplesAtStart;
    }

    /** The installed program of that name, or the one in the build tree. */
    public static Path program(final String name)
    {
        return program(root(), name);
    }

    private static Path root()
    {
        return Path.of(System.getProperty("flopmeter.root", ".")).toAbsolutePath().normalize();
    }

    private static Path program(final Path root, final String name)
    {
        final Path installed = root.resolve("target/dist/libexec/flopmeter").resolve(name);
        final Path built = root.resolve("target/native/bench/native").resolve(name);
        if (Files.isExecutable(installed))
        {
            return installed;
        }
        if (Files.isExecutable(built))
        {
            return built;
        }
        throw new BenchException(name + " is neither " + installed + " nor " + built + "; run: flopmeter setup");
    }

    /** Samples sent to make the lanes and all their slots, before any command. */
    public long samplesAtStart()
    {
        return samplesAtStart;
    }

    /** All samples sent in commands that are answered, and at the start. */
    public long samples()
    {
        return samples;
    }

    /** Begin a command; see bench/native/producer.c. */
    public void ask(final String command)
    {
        process.ask(command);
    }

    /** Is the command done? */
    public boolean isAnswered()
    {
        return process.isAnswered();
    }

    /** Wait until the command is done. */
    public Map<String, String> answer()
    {
        final Map<String, String> answer = process.answer();
        samples += Long.parseLong(answer.getOrDefault("samples", "0"));
        return answer;
    }

    /** A command from begin to end. */
    public Map<String, String> tell(final String command)
    {
        ask(command);
        return answer();
    }

    /** How many timed bursts took how many ns, since the last call. */
    public SortedMap<Integer, Long> histogram()
    {
        final SortedMap<Integer, Long> counts = new TreeMap<>();
        for (final String word : tell("histogram").keySet())
        {
            final int at = word.indexOf(':');
            if (at > 0)
            {
                counts.put(Integer.parseInt(word.substring(0, at)), Long.parseLong(word.substring(at + 1)));
            }
        }
        return counts;
    }

    /** What everything sent so far adds up to, by the pattern alone. */
    public ExpectedTotals expected() throws IOException
    {
        final Path file = Files.createTempFile("flopmeter-bench", ".totals");
        try
        {
            tell("totals " + file);
            return ExpectedTotals.read(file);
        }
        finally
        {
            Files.delete(file);
        }
    }

    /** Kill it where it stands. */
    public void kill() throws InterruptedException
    {
        process.kill();
    }

    @Override
    public void close()
    {
        process.close();
    }
}
