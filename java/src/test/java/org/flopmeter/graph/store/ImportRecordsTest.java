/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Refusal;
import org.flopmeter.graph.store.GraphRecord.HumanMade;
import org.flopmeter.graph.store.GraphRecord.Imported;
import org.flopmeter.graph.store.StoreContents.Entry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which records an import writes, and what it says. */
class ImportRecordsTest
{
    @TempDir
    private Path state;

    private GraphStore store;

    @BeforeEach
    void open()
    {
        store = GraphStore.of(state);
    }

    private StoreImport importing(final String author)
    {
        return new StoreImport(store, author, 77);
    }

    /** A node whose line has so many bytes. */
    private static String node(final int number, final int length)
    {
        final String start = "{\"id\":\"" + number + "\u7b97";
        final String end = "\",\"kind\":\"dataset\"}";
        return start + "x".repeat(length - (start + end).getBytes(StandardCharsets.UTF_8).length) + end;
    }

    private static String event(final String run, final String input, final String output)
    {
        return ("{'eventType':'COMPLETE','eventTime':'2026-11-28T10:00:00Z','run':{'runId':'" + run + "'}," +
            "'job':{'namespace':'j','name':'n'},'inputs':[{'namespace':'s3','name':'" + input + "'}]," +
            "'outputs':[{'namespace':'s3','name':'" + output + "'}]}").replace('\'', '"');
    }

    private List<GraphRecord> records()
    {
        return store.read().entries().stream().map(Entry::record).toList();
    }

    @Test
    void shouldPackLinesIntoRecordsOfOneSource()
    {
        final StoreImport into = importing("me");
        final List<String> lines = new ArrayList<>();
        for (int i = 0; i < 4; i++)
        {
            lines.add(node(i, 15_999));
            into.add(ImportFormat.NODES, "one.json", "$", lines.get(i));
        }
        lines.add(node(4, StoreImport.LINE_LENGTH_MAX));
        lines.add(node(5, 100));
        lines.add(node(6, 100));
        into.add(ImportFormat.NODES, "one.json", "$", lines.get(4));
        into.add(ImportFormat.NODES, "one.json", "$", lines.get(5));
        into.add(ImportFormat.NODES, "two.json", "$", lines.get(6));
        into.add(ImportFormat.NODES, "two.json", "$", lines.get(0));
        // With a line feed between them they would be one byte too many.
        lines.add(node(7, 24_000));
        lines.add(node(8, 24_000));
        into.add(ImportFormat.NODES, "three.json", "$", lines.get(7));
        into.add(ImportFormat.NODES, "three.json", "$", lines.get(8));
        assertEquals(9, into.lineCount());
        into.commit();

        assertEquals(9, into.newCount());
        assertEquals(List.of(
            new Imported(ImportFormat.NODES, 77, "one.json", "me", String.join("\n", lines.subList(0, 3))),
            new Imported(ImportFormat.NODES, 77, "one.json", "me", lines.get(3)),
            new Imported(ImportFormat.NODES, 77, "one.json", "me", lines.get(4)),
            new Imported(ImportFormat.NODES, 77, "one.json", "me", lines.get(5)),
            new Imported(ImportFormat.NODES, 77, "two.json", "me", lines.get(6)),
            new Imported(ImportFormat.NODES, 77, "three.json", "me", lines.get(7)),
            new Imported(ImportFormat.NODES, 77, "three.json", "me", lines.get(8))), records());
        assertEquals("$.nodes[3]: expected at most 48000 bytes for a node or edge",
            assertThrows(GraphStoreException.class, () -> importing("me").add(
                ImportFormat.NODES, "f", "$.nodes[3]", node(9, StoreImport.LINE_LENGTH_MAX + 1))).getMessage());
    }

    @Test
    void shouldSayWhichLineContradictsTheStore()
    {
        final StoreImport right = importing("me");
        right.add(ImportFormat.NODES, "f", "", "{\"id\":\"a\",\"kind\":\"dataset\"}");
        right.add(ImportFormat.NODES, "f", "", "{\"id\":\"b\",\"kind\":\"dataset\"}");
        right.add(ImportFormat.EDGES, "f", "", "{\"from\":\"a\",\"to\":\"b\"}");
        right.commit();
        final StoreImport node = importing("me");
        node.add(ImportFormat.NODES, "g", "$.nodes[0]", "{\"id\":\"b\",\"kind\":\"model\"}");
        GraphRefusedException refused = assertThrows(GraphRefusedException.class, node::commit);
        assertEquals(Refusal.DUPLICATE_ID, refused.refusal());
        assertEquals("$.nodes[0]: node \"b\" is in the store already and says otherwise", refused.getMessage());
        final StoreImport edge = importing("me");
        edge.add(ImportFormat.EDGES, "g", "$.edges[0]",
            "{\"from\":\"a\",\"to\":\"b\",\"cut\":\"independent\",\"argument\":\"never read\"}");
        refused = assertThrows(GraphRefusedException.class, edge::commit);
        assertEquals(Refusal.DUPLICATE_EDGE, refused.refusal());
        assertEquals("$.edges[0]: edge \"a\" -> \"b\" is in the store already and says otherwise",
            refused.getMessage());
    }

