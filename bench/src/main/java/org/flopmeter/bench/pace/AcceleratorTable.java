/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.pace;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;

/** The accelerators of accelerators.csv. */
public final class AcceleratorTable
{
    private static final String RESOURCE = "accelerators.csv";
    private static final int FIELDS = 5;

    private AcceleratorTable()
    {
    }

    /** The rows that come with this program, in the order of the file. */
    public static List<Accelerator> load()
    {
        try (InputStream stream = AcceleratorTable.class.getResourceAsStream(RESOURCE))
        {
            return read(RESOURCE, new InputStreamReader(stream, StandardCharsets.UTF_8));
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    static List<Accelerator> read(final String name, final Reader text) throws IOException
    {
        final List<Accelerator> rows = new ArrayList<>();
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

    private static Accelerator row(final String place, final String line)
    {
        final String[] fields = line.split(",", FIELDS);
        if (FIELDS != fields.length || fields[0].isBlank() || fields[FIELDS - 1].isBlank())
        {
            throw new IllegalArgumentException(
                place + ": expected name,precision,peakFlopPerSec,read,source, got: " + line);
        }
        if (!fields[2].matches("[1-9][0-9]*"))
        {
            throw new IllegalArgumentException(place + ": peakFlopPerSec must be a positive integer: " + fields[2]);
        }
        try
        {
            LocalDate.parse(fields[3]);
        }
        catch (final DateTimeParseException ex)
        {
            throw new IllegalArgumentException(place + ": read must be a day, YYYY-MM-DD: " + fields[3], ex);
        }
        return new Accelerator(fields[0], fields[1], new BigInteger(fields[2]), fields[3], fields[4]);
    }
}
