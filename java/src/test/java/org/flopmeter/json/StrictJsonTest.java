/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class StrictJsonTest
{
    @Test
    void shouldKeepDecimalsExact()
    {
        assertEquals(new BigDecimal("0.10"), read("{\"t\":0.10}").get("t").decimalValue());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", " ", "{", "{} {}", "{\"a\":1,\"a\":2}", "[1,]", "{\"a\":NaN}", "{\"a\":01}", "{a:1}", "'x'", "// c\n{}",
        "nul", "[0e99999999999]", "[1e99999999999]" })
    void shouldRefuseWhatIsNotOneStrictValue(final String text)
    {
        assertThrows(JsonFormatException.class, () -> read(text));
    }

    @Test
    void shouldNameTheLineOfADuplicateKey()
    {
        final JsonFormatException ex =
            assertThrows(JsonFormatException.class, () -> read("{\"a\": 1,\n \"b\": 2,\n \"a\": 3}"));

        assertTrue(ex.getMessage().contains("line 3"), ex.getMessage());
        assertTrue(ex.getMessage().contains("\"a\""), ex.getMessage());
    }

    @Test
    void shouldRefuseDepthAndLengthWithoutRunningOutOfStackOrTime()
    {
        assertThrows(JsonFormatException.class, () -> read("[".repeat(1_000_000)));
        assertThrows(JsonFormatException.class, () -> read("9".repeat(1_000_000)));
        assertThrows(JsonFormatException.class, () -> read("[" + "1".repeat(StrictJson.NUMBER_LENGTH_MAX + 1) + "]"));
        assertEquals(1, read("[" + "1".repeat(StrictJson.NUMBER_LENGTH_MAX) + "]").size());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "\"\\ud800\"", "\"\\uDFFF\"", "\"\\ud83dx\\ude00\"", "\"\\ud83d\\n\"", "\"\\ude00\\ud83d\"",
        "\"\\ud83d\\ud83d\\ude00\"", "\"\\ud83d\\ude00\\ude00\"" })
    void shouldRefuseHalfCharacters(final String text)
    {
        final JsonFormatException ex =
            assertThrows(JsonFormatException.class, () -> read("{\"n\":\n " + text + "}"));

        assertTrue(ex.getMessage().startsWith("line 2, column "), ex.getMessage());
        assertTrue(ex.getMessage().contains("expected Unicode text"), ex.getMessage());
    }

    @Test
    void shouldNameTheHalfThatIsAlone()
    {
        assertThrows(JsonFormatException.class, () -> read("{\"\\ud800\":1}"));
        assertEquals(
            "line 1, column 7: expected Unicode text, found \\ud801, half of a surrogate pair",
            assertThrows(JsonFormatException.class, () -> read("[\"\\\\\\n\\ud801\\ud801\\udc00\"]")).getMessage());
    }

    @Test
    void shouldTakeCharactersThatAreEscapedInTwoHalves()
    {
        assertEquals("\ud83d\ude00\\ud800", read("\"\\ud83d\\ude00\\\\ud800\"").asString());
    }

    @Test
    void shouldRefuseBytesThatAreNotUtf8()
    {
        assertThrows(JsonFormatException.class, () -> StrictJson.read(new byte[] { '"', (byte)0xC3, '"' }));
    }

    @Test
    void shouldNameThePathOfWhatIsWrong()
    {
        final JsonView root = JsonView.root(read("{\"nodes\":[{\"id\":7,\"odd name\":{}}]}"));
        final JsonView first = root.member("nodes").elements().get(0);

        assertEquals("$.nodes[0].id: expected a string, found 7",
            assertThrows(JsonFormatException.class, () -> first.member("id").string()).getMessage());
        assertEquals("$.nodes[0]: expected a member \"kind\"",
            assertThrows(JsonFormatException.class, () -> first.member("kind")).getMessage());
        assertEquals("$.nodes[0][\"odd name\"]", first.member("odd name").path());
    }

    private static JsonNode read(final String text)
    {
        return StrictJson.read(text.getBytes(StandardCharsets.UTF_8));
    }
}
