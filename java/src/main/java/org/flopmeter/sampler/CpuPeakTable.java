/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The rows of cpu-peak.csv. */
final class CpuPeakTable
{
    private static final String RESOURCE = "cpu-peak.csv";
    private static final int VECTOR_UNIT_LENGTH = 16;
    private static final long HZ_PER_MHZ = 1_000_000L;

    private final List<Row> rows;

    private CpuPeakTable(final List<Row> rows)
    {
        this.rows = rows;
    }

    static CpuPeakTable load()
    {
        final List<Row> rows = new ArrayList<>();
        try (InputStream stream = CpuPeakTable.class.getResourceAsStream(RESOURCE);
            BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8)))
        {
            for (String line = reader.readLine(); null != line; line = reader.readLine())
            {
                if (!line.startsWith("#") && !line.isBlank())
                {
                    final String[] fields = line.split(",", 5);
                    rows.add(new Row(fields[0], fields[1], fields[2], Integer.parseInt(fields[3]), fields[4]));
                }
            }
        }
        catch (final IOException e)
        {
            throw new UncheckedIOException(e);
        }
        return new CpuPeakTable(List.copyOf(rows));
    }

    List<Row> rows()
    {
        return rows;
    }

    /** Widest row of this CPU; empty when none is known or one says unbounded. */
    Optional<Peak> peak(final CpuInfo cpu, final int vectorLength)
    {
        Peak best = null;
        for (final Row row : rows)
        {
            if (!row.architecture().equals(cpu.architecture()) || !cpu.features().contains(row.key()))
            {
                continue;
            }
            if ("unbounded".equals(row.kind()))
            {
                return Optional.empty();
            }
            final int units =
                "flopPerCycleVector".equals(row.kind()) ? Math.max(1, vectorLength / VECTOR_UNIT_LENGTH) : 1;
            final int flopPerCycle = row.value() * units;
            if (!"clockMhz".equals(row.kind()) && (null == best || flopPerCycle > best.flopPerCycle()))
            {
                best = new Peak(flopPerCycle, row.key(), row.why());
            }
        }
        return Optional.ofNullable(best);
    }

    /** In words, what stands in the way of a bound. */
    String unboundedBy(final CpuInfo cpu)
    {
        return rows.stream()
            .filter(row -> "unbounded".equals(row.kind()) && row.architecture().equals(cpu.architecture()))
            .filter(row -> cpu.features().contains(row.key()))
            .map(row -> row.key() + ": " + row.why())
            .findFirst()
            .orElse(cpu.architecture() + " " + cpu.key());
    }

    OptionalLong clockHz(final CpuInfo cpu)
    {
        return rows.stream()
            .filter(row -> "clockMhz".equals(row.kind()) && row.architecture().equals(cpu.architecture()))
            .filter(row -> row.key().equals(cpu.key()))
            .mapToLong(row -> row.value() * HZ_PER_MHZ)
            .findFirst();
    }

    record Row(String kind, String architecture, String key, int value, String why)
    {
    }

    record Peak(int flopPerCycle, String isa, String derivation)
    {
    }
}
