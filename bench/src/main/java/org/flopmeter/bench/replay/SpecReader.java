/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import org.flopmeter.unit.Precision;

/** Reads spec files: one statement per line, words between blanks, comments after '#'. Everything wrong is named. */
final class SpecReader
{
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._:-]{1,64}");
    private static final Pattern FLOP_PER_SEC = Pattern.compile("([0-9]{1,25})(?:e([0-9]{1,2}))?");
    private static final String JOB_WORDS =
        "job RUN HOSTS-PERMILLE train|serve bf16|fp8 LAYERS HIDDEN FFN VOCABULARY TOKENS CONTEXT PERIOD";
    private static final long FILE_BYTES_MAX = 65_536;
    private static final int JOBS_MAX = 64;
    private static final int PERMILLE = 1000;

    private final String file;
    private int line;
    private String statement = "";
    private Long seed;
    private BigInteger flopPerSec;
    private Accelerator accelerator;
    private Long sliceNs;
    private Long hosts;
    private boolean hasVersion;
    private final List<JobSpec> jobs = new ArrayList<>();
    private final Set<String> seen = new HashSet<>();

    private SpecReader(final String file)
    {
        this.file = file;
    }

    static ReplaySpec read(final Path path)
    {
        try
        {
            if (Files.size(path) > FILE_BYTES_MAX)
            {
                throw ReplayException.usage(path + ": larger than " + FILE_BYTES_MAX + " bytes, not a spec");
            }
            return parse(path.toString(), Files.readString(path, StandardCharsets.UTF_8));
        }
        catch (final NoSuchFileException ex)
        {
            throw ReplayException.usage(path + ": no such file");
        }
        catch (final CharacterCodingException ex)
        {
            throw ReplayException.usage(path + ": not a text file");
        }
        catch (final IOException ex)
        {
            throw ReplayException.usage(path + ": can't be read: " + ex.getMessage());
        }
    }

    static ReplaySpec parse(final String file, final String text)
    {
        return new SpecReader(file).parse(text);
    }

    /** A rate: decimal digits, or digits, 'e' and a power of ten. */
    static BigInteger flopPerSec(final String where, final String word)
    {
        final var matcher = FLOP_PER_SEC.matcher(word);
        if (matcher.matches())
        {
            final int power = null == matcher.group(2) ? 0 : Integer.parseInt(matcher.group(2));
            final BigInteger value = new BigInteger(matcher.group(1)).multiply(BigInteger.TEN.pow(power));
            if (value.signum() > 0 && value.compareTo(ReplaySpec.FLOP_PER_SEC_MAX) <= 0)
            {
                return value;
            }
        }
        throw ReplayException.usage(where + " " + word + ": expected 1 to 1e24, such as 1e18 or 250000000000000000");
    }

    /** An unsigned 64-bit integer. */
    static long seed(final String where, final String word)
    {
        try
        {
            return Long.parseUnsignedLong(word);
        }
        catch (final NumberFormatException ex)
        {
            throw ReplayException.usage(where + " " + word + ": expected an integer from 0 to 2^64 - 1");
        }
    }

    private ReplaySpec parse(final String text)
    {
        for (final String rawLine : text.split("\n", -1))
        {
            line++;
            final String content = rawLine.replaceFirst("#.*", "").strip();
            if (!content.isEmpty())
            {
                read(content.split("\\s+"));
            }
        }
        require(hasVersion, "version 1");
        require(null != seed, "seed");
        require(null != flopPerSec, "flop-per-sec");
        require(null != accelerator, "accelerator");
        require(null != sliceNs, "slice-ns");
        require(!jobs.isEmpty(), "job");
        final long hostCount = null == hosts ? ReplaySpec.hostsFor(flopPerSec, accelerator) : hosts;
        return new ReplaySpec(seed, flopPerSec, accelerator, sliceNs, hostCount, jobs);
    }

    private void read(final String[] words)
    {
        statement = words[0];
        if (!"job".equals(statement) && !seen.add(statement))
        {
            throw wrong("stated twice");
        }
        switch (statement)
        {
            case "version" -> hasVersion = 1 == number(only(words), "1", 1, 1);
            case "seed" -> seed = seed(place(), only(words));
            case "flop-per-sec" -> flopPerSec = flopPerSec(place(), only(words));
            case "slice-ns" -> sliceNs = number(only(words), "nanoseconds", 1, ReplaySpec.SLICE_NS_MAX);
            case "hosts" -> hosts = number(only(words), "hosts", 1, Integer.MAX_VALUE);
            case "accelerator" -> accelerator = accelerator(words);
            case "job" -> jobs.add(job(words));
            default -> throw wrong("no such statement; expected version, seed, flop-per-sec, accelerator, slice-ns, " +
                "hosts or job");
        }
    }

    private Accelerator accelerator(final String[] words)
    {
        if (2 == words.length)
        {
            return Accelerator.of(words[1]);
        }
        if (6 != words.length)
        {
            throw wrong("expected accelerator NAME [BF16-FLOP-PER-NS FP8-FLOP-PER-NS MEMORY-BYTES-PER-NS " +
                "LINK-BYTES-PER-NS]");
        }
        return new Accelerator(
            name(words[1]), number(words[2], "bf16 FLOP per ns", 10_000, 1_000_000_000),
            number(words[3], "fp8 FLOP per ns", 10_000, 1_000_000_000),
            number(words[4], "memory bytes per ns", 1, 1_000_000),
            number(words[5], "link bytes per ns", 1, 1_000_000));
    }

    private JobSpec job(final String[] words)
    {
        if (12 != words.length)
        {
            throw wrong("expected " + JOB_WORDS);
        }
        if (JOBS_MAX == jobs.size())
        {
            throw wrong("more than " + JOBS_MAX + " jobs");
        }
        final boolean isTraining = "train".equals(words[3]);
        final boolean isFp8 = "fp8".equals(words[4]);
        if (!isTraining && !"serve".equals(words[3]))
        {
            throw wrong(words[3] + ": expected train or serve");
        }
        if (!isFp8 && !"bf16".equals(words[4]))
        {
            throw wrong(words[4] + ": expected bf16 or fp8");
        }
        final JobSpec job = new JobSpec(
            name(words[1]), (int)number(words[2], "permille of the hosts", 1, PERMILLE), isTraining,
            isFp8 ? Precision.FP8 : Precision.BF16, number(words[5], "layers", 1, 1000),
            multiple(words[6], "hidden", 8, 1 << 17), multiple(words[7], "ffn", 8, 1 << 19),
            multiple(words[8], "vocabulary", 8, 1 << 20), multiple(words[9], "tokens", 16, 1 << 20),
            multiple(words[10], "context", 16, 1 << 20), number(words[11], "period", 1, 65_536));
        if (jobs.stream().anyMatch((other) -> other.run().equals(job.run())))
        {
            throw wrong(job.run() + " is there twice");
        }
        if (jobs.stream().mapToInt(JobSpec::hostsPermille).sum() + job.hostsPermille() > PERMILLE)
        {
            throw wrong("the jobs have more than 1000 permille of the hosts");
        }
        return job;
    }

    private String only(final String[] words)
    {
        if (2 != words.length)
        {
            throw wrong("expected one word after it, found " + (words.length - 1));
        }
        return words[1];
    }

    private String name(final String word)
    {
        if (!NAME.matcher(word).matches())
        {
            throw wrong(word + ": expected 1 to 64 of A-Z a-z 0-9 . _ : -");
        }
        return word;
    }

    private long multiple(final String word, final String what, final long unit, final long max)
    {
        final long value = number(word, what, unit, max);
        if (0 != value % unit)
        {
            throw wrong(what + " " + word + ": expected a multiple of " + unit);
        }
        return value;
    }

    private long number(final String word, final String what, final long min, final long max)
    {
        if (word.matches("[0-9]{1,18}"))
        {
            final long value = Long.parseLong(word);
            if (min <= value && value <= max)
            {
                return value;
            }
        }
        throw wrong(what + " " + word + ": expected " + min + " to " + max);
    }

    private void require(final boolean condition, final String what)
    {
        if (!condition)
        {
            throw ReplayException.usage(file + ": the statement \"" + what + "\" is missing");
        }
    }

    private String place()
    {
        return file + ":" + line + ": " + statement;
    }

    private ReplayException wrong(final String message)
    {
        return ReplayException.usage(place() + ": " + message);
    }
}
