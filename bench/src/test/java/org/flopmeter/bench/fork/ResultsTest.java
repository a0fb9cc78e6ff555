/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.fork;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

import org.junit.jupiter.api.Test;

class ResultsTest
{
    @Test
    void shouldCrossAsLines()
    {
        final Results results = new Results();
        results.add("rate", 1.5);
        results.add("rate", 2.5e9);
        results.add("note", "with\ttabs and = signs");
        results.add("exact", true);
        final Results crossed = new Results();
        ("a line of the JVM\n" + results.lines()).lines().forEach(crossed::takeLine);
        assertArrayEquals(new double[] { 1.5, 2.5e9 }, crossed.numbers("rate"));
        assertEquals("with\ttabs and = signs", crossed.text("note"));
        assertTrue(crossed.all("exact"));
        crossed.add("exact", false);
        assertFalse(crossed.all("exact"));
        assertFalse(crossed.all("absent"), "nothing compared is not exact");
        assertThrows(IllegalStateException.class, () -> crossed.text("absent"));
    }

    @Test
    void shouldPassSettingsAsWords()
    {
        final Settings settings = Settings.of(List.of("rounds=3", "sweep=batch:1,2")).with("single", true);
        final Settings passed = Settings.of(settings.words());
        assertEquals(3, passed.count("rounds", 9));
        assertEquals(9, passed.count("samples", 9));
        assertEquals("batch:1,2", passed.text("sweep", ""));
        assertTrue(passed.flag("single"));
        assertThrows(IllegalArgumentException.class, () -> Settings.of(List.of("rounds")));
    }
}
