/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.policy.Pack;
import org.flopmeter.policy.PackLibrary;
import org.flopmeter.policy.PolicyCase;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Inventories of several hosts, and what their links decide. */
class ClusterQuestionTest
{
    private static final Pack SEED = PackLibrary.shipped("seed");
    private static final long RANDOM_SEED = 6;

    /** 600 devices of 10^15: two such hosts are capable of 10^18, one isn't. */
    private static final String HOST = "{'host': '%s', 'models': {'X': {'dense': {'bf16': '1000000000000000'}}}, " +
        "'groups': [{'id': '%s/x', 'count': 600, 'model': 'X'}]}";

    private ArrayNode settles;
    private JsonNode answer;

    private static String host(final String name)
    {
        return String.format(HOST, name, name);
    }

    private static JsonNode json(final String text)
    {
        return StrictJson.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private static ObjectNode merged(final String... documents)
    {
        final List<Inventories.Part> parts = new ArrayList<>();
        for (final String document : documents)
        {
            parts.add(new Inventories.Part("file " + (parts.size() + 1),
                Inventories.read(JsonView.root(json(document)))));
        }
        return Inventories.merged(parts);
    }

    private String state(final String... documents)
    {
        final ObjectNode facts = JsonNodeFactory.instance.objectNode().put("now", "2026-11-28T00:00:00Z");
        facts.set("inventory", merged(documents));
        final ClusterQuestion question = new ClusterQuestion(SEED, facts);
        answer = question.answer();
        settles = JsonNodeFactory.instance.arrayNode();
        question.settle(answer, settles);
        return answer.get("state").asString();
    }

    @Test
    void shouldLeaveItOpenWhetherHostsAreLinked()
    {
        assertEquals("NOT_REQUIRED", state(host("a")));
        assertTrue(!answer.has("possible"), "nothing is open");
        assertEquals("UNDETERMINED", state(host("a"), host("b")));
        assertEquals("[\"LINK_UNKNOWN\",\"MAY_REACH_CAPABILITY\"]", answer.get("reasons").toString());
        assertTrue(answer.get("provisional").asBoolean());
        assertEquals(2, answer.get("components").size());
        assertEquals("[\"a/x\",\"b/x\"]", answer.at("/possible/0/members").toString());
        assertEquals("[{\"code\":\"LINK_UNKNOWN\",\"fact\":\"$.inventory.links\",\"links\":[\"a - b\"]}]",
            settles.toString());

        final String link = "{'links': [{'a': 'a', 'b': 'b/x', 'gbps': %s}]}";
        assertEquals("REQUIRED", state(host("a"), host("b"), String.format(link, "'100'")));
        assertEquals("NOT_REQUIRED", state(host("a"), host("b"), String.format(link, "'999/10'")));
        assertEquals("UNDETERMINED", state(host("a"), host("b"), String.format(link, "'unknown'")));
        assertEquals("REQUIRED", state(host("a"), host("b"), String.format(link, "{'atLeast': '100'}")));
        assertEquals("UNDETERMINED", state(host("a"), host("b"), String.format(link, "{'atLeast': '99'}")));
        assertEquals("NOT_REQUIRED", state(host("a"), host("b"), String.format(link, "{'atMost': '99'}")));
        assertEquals("NOT_REQUIRED", state(host("a"), host("b"), "{'linksComplete': true}"));
        assertEquals("NOT_REQUIRED", state(host("a"), host("b").replace("600", "1")), "too few however linked");
        assertEquals("REQUIRED", state(host("a").replace("600", "1000"), host("b")), "enough without any link");
        assertEquals(2, answer.get("components").size());
        assertEquals(1, answer.get("possible").size());
    }

    @Test
    void shouldAskForWhatIsOpenWithinAGroup()
    {
        final String group = "{'models': {'X': {'dense': {'bf16': '1000000000000000'}}}, 'groups': [{'id': 'g', " +
            "'count': 1000, 'model': 'X', 'internalGbps': %s}]}";
        assertEquals("UNDETERMINED", state(String.format(group, "'unknown'")));
        assertEquals("[\"g\"]", settles.at("/0/links").toString());
        assertEquals("REQUIRED", state(String.format(group, "{'atLeast': '100', 'atMost': '200'}")));
        assertEquals("NOT_REQUIRED", state(String.format(group, "{'atLeast': '0', 'atMost': '99'}")));
    }

    @Test
    void shouldAskForPeaks()
    {
        final String group = "{'host': 'a', 'models': {'X': {'dense': %s}}, 'groups': [{'id': 'g', 'count': 1000, " +
            "'model': 'X'}]}";
        assertEquals("UNDETERMINED", state(String.format(group, "{}")));
        assertEquals("[\"MAY_REACH_CAPABILITY\",\"PEAK_UNKNOWN\"]", answer.get("reasons").toString());
        assertEquals("[{\"code\":\"PEAK_UNKNOWN\",\"fact\":\"$.inventory.models\",\"models\":[\"X\"]}]",
            settles.toString());
        assertEquals("UNDETERMINED", state(String.format(group, "{'bf16': 'unknown'}")));
        assertEquals("PEAK_UNKNOWN", settles.at("/0/code").asString());
        final String wide = "{'bf16': {'lower': '999999999999999', 'point': '1000000000000000', 'upper': '%s'}}";
        assertEquals("UNDETERMINED", state(String.format(group, String.format(wide, "1000000000000000"))));
        assertEquals("[{\"code\":\"PEAK_STRADDLES\",\"fact\":\"$.inventory.models\",\"models\":[\"X\"]}]",
            settles.toString());
        // What people declare stands instead of what a host found, in whatever order the files are given.
        final String declared = "{'models': {'X': {'dense': {'bf16': '1000000000000000'}}}}";
        assertEquals("REQUIRED", state(String.format(group, "{}"), declared));
        assertEquals("REQUIRED", state(declared, String.format(group, "{}")));
        // A basis that looks elsewhere.
        final Pack vendor = PackLibrary.read(JsonView.root(json("{'base': 'seed', 'peakBasis': 'VENDOR_DECLARED'}")));
        final ObjectNode facts = JsonNodeFactory.instance.objectNode().put("now", "2026-11-28T00:00:00Z");
        facts.set("inventory", merged(host("a")));
        final ClusterQuestion question = new ClusterQuestion(vendor, facts);
        final ArrayNode asked = JsonNodeFactory.instance.arrayNode();
        question.settle(question.answer(), asked);
        assertEquals("PEAK_UNKNOWN", asked.at("/0/code").asString());
    }

    @Test
    void shouldTakeTheWidestOfWhatHostsFound()
    {
        final String other = host("b").replace("'bf16': '1000000000000000'",
            "'bf16': {'lower': '5', 'point': '2000000000000000', 'upper': '2000000000000000'}, 'fp8': '7'");
        assertEquals("{\"bf16\":{\"lower\":\"5\",\"point\":\"2000000000000000\",\"upper\":\"2000000000000000\"}," +
            "\"fp8\":\"7\"}", merged(host("a"), other).at("/models/X/dense").toString());
        assertEquals("{\"bf16\":{\"lower\":\"0\",\"point\":\"1000000000000000\",\"upper\":\"unbounded\"}}",
            merged(host("a"), host("b").replace("'1000000000000000'", "'unknown'")).at("/models/X/dense").toString());
        assertEquals("\"1000000000000000\"", merged(host("a"), host("b")).at("/models/X/dense/bf16").toString());
    }

    @Test
    void shouldRefuseWhatContradictsItself()
    {
        assertRefused("$.host: host a is in file 2 and in a file before it", host("a"), host("a"));
        assertRefused("\"a/x\" is in file 1 and in file 2", host("a"), host("b").replace("b/x", "a/x"));
        assertRefused("\"g\" is in file 1 twice",
            "{'groups': [{'id': 'g', 'count': 1, 'model': 'X'}, {'id': 'g', 'count': 1, 'model': 'X'}]}");
        assertRefused("$.links[0]: file 2: expected the id of a group or the name of a host, found \"c\"; there are " +
            "a, a/x", host("a"), "{'links': [{'a': 'a', 'b': 'c', 'gbps': '1'}]}");
        assertRefused("$.links[0]: expected a member \"b\"", host("a"), "{'links': [{'a': 'a', 'gbps': '1'}]}");
        assertRefused("$.models[\"X\"]: declared in file 1 and otherwise in file 2",
            "{'models': {'X': {'declared': '1'}}}", "{'models': {'X': {'declared': '2'}}}");
        assertRefused("$.groups[0].size: no such member", "{'groups': [{'size': 1}]}");
        assertRefused("$.links[0].gbps.atleast: no such member", "{'links': [{'gbps': {'atleast': '1'}}]}");
        assertRefused("$.links[0].gbps: expected Gbit/s as a count or p/q, bounds {atLeast, atMost}, or unknown",
            "{'links': [{'gbps': 'fast'}]}");
        assertRefused("$.inventory: not there: an older doctor wrote this", "{'schema': 'flopmeter/doctor/v1'}");
        assertRefused("$.schema: expected one of flopmeter/inventory/v1", "{'schema': 'flopmeter/inventory/v2'}");
    }

    private static void assertRefused(final String words, final String... documents)
    {
        final JsonFormatException refused = assertThrows(JsonFormatException.class, () -> merged(documents));
        assertTrue(refused.getMessage().contains(words), refused.getMessage());
    }

    /** Two questions are enough: the same as asking for every speed that every open link may have. */
    @Test
    void shouldAgreeWithAskingForEveryCombination()
    {
        final Random random = new Random(RANDOM_SEED);
        final Set<String> seen = new TreeSet<>();
        int planted = 0;
        for (int round = 0; round < 400; round++)
        {
            final int hosts = 2 + random.nextInt(3);
            final List<String> documents = new ArrayList<>();
            final List<String[]> open = new ArrayList<>();
            final List<String> links = new ArrayList<>();
            for (int i = 0; i < hosts; i++)
            {
                final String peak = random.nextInt(4) > 0 ? "'" + (1 + random.nextInt(5)) + "00000000000000'" :
                    "{'lower': '0', 'point': '0', 'upper': '" + random.nextInt(5) + "00000000000000'}";
                documents.add("{'host': 'h" + i + "', 'models': {'M" + i + "': {'dense': {'int8': " + peak +
                    "}}}, 'groups': [{'id': 'h" + i + "/x', 'count': 1000, 'model': 'M" + i + "'}]}");
                for (int j = 0; j < i; j++)
                {
                    final int kind = random.nextInt(5);
                    if (kind < 2)
                    {
                        links.add(link(i, j, 0 == kind ? "'400'" : "'10'"));
                    }
                    else
                    {
                        open.add(new String[] { "h" + i + "/x", "h" + j + "/x" });
                        if (2 == kind)
                        {
                            links.add(link(i, j, "'unknown'"));
                        }
                    }
                }
            }
            documents.add("{'links': [" + String.join(", ", links) + "]}");
            final String found = state(documents.toArray(String[]::new));

            final ObjectNode known = merged(Stream.concat(
                documents.stream(), Stream.of("{'linksComplete': true}")).toArray(String[]::new));
            final Set<String> states = new TreeSet<>();
            for (int mask = 0; mask < 1 << open.size(); mask++)
            {
                states.add(stateWith(known, open, mask));
            }
            final String expected = 1 == states.size() ? states.iterator().next() : "UNDETERMINED";
            assertEquals(expected, found, () -> "seed " + RANDOM_SEED + ": " + documents);
            seen.add(expected + states.size());
            planted += expected.equals(stateWith(known, open, 0)) ? 0 : 1;
        }
        assertEquals(5, seen.size(), "not all kinds of answers came up: " + seen);
        assertTrue(planted > 20, "canary: taking what is open for slow must be wrong now and then: " + planted);
    }

    private static String link(final int left, final int right, final String speed)
    {
        return "{'a': 'h" + left + "', 'b': 'h" + right + "/x', 'gbps': " + speed + "}";
    }

    private static String stateWith(final ObjectNode known, final List<String[]> open, final int mask)
    {
        final ObjectNode inventory = known.deepCopy();
        final ArrayNode links = inventory.putArray("links");
        for (final JsonNode link : known.get("links"))
        {
            if (!"unknown".equals(link.get("gbps").asString()))
            {
                links.add(link);
            }
        }
        for (int i = 0; i < open.size(); i++)
        {
            links.addObject().put("a", open.get(i)[0]).put("b", open.get(i)[1])
                .put("gbps", 0 == (mask >> i & 1) ? "0" : "400");
        }
        final ObjectNode asked = JsonNodeFactory.instance.objectNode().put("pack", "seed");
        asked.putArray("ask").add("cluster");
        asked.putObject("facts").put("now", "2026-11-28T00:00:00Z").set("inventory", inventory);
        return PolicyCase.evaluate(JsonView.root(asked)).at("/determinations/cluster/state").asString();
    }
}
