/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.assess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.Read;
import org.flopmeter.graph.store.GraphRecord.Weighed;
import org.flopmeter.graph.store.GraphRecord.Written;
import org.flopmeter.graph.store.GraphStore;
import org.flopmeter.node.Main;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.node.text.Messages;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** `assess` as its users call it. */
class AssessCommandTest
{
    private static final Path EXAMPLE = MeteredRun.ROOT.resolve("testdata/assess");
    private static final String PROJECT = EXAMPLE.resolve("project.json").toString();
    private static final String FACTS = EXAMPLE.resolve("facts.yaml").toString();
    private static final BigInteger TEN = BigInteger.TEN;
    private static final long SECOND = 1_000_000_000L;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    private Path work;

    private int run(final String... words)
    {
        out.reset();
        err.reset();
        return Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), words);
    }

    private JsonNode json() throws IOException
    {
        final String document = out.toString(StandardCharsets.UTF_8);
        assertEquals(List.of(), validate("assessment-v1.json", document, InputFormat.JSON), document);
        return JsonMapper.shared().readTree(document);
    }

    private static List<?> validate(final String schema, final String document, final InputFormat format)
        throws IOException
    {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(MeteredRun.ROOT.resolve("docs/schema").resolve(schema)), InputFormat.JSON)
            .validate(document, format);
    }

    private static String e(final long digits, final int exponent)
    {
        return BigInteger.valueOf(digits).multiply(TEN.pow(exponent)).toString();
    }

    private static BigInteger product(final long... factors)
    {
        BigInteger product = BigInteger.ONE;
        for (final long factor : factors)
        {
            product = product.multiply(BigInteger.valueOf(factor));
        }
        return product;
    }

    @Test
    void shouldAssessTheExampleUnderAllPacks() throws IOException
    {
        assertEquals(ExitCode.DONE, run("assess", "student", "--graph", PROJECT, "--facts", FACTS,
            "--all-packs", "--explain", "--json"), err::toString);

        final JsonNode found = json();
        final JsonNode expected = JsonMapper.shared().readTree(Files.readString(EXAMPLE.resolve("expected.json")));
        assertSame("$", expected, found);
        assertEquals(List.of(), validate("assessment-facts-v1.json", Files.readString(EXAMPLE.resolve("facts.yaml")),
            InputFormat.YAML));
    }

    /** Field by field, so that a difference has a path. */
    private static void assertSame(final String path, final JsonNode expected, final JsonNode found)
    {
        assertEquals(expected.getNodeType(), found.getNodeType(), path);
        if (expected.isObject())
        {
            assertEquals(List.copyOf(expected.propertyNames()), List.copyOf(found.propertyNames()), path);
            expected.properties().forEach(
                member -> assertSame(path + '.' + member.getKey(), member.getValue(), found.get(member.getKey())));
        }
        else if (expected.isArray())
        {
            assertEquals(expected.size(), found.size(), path);
            for (int i = 0; i < expected.size(); i++)
            {
                assertSame(path + '[' + i + ']', expected.get(i), found.get(i));
            }
        }
        else
        {
            assertEquals(expected.asString(), found.asString(), path);
        }
    }

    /** The figures again, from the formulas of the project and the words of each rule, without the graph. */
    @Test
    void shouldCountWhatEachRuleCounts() throws IOException
    {
        assertEquals(ExitCode.DONE, run(
            "assess", "student", "--graph", PROJECT, "--facts", FACTS, "--all-packs", "--json"), err::toString);

        final JsonNode packs = json().get("packs");
        final BigInteger pretrain = product(6, 70_000_000_000L, 15_000_000_000_000L);
        final BigInteger finetune = product(4, 70_000_000_000L, 2_000_000_000L)
            .add(product(2, 1_000_000_000L, 2_000_000_000L));
        final BigInteger synthesis = product(2, 70_000_000_000L, 100_000_000_000L);
        final BigInteger distil = product(6, 8_000_000_000L, 200_000_000_000L);
        final BigInteger prepare = TEN.pow(20).multiply(BigInteger.valueOf(3));
        final BigInteger filter = TEN.pow(20).multiply(BigInteger.valueOf(5));
        final BigInteger trial = TEN.pow(20);
        final BigInteger check = TEN.pow(19).multiply(BigInteger.TWO);
        final BigInteger all = pretrain.add(finetune).add(synthesis).add(distil)
            .add(prepare).add(filter).add(trial).add(check);

        final JsonNode seed = packs.get(0);
        assertEquals(all.toString(), seed.at("/figures/training/point").asString());
        assertEquals(all.subtract(pretrain.multiply(BigInteger.TWO).divide(BigInteger.valueOf(100))).toString(),
            seed.at("/figures/training/lower").asString());
        assertEquals(synthesis.add(distil).add(filter).add(trial).add(check).toString(),
            seed.at("/figures/compute/lower").asString());
        assertEquals(pretrain.add(prepare).toString(), seed.at("/figures/base/point").asString());
        assertEquals(all.add(TEN.pow(15).multiply(BigInteger.valueOf(3))).toString(),
            seed.at("/figures/output/point").asString());
        // 3e15 FLOP for the last answer, 10 s after the one before.
        assertEquals(e(3, 14), seed.at("/figures/rate/upper").asString());
        assertEquals("eu-ai-act", packs.at("/1/figures/view/name").asString());
        assertEquals(synthesis.add(distil).add(filter).toString(), packs.at("/1/figures/training/point").asString());
        assertEquals(distil.toString(), packs.at("/2/figures/training/upper").asString());
        assertTrue(packs.at("/3/figures/view").isNull());
        assertEquals(all.toString(), packs.at("/3/figures/training/point").asString());

        assertEquals("RT-1", seed.at("/determinations/tier/answer/tier").asString());
        assertEquals("REQUIRED", seed.at("/determinations/cluster/answer/state").asString());
        assertEquals("ELIGIBLE", seed.at("/determinations/harbours/answer/harbours/COMPUTE/eligibility").asString());
        assertEquals("NO_RULE", seed.at("/determinations/eu/status").asString());
        assertEquals("NOT_PRESUMED", packs.at("/1/determinations/eu/answer/systemicRisk").asString());
    }

    @Test
    void shouldNameWhatHasNoUpperEnd() throws IOException
    {
        // Canary: the same graph with one weight unbounded must be undecided for that weight's sake.
        final Path graph = Files.writeString(work.resolve("graph.json"), Files.readString(Path.of(PROJECT))
            .replace('"' + e(6426, 21) + '"', "\"unbounded\""));

        assertEquals(ExitCode.DONE, run(
            "assess", "student", "--graph", graph.toString(), "--facts", FACTS, "--json"), err::toString);

        final JsonNode seed = json().at("/packs/0/determinations");
        assertEquals("ADVISED", seed.at("/registration/answer/state").asString());
        assertEquals("UPPER_UNBOUNDED", seed.at("/registration/settles/0/code").asString());
        assertEquals("[\"pretrain\"]", seed.at("/registration/settles/0/computations").toString());
        assertEquals("RT-4", seed.at("/tier/answer/tier").asString());
        assertEquals("RT-1", seed.at("/tier/answer/lowest").asString());
        assertEquals("STRADDLES", seed.at("/tier/thresholds/0/relation").asString());
        assertEquals("UNDETERMINED", seed.at("/cap/answer/state").asString());

        assertEquals(ExitCode.DONE, run("assess", "student", "--graph", graph.toString(), "--facts", FACTS));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("unbounded"), out::toString);
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("pretrain"), out::toString);
    }

    @Test
    void shouldSayWhichFactsAreMissingAndWhereTheyGo() throws IOException
    {
        assertEquals(ExitCode.DONE, run("assess", "student", "--graph", PROJECT, "--json"), err::toString);

        final JsonNode seed = json().at("/packs/0/determinations");
        assertEquals("$.inventory", seed.at("/cluster/missing").asString());
        assertEquals("$.deployment.sequence", seed.at("/rate/missing").asString());
        assertEquals("$.tpp", seed.at("/tpp/missing").asString());
        assertTrue(seed.at("/tier/open").asBoolean());
        assertTrue(seed.at("/tier/settles").toString().contains("$.model.autonomy"), seed.toString());
        assertFalse(seed.at("/tier/settles").toString().contains("usedIn"), seed.toString());
    }

    @Test
    void shouldSayWhatAPlannedRunWouldTrigger() throws IOException
    {
        assertEquals(ExitCode.DONE, run("assess", "--plan", "params=70e9,tokens=15e12", "--json"), err::toString);
        assertEquals(product(6, 70_000_000_000L, 15_000_000_000_000L).toString(),
            json().at("/plan/flop/point").asString());
        assertEquals("ANALYTIC", json().at("/plan/basis").asString());
        assertEquals("NOT_REQUIRED", json().at("/packs/0/determinations/registration/answer/state").asString());

        // At the limit, and one more.
        assertEquals(ExitCode.DONE, run("assess", "--plan", "1e25", "--fail-on", "REGISTRATION"), err::toString);
        assertEquals(ExitCode.ANSWER_IS_NO,
            run("assess", "--plan", "10000000000000000000000001", "--fail-on", "REGISTRATION"), err::toString);

        // Together with what the model has already: 6.3e24 and 4e24, neither of which is above by itself.
        assertEquals(ExitCode.DONE,
            run("assess", "base", "--graph", PROJECT, "--fail-on", "ABOVE_LIMIT"), err::toString);
        assertEquals(ExitCode.ANSWER_IS_NO, run(
            "assess", "base", "--graph", PROJECT, "--plan", "4e24", "--fail-on", "ABOVE_LIMIT"), err::toString);
        assertEquals(ExitCode.ANSWER_IS_NO, run(
            "assess", "base", "--graph", PROJECT, "--plan", "1e27", "--fail-on", "LIMIT_EXCEEDED"), err::toString);
    }

    @Test
    void shouldRefuseBadCommandLines()
    {
        assertRefused("expected a MODEL, a --plan, or both", "assess");
        assertRefused("expected a whole number", "assess", "--plan", "1.5");
        assertRefused("expected a whole number", "assess", "--plan", "params=-7,tokens=1");
        assertRefused("expected both params and tokens", "assess", "--plan", "params=7");
        assertRefused("each once", "assess", "--plan", "params=7,params=7,tokens=3");
        assertRefused("2^128", "assess", "--plan", "9e40");
        assertRefused("not both", "assess", "--plan", "1", "--all-packs", "--pack", "seed");
        assertRefused("MISSING_NODE", "assess", "ghost", "--graph", PROJECT);
        assertRefused("no such file", "assess", "student", "--graph", PROJECT, "--facts", "nowhere.yaml");
    }

    private void assertRefused(final String words, final String... command)
    {
        assertEquals(ExitCode.USAGE, run(command), out::toString);
        assertTrue(err.toString(StandardCharsets.UTF_8).contains(words), err::toString);
        assertEquals(1, err.toString(StandardCharsets.UTF_8).lines().count(), err::toString);
    }

    @Test
    void shouldRefuseFactsWithLineAndPath() throws IOException
    {
        final String head = "schema: flopmeter/assessment-facts/v1\n";
        assertFactsRefused("line 2: $.modle: no such member", head + "modle: {}\n");
        assertFactsRefused("line 3: $.model.autonomy: expected one of STRONG, WEAK, UNKNOWN",
            head + "model:\n  autonomy: weak\n");
        assertFactsRefused("line 2: $.now: expected a moment", head + "now: yesterday\n");
        assertFactsRefused("line 3: duplicate key \"now\"",
            head + "now: 2026-01-01T00:00:00Z\nnow: 2026-01-01T00:00:00Z\n");
        assertFactsRefused("line 2: $.model.training: this figure is the graph's", head + "model: {training: '7'}\n");
        assertFactsRefused("anchors are not allowed", head + "model: &a {}\n");
        assertFactsRefused("expected a member \"schema\"", "now: 2026-01-01T00:00:00Z\n");
        assertFactsRefused("$.raise.computeCostUsd: expected a whole number", head + "raise: {computeCostUsd: 1.5}\n");
        assertFactsRefused("BAD_TIME", head + "now: 2026-02-31T00:00:00Z\n");
        assertFactsRefused("$.model.rate: expected lower <= point <= upper",
            head + "model: {rate: {lower: 3, point: 2, upper: 9}}\n");
    }

    private void assertFactsRefused(final String words, final String yaml) throws IOException
    {
        final Path file = Files.writeString(work.resolve("facts.yaml"), yaml);
        assertRefused(words, "assess", "student", "--graph", PROJECT, "--facts", file.toString());
    }

    @Test
    void shouldTakeTheLimitsOfAFigureAsItIs() throws IOException
    {
        // An estimate of before holds until more is reached; a later one is not used yet.
        final Path facts = Files.writeString(work.resolve("facts.json"),
            """
            {"schema": "flopmeter/assessment-facts/v1", "now": "2026-06-01T00:00:00Z",
             "run": {"estimates": [{"at": "2026-05-01T00:00:00Z", "total": "2e25"},
                                   {"at": "2026-07-01T00:00:00Z", "total": "9e27"}]}}
            """);
        assertEquals(ExitCode.DONE, run(
            "assess", "student", "--graph", PROJECT, "--facts", facts.toString(), "--json"), err::toString);

        final JsonNode seed = json().at("/packs/0/determinations");
        assertEquals("REQUIRED", seed.at("/registration/answer/state").asString());
        assertEquals("2026-05-01T00:00:00Z", seed.at("/registration/answer/events/0/at").asString());
        assertEquals(e(2, 25), seed.at("/registration/thresholds/0/flop/upper").asString());
        assertEquals("WITHIN", seed.at("/cap/answer/state").asString());
    }

    /** A document that was imported says what it says: it is no more measured than before. */
    @Test
    void shouldTakeWhatWasImportedForDeclared() throws IOException
    {
        assertEquals(ExitCode.DONE, run("graph", "import", PROJECT, "--dir", work.toString()), err::toString);
        assertEquals(ExitCode.DONE, run("assess", "student", "--dir", work.toString(), "--json"), err::toString);

        final JsonNode figures = json().at("/packs/0/figures");
        assertEquals("DECLARED", figures.get("basis").asString());
        assertEquals(8, figures.get("computations").asInt());
    }

    @Test
    void shouldAssessWhatWasRecorded() throws IOException
    {
        final GraphStore store = GraphStore.of(work);
        final Path data = Files.writeString(work.resolve("data"), "data");
        final Path model = Files.writeString(work.resolve("model"), "model");
        final Path notes = Files.writeString(work.resolve("notes"), "notes");
        store.append(first -> List.of(
            new Begun(10, "r1/prep/1", "r1", "prep", "./prep", ""),
            new Written(first, GraphRecords.digest(data), 4, 20, NodeKind.DATASET, data.toString()),
            new Weighed(first, 20, "fp32", FlopInterval.exact(FlopCount.of(TEN.pow(25)))),
            new Ended(first, 20, 0)));
        store.append(first -> List.of(
            new Begun(30, "r2/train/2", "r2", "train", "./train", ""),
            new Read(first, GraphRecords.digest(data), 4, 31, false, data.toString()),
            new Written(first, GraphRecords.digest(model), 5, 40, NodeKind.MODEL, model.toString()),
            new Weighed(first, 40, "bf16", FlopInterval.exact(FlopCount.of(7))),
            new Ended(first, 40, 0)));

        assertEquals(ExitCode.ANSWER_IS_NO, run("assess", model.toString(), "--dir", work.toString(), "--json",
            "--fail-on", "REGISTRATION"), err::toString);

        JsonNode seed = json().at("/packs/0");
        assertEquals(TEN.pow(25).add(BigInteger.valueOf(7)).toString(), seed.at("/figures/training/upper").asString());
        assertEquals("MEASURED", seed.at("/figures/basis").asString());
        assertEquals("true", seed.at("/determinations/harbours/facts").findValue("ancestorsComplete").asString());

        store.append(first -> List.of(
            new Begun(50, "r3/tune/3", "r3", "tune", "./tune", ""),
            new Read(first, GraphRecords.digest(model), 5, 51, false, model.toString()),
            new Read(first, GraphRecords.digest(notes), 5, 51, false, notes.toString()),
            new Weighed(first, 60, "bf16", FlopInterval.exact(FlopCount.of(1))),
            new Ended(first, 60, 0)));
        assertEquals(ExitCode.DONE, run("assess", "tune", "--dir", work.toString(), "--json"), err::toString);
        seed = json().at("/packs/0");
        assertEquals("UNKNOWN", seed.at("/figures/basis").asString());
        assertEquals("false", seed.at("/determinations/harbours/facts").findValue("ancestorsComplete").asString());
        assertTrue(seed.at("/determinations/cap/settles/0/computations/0").asString().startsWith("unknown:sha256:"));
    }

    @Test
    void shouldTakeSignedFactsFromThoseWhoMustHaveSigned() throws IOException
    {
        final String one = work.resolve("one").toString();
        final String other = work.resolve("other").toString();
        assertEquals(0, run("policy", "keygen", "--name", "lab.example/one", one), err::toString);
        assertEquals(0, run("policy", "keygen", "--name", "lab.example/other", other), err::toString);
        final Path facts = Files.writeString(work.resolve("facts.yaml"),
            "schema: flopmeter/assessment-facts/v1\nnow: 2026-06-01T00:00:00Z\nmodel: {autonomy: WEAK}\n");
        final Path signed = work.resolve("facts.signed.json");
        assertEquals(0, run("policy", "sign", facts.toString(), "--key", one, "--out", signed.toString()),
            err::toString);

        assertEquals(ExitCode.DONE, run("assess", "student", "--graph", PROJECT, "--facts", signed.toString(),
            "--facts-key", one + ".pub", "--json"), err::toString);

        assertEquals("2026-06-01T00:00:00Z", json().get("now").asString());
        assertEquals("lab.example/one", json().at("/factsSignedBy/0/name").asString());
        assertFactsRefused("lab.example/other did not sign these facts", signed, "--facts-key", one + ".pub",
            "--facts-key", other + ".pub");
        assertFactsRefused("signed facts: expected --facts-key", signed);
        assertFactsRefused("expected signed facts (flopmeter policy sign)", facts, "--facts-key", one + ".pub");
        assertFactsRefused("nowhere.pub: no such file", signed, "--facts-key", work.resolve("nowhere.pub").toString());
        // Canary: another moment in the same envelope.
        final String text = Files.readString(signed);
        final String payload = JsonMapper.shared().readTree(text).get("payload").asString();
        Files.writeString(signed, text.replace(payload, Base64.getEncoder().encodeToString(
            Files.readString(facts).replace("06-01", "07-01").getBytes(StandardCharsets.UTF_8))));
        assertFactsRefused("lab.example/one did not sign these facts", signed, "--facts-key", one + ".pub");

        Files.writeString(facts, "schema: flopmeter/assessment-facts/v1\nmodle: {}\n");
        assertRefused("line 2: $.modle: no such member", "policy", "sign", facts.toString(), "--key", one);
        final Path json = Files.writeString(
            work.resolve("facts.json"), "{\"schema\": \"flopmeter/assessment-facts/v1\"}");
        assertEquals(0, run("policy", "sign", json.toString(), "--key", one, "--out", signed.toString()));
        assertEquals(0, run("policy", "sign", signed.toString(), "--key", other, "--out", signed.toString()));
        assertEquals(ExitCode.DONE, run("assess", "student", "--graph", PROJECT, "--facts", signed.toString(),
            "--facts-key", one + ".pub", "--facts-key", other + ".pub"), err::toString);
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("lab.example/other"), out::toString);
    }

    private void assertFactsRefused(final String words, final Path facts, final String... options)
    {
        assertRefused(words, Stream.concat(Stream.of("assess", "student", "--graph", PROJECT, "--facts",
            facts.toString()), Stream.of(options)).toArray(String[]::new));
    }

    /** Names as on the command line; the rate from the times of the records. */
    @Test
    void shouldTakeTheRateFromRecordedOutputs() throws IOException
    {
        final GraphStore store = GraphStore.of(work);
        final Path model = Files.writeString(work.resolve("model"), "model");
        store.append(first -> List.of(
            new Begun(SECOND, "r1/train/1", "r1", "train", "./train", ""),
            new Written(first, GraphRecords.digest(model), 5, 2 * SECOND, NodeKind.MODEL, model.toString()),
            new Weighed(first, 2 * SECOND, "fp32", FlopInterval.exact(FlopCount.of(1_000_000))),
            new Ended(first, 2 * SECOND, 0)));
        for (int i = 1; i <= 3; i++)
        {
            final int at = 10 * i;
            final Path answer = Files.writeString(work.resolve("answer-" + i), "answer " + i);
            store.append(first -> List.of(
                new Begun((at - 2) * SECOND, "r" + at + "/serve/1", "r" + at, "serve", "./serve", ""),
                new Read(first, GraphRecords.digest(model), 5, at * SECOND, false, model.toString()),
                new Written(first, GraphRecords.digest(answer), 8, at * SECOND, NodeKind.OUTPUT, answer.toString()),
                new Weighed(first, at * SECOND, "bf16", FlopInterval.exact(FlopCount.of(100L * at))),
                new Ended(first, at * SECOND, 0)));
        }
        final String head = "schema: flopmeter/assessment-facts/v1\nnow: 2026-11-28T00:00:00Z\ndeployment:\n  ";
        final String sequence = "sequence: [" + work.resolve("answer-1") + ", r20, " + work.resolve("answer-3") + "]\n";
        final Path facts = Files.writeString(work.resolve("facts.yaml"), head + sequence + "  output: r20\n");

        assertEquals(ExitCode.DONE,
            run("assess", model.toString(), "--dir", work.toString(), "--facts", facts.toString(),
            "--json"), err::toString);

        final JsonNode seed = json().at("/packs/0");
        // 3000 FLOP more at the third answer, 10 s after the second; in any window of 1 s no more than 3000 / 2.
        assertEquals("300", seed.at("/figures/rate/lower").asString());
        assertEquals("300", seed.at("/figures/rate/upper").asString());
        assertEquals("1002000", seed.at("/figures/output/point").asString());
        assertEquals("1500", seed.at("/determinations/rate/answer/windows/1/upper").asString());
        assertTrue(seed.at("/determinations/harbours/facts").toString()
            .contains("\"rate\":{\"basis\":[\"MEASURED\"]}"), seed.toString());

        Files.writeString(facts, head + "sequence: [r20]\n");
        assertRefused("line 4: $.deployment.sequence: expected two outputs or more", "assess", model.toString(),
            "--dir", work.toString(), "--facts", facts.toString());
        Files.writeString(facts, head + "sequence: [r20, serve]\n");
        assertRefused("$.deployment.sequence[1]: expected the name of one node, \"serve\" is 3: r10/serve/1, r20/s",
            "assess", model.toString(), "--dir", work.toString(), "--facts", facts.toString());
        Files.writeString(facts, head + "sequence: [r20, r99]\n");
        assertRefused("r99: no node, run or file of this name", "assess", model.toString(),
            "--dir", work.toString(), "--facts", facts.toString());
    }

    @Test
    void shouldSayEveryCodeInBothLanguages()
    {
        for (final Messages messages : List.of(Messages.english(), Messages.chinese()))
        {
            assertEquals(List.of(), AssessTexts.missing(messages));
        }
    }
}
