/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.flopmeter.assess.AssessCodes;
import org.flopmeter.node.text.Messages;
import org.flopmeter.policy.PackLibrary;
import org.flopmeter.policy.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class PolicyCommandTest
{
    private static final Path CASES = Path.of(System.getProperty("flopmeter.root"), "testdata", "policy");

    private final PolicyRun policy = new PolicyRun();
    private final Messages messages = Messages.of(System.getenv());

    @TempDir
    private Path folder;

    @Test
    void shouldPrintTheDeterminationsOfOneCase()
    {
        assertEquals(0, policy.run("eval", testCase("003-registration-just-above.json")));
        final JsonNode answer = policy.json();
        assertEquals("{\"name\":\"seed\",\"version\":1}", answer.get("pack").toString());
        assertEquals("REQUIRED", answer.get("determinations").get("registration").get("state").asString());
        assertEquals("", policy.err());
    }

    @Test
    void shouldRefuseACaseWithItsCodeAndPlace() throws IOException
    {
        assertEquals(2, policy.run("eval", testCase("109-bad-negative.json")));
        assertEquals("NEGATIVE_FLOP", policy.json().get("error").asString());
        assertTrue(policy.err().contains("$.facts.run.estimates[0].total"), policy.err());

        final Path broken = Files.writeString(folder.resolve("broken.json"), "{\"pack\": NaN}");
        assertEquals(2, policy.run("eval", broken.toString()));
        assertEquals("BAD_JSON", policy.json().get("error").asString());
    }

    @Test
    void shouldPrintALineForEachOfManyCases() throws IOException
    {
        final List<String> arguments = new ArrayList<>(List.of("eval"));
        try (Stream<Path> files = Files.list(CASES))
        {
            files.filter(file -> file.toString().endsWith(".json")).sorted()
                .forEach(file -> arguments.add(file.toString()));
        }
        assertEquals(0, policy.run(arguments.toArray(String[]::new)));
        final List<String> lines = policy.out().lines().toList();
        assertEquals(arguments.subList(1, arguments.size()),
            lines.stream().map(line -> PolicyRun.json(line).get("file").asString()).toList());

        arguments.add(Files.writeString(folder.resolve("broken.json"), "[").toString());
        assertEquals(2, policy.run(arguments.toArray(String[]::new)), "a file that is no JSON");
        assertEquals(lines.size() + 1, policy.out().lines().count());
    }

    @Test
    void shouldSayInWordsWhatACaseDetermines()
    {
        assertEquals(0, policy.run("explain", testCase("044-tier-3.json")));
        assertTrue(policy.out().contains(messages.get("reason.AUTONOMY_STRONG")), policy.out());
        assertTrue(policy.out().contains("CONTROLLABILITY: " + messages.get("duty.CONTROLLABILITY")), policy.out());
        final JsonNode answer = PolicyRun.json(
            "{'determinations': {'packs': {'reasons': ['LESS_STRICT:rateLimit'], 'x': null}}}"
            .replace('\'', '"'));
        final String chinese = PolicyExplainCommand.text(answer, Messages.chinese());
        assertTrue(chinese.contains("LESS_STRICT:rateLimit: 比国际规则包宽松: rateLimit"), chinese);
        assertTrue(chinese.contains("x: （无）"), chinese);
        assertEquals(2, policy.run("explain", testCase("109-bad-negative.json")));
        assertTrue(policy.err().contains("NEGATIVE_FLOP"), policy.err());
    }

    @Test
    void shouldListAndShowPacks()
    {
        assertEquals(0, policy.run("list"));
        assertEquals(PackLibrary.names(), policy.out().lines().map(line -> line.split(" ")[0]).toList());
        assertEquals(0, policy.run("list", "--json"));
        assertEquals(PackLibrary.names().size(), policy.json().get("packs").size());
        assertEquals(0, policy.run("show", "seed"));
        assertTrue(policy.out().contains("1 000 000 000 000 000 000 000 000 000"), policy.out());
        assertTrue(policy.out().contains("RT-4 training"), policy.out());
        assertEquals(0, policy.run("show", "seed", "--json"));
        assertEquals(PackLibrary.shipped("seed").document(), policy.json());
        assertEquals(2, policy.run("show", "sead"));
        assertTrue(policy.err().contains("neither a file nor a shipped pack"), policy.err());
    }

    @Test
    void shouldCheckPacksAndNameFieldValuesAndRule() throws IOException
    {
        assertEquals(0, policy.run("check", "seed"));
        assertTrue(policy.out().contains(messages.get("policy.valid", "seed", "1")), policy.out());
        final Path loose = Files.writeString(folder.resolve("loose.json"),
            "{\"base\": \"seed\", \"trainingLimit\": \"2000000000000000000000000000\"}");
        assertEquals(0, policy.run("check", loose.toString()));
        assertEquals(1, policy.run("check", loose.toString(), "--international", "seed"));
        assertTrue(policy.out().contains("LESS_STRICT: $.harbourTraining: less strict than the international pack: " +
            "\"auto\" (200000000000000000000000000) instead of \"auto\" (100000000000000000000000000)"), policy.out());
        final Path wrong = Files.writeString(
            folder.resolve("wrong.json"), "{\"base\": \"seed\", \"trainingLimt\": \"2\"}");
        assertEquals(1, policy.run("check", "--json", wrong.toString()));
        assertEquals("UNKNOWN_FIELD", policy.json().get("faults").get(0).get("code").asString());
    }

    @Test
    void shouldShowWherePacksDiffer() throws IOException
    {
        assertEquals(0, policy.run("diff", "seed", "seed"));
        assertTrue(policy.out().contains(messages.get("policy.same")), policy.out());
        final Path loose = Files.writeString(folder.resolve("loose.json"),
            "{\"base\": \"seed\", \"trainingLimit\": \"2000000000000000000000000000\"}");
        assertEquals(0, policy.run("diff", "--json", "seed", loose.toString()));
        final JsonNode differences = policy.json().get("differences");
        assertEquals("trainingLimit", differences.get(0).get("field").asString());
        assertEquals("[\"b\"]", differences.get(0).get("lessStrict").toString());
        assertEquals("harbourTraining", differences.get(1).get("field").asString(), "a tenth grows with its cap");
        assertEquals(2, differences.size());
        assertEquals(0, policy.run("diff", "us-ny-raise", "us-ca-sb53"));
        assertTrue(policy.out().contains(messages.get("policy.absent")), policy.out());
    }

    /** In both languages: MessagesTest holds the two to the same keys. */
    @Test
    void shouldHaveATextForEveryReasonFieldAndDuty()
    {
        final Set<String> wanted = new TreeSet<>();
        for (final Reason reason : Reason.values())
        {
            wanted.add("reason." + reason);
        }
        PackLibrary.fieldNames().forEach(field -> wanted.add("field." + field));
        for (final String name : PackLibrary.names())
        {
            final JsonNode pack = PackLibrary.shipped(name).document();
            wanted.add("duty." + pack.path("clusterDuty").asString("REPORT"));
            pack.path("tierDuties").forEach(tier ->
                tier.forEach(part -> part.forEach(duty -> wanted.add("duty." + duty.asString()))));
        }
        AssessCodes.textKeys().stream().filter(key -> key.startsWith("duty.")).forEach(wanted::add);
        final Set<String> there = new TreeSet<>(Messages.chinese().keys());
        there.retainAll(Messages.english().keys());
        there.removeIf(key -> !key.matches("(reason|field|duty)\\..*"));
        assertEquals(wanted, there);
        assertFalse(wanted.size() < 140, "only " + wanted.size());
    }

    private static String testCase(final String name)
    {
        return CASES.resolve(name).toString();
    }
}
