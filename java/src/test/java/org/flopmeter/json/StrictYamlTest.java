/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StrictYamlTest
{
    private static StrictYaml read(final String text)
    {
        return StrictYaml.read(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertRefused(final String words, final String text)
    {
        final String message = assertThrows(JsonFormatException.class, () -> read(text)).getMessage();
        assertTrue(message.contains(words), message);
    }

    @Test
    void shouldReadWhatMeansTheSameToEverybody()
    {
        assertEquals(
            "{\"a\":1,\"b\":[\"x\",true,null,{\"c\":\"no\"}],\"d\":\"1\",\"e\":\"1e25\",\"f\":\"007\",\"g\":\"2.50\"}",
            read("a: 1\nb: [x, true, ~, {c: no}]\nd: '1'\ne: 1e25\nf: 007\ng: 2.50 # comment\n").value().toString());
    }

    @Test
    void shouldLoseNoDigit()
    {
        assertEquals("\"1000000000000000000000000001\"",
            read("1000000000000000000000000001").value().toString());
        assertEquals("999999999999999", read("999999999999999").value().toString());
        assertEquals("\"1000000000000000\"", read("1000000000000000").value().toString());
    }

    @Test
    void shouldRefuseWhatReadersUnderstandDifferently()
    {
        assertRefused("line 2: duplicate key \"a\"", "a: 1\na: 2\n");
        assertRefused("line 1: anchors are not allowed", "a: &x [1]\n");
        assertRefused("aliases are not allowed", "a: *x\n");
        assertRefused("tags are not allowed", "a: !!str 1\n");
        assertRefused("tags are not allowed", "a: !mine {}\n");
        assertRefused("line 1: expected Unicode text", "a: \"\\ud800\"\n");
        assertRefused("merge keys are not allowed", "<<: {a: 1}\n");
        assertRefused("structure as a key", "? [a]\n: 1\n");
        assertRefused("expected one document", "--- 1\n--- 2\n");
        assertRefused("expected a document", "");
        assertRefused("expected YAML", "a: [1\n");
    }

    @Test
    void shouldRefuseDepthWithoutFailing()
    {
        assertRefused("levels", "[".repeat(StrictJson.DEPTH_MAX + 2) + "]".repeat(StrictJson.DEPTH_MAX + 2));
        assertRefused("", "[".repeat(200_000));
        assertRefused("", "{a: ".repeat(50_000));
    }

    @Test
    void shouldGiveALineToAPath()
    {
        final StrictYaml yaml = read("a: 1\nb:\n  - c: 2\n");
        final String message = assertThrows(JsonFormatException.class, () -> yaml.located(() ->
        {
            throw new JsonFormatException("$.b[0].c", "wrong");
        })).getMessage();
        assertEquals("line 3: $.b[0].c: wrong", message);
    }
}
