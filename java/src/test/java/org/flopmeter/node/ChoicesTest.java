/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options of a closed list and of a range, asked for something else. */
class ChoicesTest
{
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "graph export --format xml | native, openlineage, prov, dot, svg | xml",
        "graph export --format NATIVE | native, openlineage, prov, dot, svg | NATIVE",
        "graph import --format prov f | auto, native, openlineage | prov",
        "ledger export --format xml | json, csv | xml"
    })
    void shouldSayEachChoiceOnce(final String command, final String choices, final String found)
    {
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final int exitCode = Main.run(new PrintStream(new ByteArrayOutputStream()),
            new PrintStream(err, true, StandardCharsets.UTF_8), command.split(" "));

        assertEquals("flopmeter: Invalid value for option '--format': expected " + choices + "; found " + found + "\n",
            err.toString(StandardCharsets.UTF_8));
        assertEquals(2, exitCode);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sidecar --cpu-budget 101", "sidecar --cpu-budget 0", "sidecar --cpu-budget NaN",
        "aggregate --meter-dir . --cpu-budget 101", "aggregate --meter-dir . --cpu-budget -1"})
    void shouldRefuseABudgetThatIsNoShareOfACore(final String command)
    {
        final String[] words = command.split(" ");
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final int exitCode = Main.run(new PrintStream(new ByteArrayOutputStream()),
            new PrintStream(err, true, StandardCharsets.UTF_8), words);

        assertEquals("flopmeter: --cpu-budget: expected a percentage above 0, at most 100; found " +
            Double.parseDouble(words[words.length - 1]) + "\n", err.toString(StandardCharsets.UTF_8));
        assertEquals(2, exitCode);
    }
}
