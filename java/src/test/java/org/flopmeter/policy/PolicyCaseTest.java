/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The public cases: what a pack determines is compared with what the case expects, member by member. */
class PolicyCaseTest
{
    private static final Path CASES = Path.of(System.getProperty("flopmeter.root"), "testdata", "policy");

    @TestFactory
    Stream<DynamicTest> shouldDetermineWhatEachCaseExpects() throws IOException
    {
        final List<Path> files = files();
        assertTrue(files.size() >= 110, "cases are missing from " + CASES);
        return files.stream().map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
    }

    /** Canary: a comparison that finds nothing would let every case pass. */
    @Test
    void shouldSeeAnExpectationThatIsNotMet()
    {
        final JsonNode actual = json("{\"a\": {\"b\": [\"1\", \"2\"], \"c\": true}, \"d\": 1}");
        for (final String met : List.of("{}", "{\"a\": {\"c\": true}}", "{\"a\": {\"b\": [\"1\", \"2\"]}, \"d\": 1}"))
        {
            assertEquals("", CaseComparison.difference("$", json(met), actual), met);
        }
        for (final String unmet : List.of(
            "{\"x\": null}", "{\"a\": {\"b\": [\"2\", \"1\"]}}", "{\"a\": {\"b\": [\"1\"]}}", "{\"d\": \"1\"}",
            "{\"a\": {\"c\": \"true\"}}", "{\"a\": {\"c\": false}}", "{\"a\": []}", "{\"d\": 2}"))
        {
            assertFalse(CaseComparison.difference("$", json(unmet), actual).isEmpty(), unmet);
        }
    }

    @Test
    void shouldSayWhichPackWasInForce()
    {
        final ObjectNode answer = Cases.evaluate(
            "{'base': 'seed', 'version': 7}", "tpp", "'now': '" + Cases.NOW + "', 'tpp': [{'format': 'f', " +
            "'bits': '1', 'tops': '1'}]");
        assertEquals("{\"name\":\"seed\",\"version\":7}", answer.get("pack").toString());
    }

    /** The level comes from the list of authorities: only an international one may have a laxer pack. */
    @Test
    void shouldHoldOnlyNationalPacksToTheInternationalOne()
    {
        final String lax = "{'base': 'seed', 'authority': 'X', 'linkGbpsMin': '1000'}";
        final String facts = "'international': 'seed', 'tpp': [{'format': 'f', 'bits': '1', 'tops': '1'}]";
        assertEquals("LESS_STRICT", Cases.refusal(lax, "tpp", facts, "$.pack.linkGbpsMin"));
        final String listed = facts + ", 'authorities': {'X': {'level': '#', 'keys': ['k'], 'quorum': 1}}";
        assertEquals("LESS_STRICT",
            Cases.refusal(lax, "tpp", listed.replace("#", "NATIONAL"), "$.pack.linkGbpsMin"));
        assertEquals("1", Cases.determine(lax, "tpp", listed.replace("#", "INTERNATIONAL")).get("tpp").asString());
        final PolicyException refused = assertThrows(PolicyException.class,
            () -> PolicyCase.evaluate(JsonView.root(Cases.json("{'facts': {'now': '" + Cases.NOW + "'}}"))));
        assertEquals("BAD_PACK $.pack: needed and not there", refused.refusal() + " " + refused.getMessage());
    }

    private static List<Path> files() throws IOException
    {
        try (Stream<Path> files = Files.list(CASES))
        {
            return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
    }

    private static void check(final Path file)
    {
        final JsonNode document = read(file);
        if (document.has("error"))
        {
            final PolicyException refused =
                assertThrows(PolicyException.class, () -> PolicyCase.evaluate(JsonView.root(document)));
            assertEquals(document.get("error").asString(), refused.refusal().name(), refused.getMessage());
            return;
        }
        final ObjectNode answer = PolicyCase.evaluate(JsonView.root(document));
        assertEquals("", CaseComparison.difference("$", document.get("expect"), answer.get("determinations")));
    }

    private static JsonNode read(final Path file)
    {
        try
        {
            return StrictJson.read(Files.readAllBytes(file));
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    private static JsonNode json(final String text)
    {
        return StrictJson.read(text.getBytes(StandardCharsets.UTF_8));
    }
}
