/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.unit.FlopOverflowException;

/** result.json and summary.txt of a meter directory: written whole or not at all. */
record ResultFiles(String document, String summary)
{
    static final String RESULT = "result.json";
    static final String SUMMARY = "summary.txt";

    static ResultFiles of(final RunFacts facts, final Reading reading, final CpuPeak peak, final Messages messages)
    {
        return of(facts, reading, peak, MeterLoop.UNKNOWN, messages);
    }

    static ResultFiles of(
        final RunFacts facts,
        final Reading reading,
        final CpuPeak peak,
        final MeterLoop loop,
        final Messages messages)
    {
        return of(facts, reading, peak, loop, messages, null, null);
    }

    /** Books the run and records it in the causal graph first: the summary tells what became of it. */
    static ResultFiles of(
        final RunFacts facts,
        final Reading reading,
        final CpuPeak peak,
        final MeterLoop loop,
        final Messages messages,
        final GraphRecorder recorder,
        final LedgerBooking booking)
    {
        try
        {
            final RunResult result = new ResultBuilder(facts, reading, peak, loop).build();
            return new ResultFiles(
                ResultJson.text(result), Summary.of(result, messages) + booked(booking, result, reading) +
                recorded(recorder, facts, result));
        }
        catch (final FlopOverflowException e)
        {
            // Law 1: an error, never a wrapped total.
            return new ResultFiles(
                ResultJson.error(e.code(), e.getMessage()),
                "flopmeter: run " + facts.run() + ": " + e.getMessage() + "\n" + recorded(recorder, facts, null));
        }
    }

    private static String booked(final LedgerBooking booking, final RunResult result, final Reading reading)
    {
        final StringBuilder text = new StringBuilder();
        if (null != booking)
        {
            booking.book(result, reading).forEach(line -> text.append("  ").append(line).append('\n'));
        }
        return text.toString();
    }

    private static String recorded(final GraphRecorder recorder, final RunFacts facts, final RunResult result)
    {
        final StringBuilder text = new StringBuilder();
        if (null != recorder)
        {
            recorder.end(facts, result).forEach(line -> text.append("  ").append(line).append('\n'));
        }
        return text.toString();
    }

    /** The result last: whoever finds it finds the summary too. */
    void write(final Path directory) throws IOException
    {
        replace(directory.resolve(SUMMARY), summary);
        replace(directory.resolve(RESULT), document);
    }

    static void replace(final Path file, final String text) throws IOException
    {
        final Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
        // Not through a link that a metered process may have put there.
        Files.deleteIfExists(temporary);
        Files.write(temporary, text.getBytes(StandardCharsets.UTF_8),
            StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