    /** Whoever says it again says nothing; with another argument, or by somebody else, it is another word. */
    @Test
    void shouldRecordThatPeopleMadeADatasetOnceForEachWord()
    {
        for (final String[] authorAndArgument : new String[][] {
            {"me", "typed"}, {"me", "typed"}, {"me", "drawn"}, {"you", "drawn"}, {"you", "drawn"}})
        {
            final StoreImport into = importing(authorAndArgument[0]);
            into.addHuman("s3/raw", authorAndArgument[1]);
            into.commit();
        }
        assertEquals(List.of(new HumanMade("s3/raw", "typed", "me", 77), new HumanMade("s3/raw", "drawn", "me", 77),
            new HumanMade("s3/raw", "drawn", "you", 77)), records());

        // The latest word holds, of two at once the one that was recorded last.
        final StoreImport events = importing("me");
        events.add(ImportFormat.EVENTS, "e", "1", event("r1", "raw", "out"));
        events.commit();
        assertEquals("you: drawn", declared());
        store.append(List.of(new HumanMade("s3/raw", "of old", "him", 76)));
        assertEquals("you: drawn", declared());
        store.append(List.of(new HumanMade("s3/raw", "anew", "her", 78)));
        assertEquals("her: anew", declared());
    }

    private String declared()
    {
        final RecordedGraph recorded = RecordedGraph.of(store.read(), 80);
        assertEquals(1, recorded.origins().size());
        final Origin origin = recorded.origins().values().iterator().next();
        assertFalse(origin.isComputation());
        return origin.declared().author() + ": " + origin.declared().argument();
    }

    @Test
    void shouldNotDeclareAgainWhatIsDeclaredByName()
    {
        final StoreImport into = importing("me");
        into.add(ImportFormat.EVENTS, "e", "1", event("r1", "named", "out"));
        into.add(ImportFormat.EVENTS, "e", "2", event("r2", "other", "out2"));
        into.addHuman("s3/named", "typed");
        into.addHumanAll("written by us");
        into.commit();
        assertEquals(List.of(new HumanMade("s3/named", "typed", "me", 77),
            new HumanMade("s3/other", "written by us", "me", 77)),
            records().stream().filter(HumanMade.class::isInstance).toList());
    }

    /** What another import left open is not this one's to declare. */
    @Test
    void shouldDeclareOnlyDatasetsOfItsOwnEvents()
    {
        final StoreImport before = importing("me");
        before.add(ImportFormat.EVENTS, "e", "1", event("r1", "old", "between"));
        before.commit();
        final List<String> notes = before.notes();
        assertFalse(notes.isEmpty());

        final StoreImport into = importing("you");
        into.add(ImportFormat.EVENTS, "e", "1", event("r2", "new", "out"));
        into.addHumanAll("written by us");
        into.commit();

        assertEquals(List.of(new HumanMade("s3/new", "written by us", "you", 77)),
            records().stream().filter(HumanMade.class::isInstance).toList());
        assertTrue(into.notes().stream().noneMatch(notes::contains), into.notes()::toString);
        final RecordedGraph recorded = RecordedGraph.of(store.read(), 80);
        assertEquals(2, recorded.origins().size());
        assertEquals(1, recorded.origins().values().stream().filter(Origin::isComputation).count());
    }

    /** Names that the records themselves give are theirs; content goes by the digest that an id ends with. */
    @Test
    void shouldKeepNamesOfTheRecordsApart()
    {
        final String digest = Records.digest(5).toString();
        for (final String ours : List.of(digest, digest + "#2", "unread:a#3", "imported#x", "unknown:" + digest,
            "human:unread:x", "declared:imported#\nx"))
        {
            assertEquals("imported#" + ours, ImportedNode.idOf(ours));
        }
        for (final String other : List.of("a", "unknown:a", "sha256:12", "x" + digest, "human:", "s3/d#" + digest))
        {
            assertEquals(other, ImportedNode.idOf(other));
        }
        for (final String id : List.of(digest, "s3/d#" + digest, "a\nb#" + digest))
        {
            assertEquals(Records.digest(5), ImportedNode.digestOf(NodeKind.DATASET, id));
            assertEquals(Records.digest(5), ImportedNode.digestOf(NodeKind.MODEL, id));
            assertNull(ImportedNode.digestOf(NodeKind.COMPUTATION, id));
            assertNull(ImportedNode.digestOf(NodeKind.HUMAN, id));
        }
        assertNull(ImportedNode.digestOf(NodeKind.DATASET, "x" + digest));
        assertNull(ImportedNode.digestOf(NodeKind.DATASET, digest + "0"));
    }
}
