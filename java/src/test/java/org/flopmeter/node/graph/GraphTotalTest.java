/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.graph.store.ContentDigest;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.Read;
import org.flopmeter.graph.store.GraphRecord.Weighed;
import org.flopmeter.graph.store.GraphRecord.Written;
import org.flopmeter.graph.store.GraphStore;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.Main;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GraphTotalTest
{
    private static final Path SCHEMAS = Path.of(System.getProperty("flopmeter.root", ".."), "docs/schema");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    private Path work;

    private Path data;
    private Path model;
    private GraphStore store;

    @BeforeEach
    void record() throws IOException
    {
        store = GraphStore.of(work);
        data = Files.writeString(work.resolve("data"), "data");
        model = Files.writeString(work.resolve("model"), "model");
        final Path notes = Files.writeString(work.resolve("notes"), "notes");
        store.append(first -> List.of(
            new Begun(10, "r1/prep/1", "r1", "prep", "./prep", ""),
            new Read(first, digest(notes), 5, 11, false, notes.toString()),
            new Written(first, digest(data), 4, 20, NodeKind.DATASET, data.toString()),
            new Weighed(first, 20, "fp32", FlopInterval.exact(FlopCount.of(1L << 40, 0))),
            new Ended(first, 20, 0)));
        store.append(first -> List.of(
            new Begun(30, "r2/train/2", "r2", "train", "./train", ""),
            new Read(first, digest(data), 4, 31, false, data.toString()),
            new Written(first, digest(model), 5, 40, NodeKind.MODEL, model.toString()),
            new Weighed(first, 40, "bf16", FlopInterval.of(FlopCount.of(7), FlopCount.of(8), FlopCount.of(9))),
            new Ended(first, 40, 0)));
    }

    private static ContentDigest digest(final Path file)
    {
        return GraphRecords.digest(file);
    }

    private int run(final Object... words)
    {
        out.reset();
        err.reset();
        final List<String> all = new ArrayList<>(List.of("graph"));
        Arrays.stream(words).map(Object::toString).forEach(all::add);
        all.addAll(List.of("--dir", work.toString()));
        return Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), all.toArray(new String[0]));
    }

    private JsonNode json()
    {
        return JsonMapper.shared().readTree(out.toString(StandardCharsets.UTF_8));
    }

    static void assertValid(final String schema, final String document) throws IOException
    {
        assertEquals(List.of(), SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(SCHEMAS.resolve(schema)), InputFormat.JSON)
            .validate(document, InputFormat.JSON), document);
    }

    @Test
    void shouldGiveTheTotalAndAllItRestsOn() throws IOException
    {
        assertEquals(0, run("total", model, "--json"), err::toString);

        assertValid("graph-total-v1.json", out.toString(StandardCharsets.UTF_8));
        final JsonNode total = json();
        assertEquals("20282409603651670423947251286023", total.at("/total/lower").asString());
        assertEquals("unbounded", total.at("/total/upper").asString());
        assertEquals("9", total.at("/byPrecision/bf16/upper").asString());
        assertEquals("8", total.at("/byNode/train/point").asString());
        assertEquals("20282409603651670423947251286025", total.at("/byBasis/METERED/upper").asString());
        assertEquals("no recorded run wrote it", total.at("/unknown/0/why").asString());
        assertEquals(3, total.path("counted").size());
        assertTrue(total.at("/store/complete").asBoolean());

        assertEquals(0, run("declare", work.resolve("notes"), "--human", "--argument", "mine", "--author", "me"));
        store.append(List.of(new CutMade(
            digest(data).toString(), "r2/train/2", Cut.INDEPENDENT, "never opened", "me", 50)));
        assertEquals(0, run("total", "train", "--json"), err::toString);
        assertValid("graph-total-v1.json", out.toString(StandardCharsets.UTF_8));
        assertEquals("9", json().at("/total/upper").asString());
        assertEquals("never opened", json().at("/cuts/0/argument").asString());
        assertEquals(0, run("total", "r1/prep", "--json"), err::toString);
        assertEquals("mine", json().at("/declared/0/argument").asString());
        assertEquals("20282409603651670423947251286016", json().at("/total/upper").asString());
    }

    @Test
    void shouldAnswerByTheIndexThatWasKeptOrBuilt() throws IOException
    {
        run("total", model, "--json");
        final JsonNode built = json();
        assertEquals("index", built.path("answeredBy").asString());
        assertEquals("built", built.path("answeredHow").asString());

        assertEquals(0, run("index"), err::toString);
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("totals answer by index"), out::toString);
        run("total", model, "--json");
        final JsonNode mapped = json();
        assertEquals("mapped", mapped.path("answeredHow").asString());
        assertEquals(built.path("total"), mapped.path("total"));
        run("total", model);
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("answered by the index (mapped)"), out::toString);

        // Records that the kept index does not know.
        store.append(first -> List.of(
            new Begun(50, "r3/more/3", "r3", "more", "", ""),
            new Read(first, digest(model), 5, 51, false, model.toString()),
            new Weighed(first, 60, "fp32", FlopInterval.exact(FlopCount.of(5))),
            new Ended(first, 60, 0)));
        run("total", "more", "--json");
        assertEquals("built", json().path("answeredHow").asString());
        assertEquals("20282409603651670423947251286028", json().at("/total/lower").asString());

        assertEquals(0, run("index"), err::toString);
        final Path file = work.resolve("graph/closure.index");
        final byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 4;
        Files.write(file, bytes);
        run("total", "more", "--json");
        assertTrue(json().path("answeredHow").asString().startsWith("built; "), out::toString);
        assertTrue(json().path("answeredHow").asString().contains("closure.index: not used"), out::toString);
        assertEquals("20282409603651670423947251286028", json().at("/total/lower").asString());
        assertEquals(0, run("totals"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("not used"), err::toString);
    }

    @Test
    void shouldGiveTheTotalsOfAllModels() throws IOException
    {
        store.append(first -> List.of(
            new Begun(50, "r3/huge/3", "r3", "huge", "", ""),
            new Read(first, digest(model), 5, 51, false, model.toString()),
            new Written(first, digest(work.resolve("notes")), 5, 60, NodeKind.OUTPUT, "/o"),
            new Weighed(first, 60, "fp32", FlopInterval.exact(FlopCount.MAX)),
            new Ended(first, 60, 0)));
        assertEquals(0, run("totals", "--json"), err::toString);
        assertValid("graph-totals-v1.json", out.toString(StandardCharsets.UTF_8));
        assertEquals(1, json().path("totals").size());
        assertEquals("model", json().at("/totals/0/kind").asString());
        assertEquals(model.toString(), json().at("/totals/0/path").asString());
        assertEquals("20282409603651670423947251286023", json().at("/totals/0/total/lower").asString());
        // The graph holds more than 2^128: no row of the index can be trusted, so none is.
        assertEquals("scan", json().at("/totals/0/answeredBy").asString());

        assertEquals(0, run("totals", "--kind", "output", "--kind", "computation", "--json"));
        assertValid("graph-totals-v1.json", out.toString(StandardCharsets.UTF_8));
        assertEquals(5, json().path("totals").size());
        assertEquals("r3/huge/3", json().at("/totals/2/id").asString());
        assertEquals("OVERFLOW", json().at("/totals/2/error").asString());
        assertEquals("OVERFLOW", json().at("/totals/4/error").asString());
        assertEquals(0, run("totals", "--kind", "output", "--kind", "dataset"));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("OVERFLOW"), out::toString);
        assertEquals(2, run("totals", "--kind", "human"));
        assertEquals(2, run("totals", "--kind", "x"));
    }

    @Test
    void shouldKeepNoIndexOfWhatChangesOrIsDamaged() throws IOException
    {
        store.append(List.of(new Begun(50, "r3/goes/3", "r3", "goes", "", "")));
        assertEquals(2, run("index"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("r3/goes/3 has not ended"), err::toString);
        run("totals", "--json");
        assertEquals("index", json().at("/totals/0/answeredBy").asString());
        final byte[] bytes = Files.readAllBytes(store.file());
        bytes[100] ^= 1;
        Files.write(store.file(), bytes);
        assertEquals(2, run("index"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("damaged at offset"), err::toString);
        assertEquals(2, run("export", "--format", "native"), "a graph can't say that edges may be lost");
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("damaged at offset"), err::toString);
        assertEquals(0, out.size());
        run("totals", "--kind", "dataset", "--json");
        assertFalse(json().path("complete").asBoolean());
        assertEquals("unbounded", json().at("/totals/0/total/upper").asString());
        Files.delete(store.file());
        assertEquals(2, run("index"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("no records"), err::toString);
    }

    /** A writer was killed, and nobody was told that its last records were kept: readers say where they end. */
    @Test
    void shouldSayWhereTheRecordsEndWithinABatch() throws IOException
    {
        run("list");
        assertFalse(out.toString(StandardCharsets.UTF_8).contains("offset"), out::toString);
        final long whole = Files.size(store.file());
        store.append(List.of(new Begun(60, "r3/x/3", "r3", "x", "", "")));
        final byte[] bytes = Files.readAllBytes(store.file());
        Files.write(store.file(), Arrays.copyOf(bytes, bytes.length - 30));

        for (final String command : List.of("list", "totals"))
        {
            assertEquals(0, run(command), err::toString);
            assertTrue(out.toString(StandardCharsets.UTF_8).contains("offset " + whole + ":"), out::toString);
        }
        assertEquals(0, run("export", "--format", "native"), err::toString);
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("offset " + whole + ":"), err::toString);
        assertFalse(out.toString(StandardCharsets.UTF_8).contains("offset"), out::toString);
    }

    /** What is recorded, as a graph that gives the same figure wherever it is read. */
    @Test
    void shouldExportWhatIsRecorded() throws IOException
    {
        final Path exported = work.resolve("graph.json");
        assertEquals(0, run("export", "--format", "native", "--out", exported), err::toString);
        final CausalGraph graph = GraphReader.read(JsonView.root(StrictJson.read(Files.readAllBytes(exported))));
        final CausalSum sum = new Quantities(graph).compute(List.of(digest(model).toString()));
        assertEquals("20282409603651670423947251286023", sum.total().lower().toString());
        assertEquals(3, sum.counted().size());
        assertTrue(Files.readString(exported).contains("\"job\" : \"train\""));

        assertEquals(0, run("export", "--format", "svg", "--of", model, "--levels", "5"), err::toString);
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("r1/prep/1"), out::toString);
        assertEquals(0, run("export", "--format", "openlineage"), err::toString);
        assertEquals(2, run("export", "--format", "dot", "--of", "nobody"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("nobody"), err::toString);
        assertEquals(2, run("export", exported, "--format", "native"));
        assertEquals(3, run("export", "--format", "native", "--out", Files.createDirectory(work.resolve("full"))));
        assertFalse(Files.exists(work.resolve("full.new")), "nothing is left where it could not be written");
    }

    @Test
    void shouldWriteForPeople()
    {
        assertEquals(0, run("total", model));
        final String text = out.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("20 282 409 603 651 670 423 947 251 286 023"), text);
        assertTrue(text.contains("notes: no recorded run wrote it"), text);
        assertEquals(0, run("list"));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("r2/train/2"));
        assertEquals(0, run("list", "--json"));
        assertEquals(2, json().path("computations").size());
        assertEquals(3, json().path("artifacts").size());
    }

    @Test
    void shouldProveTheTotalToWhoeverAddsItUp() throws IOException
    {
        final Path file = work.resolve("proof.json");
        assertEquals(0, run("total", model, "--proof", file));

        final String proof = Files.readString(file);
        assertValid("graph-proof-v1.json", proof);
        assertNull(ProofVerifier.refute(proof));
        assertNotNull(ProofVerifier.refute(proof.replaceFirst("\"kind\" : \"computation\"", "\"id\" : \"x\"")));
        assertNotNull(ProofVerifier.refute(proof.replace("\"7\"", "\"6\"")));
        assertEquals(2, run("total", model, "--proof", work.resolve("no/such/place")));
    }

    /** An edge may be lost: nothing can be said of how much there is at most. */
    @Test
    void shouldHaveNoUpperEndWhereRecordsAreLost() throws IOException
    {
        run("declare", work.resolve("notes"), "--human", "--argument", "mine");
        run("total", model, "--json");
        assertEquals("20282409603651670423947251286025", json().at("/total/upper").asString());
        store.append(List.of(new Begun(60, "r3/x/3", "r3", "x", "", "")));
        final byte[] bytes = Files.readAllBytes(store.file());
        bytes[bytes.length - 40] ^= 1;
        Files.write(store.file(), bytes);

        run("total", model, "--json");

        assertValid("graph-total-v1.json", out.toString(StandardCharsets.UTF_8));
        assertEquals("unbounded", json().at("/total/upper").asString());
        assertEquals("20282409603651670423947251286023", json().at("/total/lower").asString());
        assertEquals(1, json().at("/store/damages").size());
        run("total", model);
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("damaged"));
    }

    @Test
    void shouldRefuseInOneLine() throws IOException
    {
        final Path other = Files.writeString(work.resolve("other"), "nothing of this is recorded");
        assertEquals(2, run("total", other, "--json"));
        assertEquals("MISSING_NODE", json().path("error").asString());
        assertEquals(1, err.toString(StandardCharsets.UTF_8).lines().count());
        assertEquals(2, run("total", "nobody"));
        assertEquals(2, run("total"));
        assertEquals(2, run("declare", other, "--human"));
        assertEquals(2, run("declare", other, "--argument", "x"));
        assertEquals(2, run("declare", other, "--human", "--unknown-bound", "1", "--argument", "x"));
        assertEquals(2, run("declare", other, "--unknown-bound", "-1", "--argument", "x"));
        assertEquals(2, run("declare", work.resolve("absent"), "--human", "--argument", "x"));
        assertEquals(2, run("declare", "train", "--independent-of", "prep", "--argument", "no edge"));
        Files.write(store.file(), new byte[100]);
        assertEquals(2, run("list"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("offset 0"), err::toString);
    }

    @Test
    void shouldRefuseATotalThatDoesNotFit()
    {
        store.append(first -> List.of(
            new Begun(50, "r2/train/3", "r3", "train", "", ""),
            new Weighed(first, 60, "fp32", FlopInterval.exact(FlopCount.MAX)),
            new Ended(first, 60, 0)));

        assertEquals(2, run("total", "train", "--json"));
        assertEquals("OVERFLOW", json().path("error").asString());
    }
}
