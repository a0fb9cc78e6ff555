/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.node.booking.LedgerBooking;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.record.GraphRecorder;
import org.flopmeter.node.run.MeterLoop;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.ResultBuilder;
import org.flopmeter.node.run.ResultJson;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.RunResult;
import org.flopmeter.node.run.Summary;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.unit.FlopOverflowException;

/** result.json and summary.txt of a meter directory: written whole or not at all. */
public record ResultFiles(String document, String summary)
{
    public static final String RESULT = "result.json";
    public static final String SUMMARY = "summary.txt";

    public static ResultFiles of(
        final RunFacts facts, final Reading reading, final CpuPeak peak, final Messages messages)
    {
        return of(facts, reading, peak, MeterLoop.UNKNOWN, messages, null, null);
    }

    /** Books the run and records it in the causal graph first: the summary tells what became of it. */
    public static ResultFiles of(
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
                ResultJson.text(result), Summary.of(result, messages) +
                text(null == booking ? List.of() : booking.book(result, reading)) + recorded(recorder, facts, result));
        }
        catch (final FlopOverflowException e)
        {
            return overflow(facts, e, recorded(recorder, facts, null));
        }
    }

    /** Of a result that is booked already, or not to be. */
    public static ResultFiles of(final RunResult result, final Messages messages, final List<String> booked)
    {
        return new ResultFiles(ResultJson.text(result), Summary.of(result, messages) + text(booked));
    }

    /** Law 1: an error, never a wrapped total. */
    public static ResultFiles overflow(final RunFacts facts, final FlopOverflowException ex, final String more)
    {
        return new ResultFiles(ResultJson.error(ex.code(), ex.getMessage()),
            "flopmeter: run " + facts.run() + ": " + ex.getMessage() + "\n" + more);
    }

    private static String text(final List<String> lines)
    {
        final StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append("  ").append(line).append('\n'));
        return text.toString();
    }

    private static String recorded(final GraphRecorder recorder, final RunFacts facts, final RunResult result)
    {
        return null == recorder ? "" : text(recorder.end(facts, result));
    }

    /** The result last: whoever finds it finds the summary too. */
    public void write(final Path directory) throws IOException
    {
        DocumentFiles.replace(directory.resolve(SUMMARY), summary);
        DocumentFiles.replace(directory.resolve(RESULT), document);
    }
}
