/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.gate;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The committed ratios of gate.csv. */
final class GateTable
{
    private static final String RESOURCE = "gate.csv";
    private static final int FIELDS = 6;

    private GateTable()
    {
    }

    static List<GateRow> load()
    {
        try (InputStream stream = GateTable.class.getResourceAsStream(RESOURCE))
        {
            return read(RESOURCE, new InputStreamReader(stream, StandardCharsets.UTF_8));
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    static List<GateRow> read(final String name, final Reader text) throws IOException
    {
        final List<GateRow> rows = new ArrayList<>();
        final BufferedReader reader = new BufferedReader(text);
        int number = 0;
        for (String line = reader.readLine(); null != line; line = reader.readLine())
        {
            number++;
            if (!line.startsWith("#") && !line.isBlank())
            {
                rows.add(row(name + ":" + number, line));
            }
        }
        return List.copyOf(rows);
    }

    private static GateRow row(final String place, final String line)
    {
        final String[] fields = line.split(",", FIELDS);
        if (FIELDS != fields.length)
        {
            throw new IllegalArgumentException(
                place + ": expected name,numerator,denominator,committed,tolerance,why, got: " + line);
        }
        final double committed = number(place, "committed", fields[3], Double.MIN_NORMAL);
        return new GateRow(
            fields[0], fields[1], fields[2], committed, number(place, "tolerance", fields[4], 1), fields[5]);
    }

    private static double number(final String place, final String what, final String text, final double least)
    {
        try
        {
            final double value = Double.parseDouble(text);
            if (Double.isFinite(value) && value >= least)
            {
                return value;
            }
        }
        catch (final NumberFormatException ex)
        {
            throw new IllegalArgumentException(place + ": " + what + " must be a number: " + text, ex);
        }
        throw new IllegalArgumentException(place + ": " + what + " must be at least " + least + ": " + text);
    }
}
