/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.flopmeter.assess.AssessCodes;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.Main;
import org.flopmeter.node.text.Messages;
import org.flopmeter.policy.PackLibrary;
import org.flopmeter.policy.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class PolicyCommandTest
{
    private static final Path CASES = Path.of(System.getProperty("flopmeter.root"), "testdata", "policy");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Messages messages = Messages.of(System.getenv());

    @TempDir
    private Path folder;

    @Test
    void shouldPrintTheDeterminationsOfOneCase()
    {
        assertEquals(0, run("eval", testCase("003-registration-just-above.json")));
        final JsonNode answer = json(text(out));
        assertEquals("{\"name\":\"seed\",\"version\":1}", answer.get("pack").toString());
        assertEquals("REQUIRED", answer.get("determinations").get("registration").get("state").asString());
        assertEquals("", text(err));
    }

    @Test
    void shouldRefuseACaseWithItsCodeAndPlace() throws IOException
    {
        assertEquals(2, run("eval", testCase("109-bad-negative.json")));
        assertEquals("NEGATIVE_FLOP", json(text(out)).get("error").asString());
        assertTrue(text(err).contains("$.facts.run.estimates[0].total"), text(err));

        final Path broken = Files.writeString(folder.resolve("broken.json"), "{\"pack\": NaN}");
        assertEquals(2, run("eval", broken.toString()));
        assertEquals("BAD_JSON", json(text(out)).get("error").asString());
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
        assertEquals(0, run(arguments.toArray(String[]::new)));
        final List<String> lines = text(out).lines().toList();
        assertEquals(arguments.subList(1, arguments.size()),
            lines.stream().map(line -> json(line).get("file").asString()).toList());

        arguments.add(Files.writeString(folder.resolve("broken.json"), "[").toString());
        assertEquals(2, run(arguments.toArray(String[]::new)), "a file that is no JSON");
        assertEquals(lines.size() + 1, text(out).lines().count());
    }

    @Test
    void shouldSayInWordsWhatACaseDetermines()
    {
        assertEquals(0, run("explain", testCase("044-tier-3.json")));
        assertTrue(text(out).contains(messages.get("reason.AUTONOMY_STRONG")), text(out));
        assertTrue(text(out).contains("CONTROLLABILITY: " + messages.get("duty.CONTROLLABILITY")), text(out));
        final JsonNode answer = json("{'determinations': {'packs': {'reasons': ['LESS_STRICT:rateLimit'], 'x': null}}}"
            .replace('\'', '"'));
        final String chinese = PolicyExplainCommand.text(answer, Messages.chinese());
        assertTrue(chinese.contains("LESS_STRICT:rateLimit: 比国际规则包宽松: rateLimit"), chinese);
        assertTrue(chinese.contains("x: （无）"), chinese);
        assertEquals(2, run("explain", testCase("109-bad-negative.json")));
        assertTrue(text(err).contains("NEGATIVE_FLOP"), text(err));
    }

    @Test
    void shouldListAndShowPacks()
    {
        assertEquals(0, run("list"));
        assertEquals(PackLibrary.names(), text(out).lines().map(line -> line.split(" ")[0]).toList());
        assertEquals(0, run("list", "--json"));
        assertEquals(PackLibrary.names().size(), json(text(out)).get("packs").size());
        assertEquals(0, run("show", "seed"));
        assertTrue(text(out).contains("1 000 000 000 000 000 000 000 000 000"), text(out));
        assertTrue(text(out).contains("RT-4 training"), text(out));
        assertEquals(0, run("show", "seed", "--json"));
        assertEquals(PackLibrary.shipped("seed").document(), json(text(out)));
        assertEquals(2, run("show", "sead"));
        assertTrue(text(err).contains("neither a file nor a shipped pack"), text(err));
    }

    @Test
    void shouldCheckPacksAndNameFieldValuesAndRule() throws IOException
    {
        assertEquals(0, run("check", "seed"));
        assertTrue(text(out).contains(messages.get("policy.valid", "seed", "1")), text(out));
        final Path loose = Files.writeString(folder.resolve("loose.json"),
            "{\"base\": \"seed\", \"trainingLimit\": \"2000000000000000000000000000\"}");
        assertEquals(0, run("check", loose.toString()));
        assertEquals(1, run("check", loose.toString(), "--international", "seed"));
        assertTrue(text(out).contains("LESS_STRICT: $.harbourTraining: less strict than the international pack: " +
            "\"auto\" (200000000000000000000000000) instead of \"auto\" (100000000000000000000000000)"), text(out));
        final Path wrong = Files.writeString(
            folder.resolve("wrong.json"), "{\"base\": \"seed\", \"trainingLimt\": \"2\"}");
        assertEquals(1, run("check", "--json", wrong.toString()));
        assertEquals("UNKNOWN_FIELD", json(text(out)).get("faults").get(0).get("code").asString());
    }

    @Test
    void shouldShowWherePacksDiffer() throws IOException
    {
        assertEquals(0, run("diff", "seed", "seed"));
        assertTrue(text(out).contains(messages.get("policy.same")), text(out));
        final Path loose = Files.writeString(folder.resolve("loose.json"),
            "{\"base\": \"seed\", \"trainingLimit\": \"2000000000000000000000000000\"}");
        assertEquals(0, run("diff", "--json", "seed", loose.toString()));
        final JsonNode differences = json(text(out)).get("differences");
        assertEquals("trainingLimit", differences.get(0).get("field").asString());
        assertEquals("[\"b\"]", differences.get(0).get("lessStrict").toString());
        assertEquals("harbourTraining", differences.get(1).get("field").asString(), "a tenth grows with its cap");
        assertEquals(2, differences.size());
        assertEquals(0, run("diff", "us-ny-raise", "us-ca-sb53"));
        assertTrue(text(out).contains(messages.get("policy.absent")), text(out));
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

    private int run(final String... args)
    {
        out.reset();
        err.reset();
        return Main.run(stream(out), stream(err), Stream.concat(Stream.of("policy"), Stream.of(args))
            .toArray(String[]::new));
    }

    private static JsonNode json(final String text)
    {
        return StrictJson.read(text.getBytes(StandardCharsets.UTF_8));
    }

    private static PrintStream stream(final ByteArrayOutputStream bytes)
    {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static String text(final ByteArrayOutputStream bytes)
    {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
