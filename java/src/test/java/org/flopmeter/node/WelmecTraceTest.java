/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/welmec.md names tests that exist, for every row that it does not give a reason for. */
final class WelmecTraceTest
{
    private static final Path ROOT = Path.of(System.getProperty("flopmeter.root", ".."));
    private static final Pattern ROW =
        Pattern.compile("\\| ([LTSDI][0-9][LTSDI0-9, ]*) \\| ([et]) \\|.*\\|(.*)\\|(.*)\\|");
    private static final Pattern NAME = Pattern.compile("`([A-Z][A-Za-z]*(?:Test|IT))(?:#([A-Za-z0-9]+))?`");
    private static final List<String> EXTENSIONS = List.of(
        "L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "S1", "S2",
        "S3", "D1", "D2, D3", "D4", "I1", "I2", "I3", "I4", "I5");

    /** Texts of test classes by their names. */
    private static Map<String, String> tests() throws IOException
    {
        final Map<String, String> tests = new HashMap<>();
        try (Stream<Path> files = Files.walk(ROOT.resolve("java/src/test/java")))
        {
            for (final Path file : files.filter(path -> path.toString().endsWith(".java")).toList())
            {
                tests.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        return tests;
    }

    /** Null when it is there. */
    private static String missing(final Map<String, String> tests, final String type, final String method)
    {
        final String text = tests.get(type);
        if (null == text)
        {
            return type;
        }
        final boolean isThere = null == method ? text.contains("@Test") || text.contains("@ParameterizedTest") :
            Pattern.compile("@(?:Parameterized)?Test\\b(?:[^;{}]|\\{[^{}]*\\})*\\bvoid " + method + "\\(")
                .matcher(text).find();
        return isThere ? null : type + '#' + method;
    }

    @Test
    void shouldNameATestOrAReasonForEveryRow() throws IOException
    {
        final Map<String, String> tests = tests();
        final List<String> rows = new ArrayList<>();
        final List<String> wrong = new ArrayList<>();
        for (final String line : Files.readAllLines(ROOT.resolve("docs/welmec.md")))
        {
            final Matcher row = ROW.matcher(line);
            if (!row.matches())
            {
                continue;
            }
            rows.add(row.group(1));
            int named = 0;
            for (final Matcher name = NAME.matcher(row.group(4)); name.find(); named++)
            {
                final String missing = missing(tests, name.group(1), name.group(2));
                if (null != missing)
                {
                    wrong.add(row.group(1) + ": " + missing);
                }
            }
            if (0 == named && !row.group(3).strip().matches("(not applicable|open): .+"))
            {
                wrong.add(row.group(1) + ": neither a test nor a reason");
            }
        }
        assertEquals(EXTENSIONS, rows);
        assertEquals(List.of(), wrong);
    }

    /** Canary: what does not exist is missed. */
    @Test
    void shouldMissATestThatDoesNotExist() throws IOException
    {
        final Map<String, String> tests = tests();

        assertNull(missing(tests, "WelmecTraceTest", "shouldMissATestThatDoesNotExist"));
        assertEquals("NoSuchTest", missing(tests, "NoSuchTest", "should"));
        assertEquals("WelmecTraceTest#missing", missing(tests, "WelmecTraceTest", "missing"));
        assertTrue(tests.size() > 50);
    }
}
