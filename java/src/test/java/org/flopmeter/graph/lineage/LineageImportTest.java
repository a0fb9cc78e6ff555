/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import static org.flopmeter.graph.lineage.Events.edges;
import static org.flopmeter.graph.lineage.Events.flop;
import static org.flopmeter.graph.lineage.Events.parent;
import static org.flopmeter.graph.lineage.Events.reads;
import static org.flopmeter.graph.lineage.Events.total;
import static org.flopmeter.graph.lineage.Events.writes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.Refusal;
import org.flopmeter.graph.lineage.LineageImport.Imported;
import org.flopmeter.json.JsonFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One rule a test: docs/design/0015-lineage.md, sections 2 and 3. */
class LineageImportTest
{
    @Test
    void shouldMakeComputationsOfRunsAndArtifactsOfDatasets()
    {
        final Imported imported = new Events()
            .run("prepare", 0, 10, reads("raw") + "," + writes("clean"), 7)
            .run("train", 20, 30, reads("clean") + "," + writes("model"), 100)
            .imported("s3/raw");

        assertEquals(List.of("s3/raw#0>prepare", "prepare>s3/clean#1", "s3/clean#1>train", "train>s3/model#1",
            "human:s3/raw#0>s3/raw#0"), edges(imported));
        assertEquals("[107, 107, 107]", total(imported, "s3/model#1"));
        assertEquals("jobs/of train", imported.document().get("nodes").get(1).get("job").asString());
        assertEquals(1795860020, imported.document().get("nodes").get(1).get("start").asInt());
        assertEquals(4, imported.eventCount());
    }

    @Test
    void shouldNotTakeTheUnknownForZero()
    {
        final Imported imported = new Events()
            .add("START", 0, "silent", "")
            .add("COMPLETE", 9, "silent", writes("model"))
            .run("reader", 20, 30, reads("found") + "," + writes("found2"), 5)
            .imported();

        assertEquals("[0, 0, unbounded]", total(imported, "s3/model#1"));
        assertEquals("[5, 5, unbounded]", total(imported, "s3/found2#1"));
        assertTrue(edges(imported).contains("unknown:s3/found#0>s3/found#0"), edges(imported).toString());
        assertNoted(imported, "run silent reports no FLOP");
        assertNoted(imported, "dataset s3/found#0 was written by no known run: unknown origin");
    }

    @Test
    void shouldTakeTheLatestWeightAndNeverAddThem()
    {
        final Imported imported = new Events()
            .add("RUNNING", 5, "r", "", flop(40))
            .add("COMPLETE", 9, "r", writes("m"), flop(100))
            .add("RUNNING", 7, "r", "", flop(70))
            .imported();

        assertEquals("[100, 100, 100]", total(imported, "r"));
    }

    @Test
    void shouldTakeTheLargerOfTwoWeightsOfOneInstant()
    {
        final Events events = new Events().add("COMPLETE", 9, "r", "", flop(100)).add("COMPLETE", 9, "r", "", flop(40));

        assertEquals("[100, 100, 100]", total(events.imported(), "r"));
    }

    @Test
    void shouldLeaveTheUpperEndOpenWhereNobodyReportedToTheEnd()
    {
        final Imported inFlight = new Events().add("START", 0, "r", "").add("RUNNING", 5, "r", "", flop(40)).imported();
        final Imported failed = new Events().add("RUNNING", 5, "r", "", flop(40)).add("FAIL", 6, "r", "").imported();

        assertEquals("[40, 40, unbounded]", total(inFlight, "r"));
        assertFalse(inFlight.document().get("nodes").get(0).has("end"));
        assertNoted(inFlight, "run r is in flight");
        assertEquals("[40, 40, unbounded]", total(failed, "r"));
        assertNoted(failed, "run r reported its FLOP before its end");
    }

    @Test
    void shouldUnrollADatasetByVersion()
    {
        final Imported imported = new Events()
            .run("a", 0, 10, writes("d"), 1)
            .run("b", 20, 30, reads("d") + "," + writes("d"), 2)
            .run("c", 40, 50, writes("d!"), 4)
            .run("e", 60, 70, writes("d"), 8)
            .imported();

        assertEquals(List.of("a>s3/d#1", "s3/d#1>b", "b>s3/d#2", "c>s3/d#3", "e>s3/d#4", "s3/d#1>s3/d#2",
            "s3/d#3>s3/d#4"), edges(imported));
        assertEquals("[12, 12, 12]", total(imported, "s3/d#4"));
    }

    @Test
    void shouldNotBelieveThatAFailedRunReplacedEverything()
    {
        final Imported imported = new Events()
            .run("a", 0, 10, writes("d"), 1)
            .add("FAIL", 30, "b", writes("d!"), flop(2))
            .imported();

        assertEquals("[3, 3, 3]", total(imported, "s3/d#2"));
    }

    @Test
    void shouldReadWhatWasCurrentAtTheStartAndAllThatWasWrittenUntilTheEnd()
    {
        final Imported imported = new Events()
            .run("old", 0, 10, writes("d!"), 1)
            .run("current", 11, 20, writes("d!"), 2)
            .run("during", 21, 40, writes("d!"), 4)
            .run("after", 41, 60, writes("d!"), 8)
            .run("reader", 30, 50, reads("d") + "," + writes("o"), 16)
            .imported();

        assertEquals("[22, 22, 22]", total(imported, "s3/o#1"));
    }

    @Test
    void shouldReadExactlyTheNamedVersion()
    {
        final Imported imported = new Events()
            .run("a", 0, 10, writes("d:v7"), 1)
            .run("b", 20, 30, writes("d:v8"), 2)
            .run("reader", 40, 50, reads("d:v7") + "," + writes("o"), 16)
            .run("stranger", 40, 50, reads("d:v9") + "," + writes("p"), 32)
            .imported();

        assertEquals("[17, 17, 17]", total(imported, "s3/o#1"));
        assertEquals("[3, 3, 3]", total(imported, "s3/d#v8"));
        assertEquals("[32, 32, unbounded]", total(imported, "s3/p#1"));
    }

    @Test
    void shouldReadOlderVersionsThanTheOneItWrites()
    {
        final Imported imported = new Events()
            .run("a", 0, 10, writes("d:1"), 1)
            .run("b", 20, 30, reads("d:2") + "," + writes("d:2"), 2)
            .imported();

        assertEquals(List.of("a>s3/d#1", "s3/d#1>b", "b>s3/d#2", "s3/d#1>s3/d#2"), edges(imported));
    }

    @Test
    void shouldOrderTwoRunsThatReadAndWriteEachOthersDatasets()
    {
        final Imported imported = new Events()
            .run("a", 0, 30, reads("y") + "," + writes("x"), 1)
            .run("b", 0, 30, reads("x") + "," + writes("y"), 2)
            .imported("s3/y");

        assertEquals("[3, 3, 3]", total(imported, "s3/y#1"));
        assertEquals("[1, 1, 1]", total(imported, "s3/x#1"));
    }

    @Test
    void shouldSplitAParentThatReadsWhatItsChildrenWrote()
    {
        final Imported imported = new Events()
            .add("START", 0, "p", "")
            .add("COMPLETE", 90, "p", reads("conf", "d") + "," + writes("report"), flop(10))
            .add("START", 20, "c", "", parent("p"))
            .add("COMPLETE", 30, "c", writes("d"), parent("p") + "," + flop(5))
            .imported("s3/conf");

        assertEquals(List.of("c>s3/d#1", "s3/conf#0>p@1", "s3/d#1>p@2", "p@1>c", "p@2>s3/report#1",
            "human:s3/conf#0>s3/conf#0"), edges(imported));
        assertEquals("[15, 15, 15]", total(imported, "s3/report#1"));
        assertEquals("[15, 15, 15]", total(imported, "s3/d#1"));
        assertEquals("[10, 10, 10]", total(imported, "p@1"));
    }

    @Test
    void shouldLaunchALaterChildAfterWhatWasReadBefore()
    {
        final Imported imported = new Events()
            .add("START", 0, "p", "")
            .add("COMPLETE", 90, "p", reads("d", "e"), flop(10))
            .add("START", 20, "c", "").add("COMPLETE", 30, "c", writes("d"), parent("p") + "," + flop(5))
            .add("START", 40, "k", "").add("COMPLETE", 50, "k", writes("e"), parent("p") + "," + flop(1))
            .imported();

        assertEquals(List.of("c>s3/d#1", "k>s3/e#1", "s3/d#1>p@2", "s3/e#1>p@3", "p@1>c", "p@2>k"), edges(imported));
        assertEquals("[16, 16, 16]", total(imported, "s3/e#1"));
    }

    @Test
    void shouldListParentsThatCanBeNone()
    {
        final Imported imported = new Events()
            .add("START", 50, "late", "").add("COMPLETE", 60, "late", "", flop(1))
            .add("COMPLETE", 30, "c", "", parent("late") + "," + flop(5))
            .add("COMPLETE", 30, "d", "", parent("ghost") + "," + flop(5))
            .add("COMPLETE", 30, "e", "", parent("e") + "," + flop(5))
            .imported();

        assertEquals(List.of(), edges(imported));
        assertNoted(imported, "parent late, which starts after its child ended");
        assertNoted(imported, "parent ghost, of which there is no event");
        assertNoted(imported, "a run as its own parent");
    }

    @Test
    void shouldRefuseParentsInACircle()
    {
        final Events events = new Events()
            .add("COMPLETE", 30, "a", "", parent("b")).add("COMPLETE", 30, "b", "", parent("a"));

        assertEquals(Refusal.CYCLE, assertThrows(GraphRefusedException.class, events::imported).refusal());
    }

    @Test
    void shouldRefuseVersionsInACircle()
    {
        final Events events = new Events()
            .run("a", 0, 10, reads("d:1") + "," + writes("e:1"), 1)
            .run("b", 0, 10, reads("e:1") + "," + writes("d:1"), 1);

        assertEquals(Refusal.CYCLE, assertThrows(GraphRefusedException.class, events::imported).refusal());
    }

    @Test
    void shouldJoinTheNamesOfOneDataset()
    {
        final String alias = "'outputs':[{'namespace':'s3','name':'path','facets':{'symlinks':" +
            "{'identifiers':[{'namespace':'hive','name':'table','type':'TABLE'}]}}}]";
        final String reader = "'inputs':[{'namespace':'hive','name':'table'}]," + writes("o");

        final Imported imported = new Events().run("a", 0, 10, alias, 1).run("b", 20, 30, reader, 2).imported();

        assertEquals("[3, 3, 3]", total(imported, "s3/o#1"));
    }

    @Test
    void shouldReadTheOldNameOfARenamedDataset()
    {
        final String renamed = "'outputs':[{'namespace':'s3','name':'new','facets':{'lifecycleStateChange':" +
            "{'lifecycleStateChange':'RENAME','previousIdentifier':{'namespace':'s3','name':'old'}}}}]";

        final Imported imported =
            new Events().run("a", 0, 10, writes("old"), 1).run("b", 20, 30, renamed, 2).imported();

        assertEquals("[3, 3, 3]", total(imported, "s3/new#1"));
    }

    @Test
    void shouldKeepNamesApartThatLookAlike()
    {
        final Imported imported = new Events()
            .run("r@1", 0, 10, writes("d#1", "d@2", "d%402"), 1)
            .run("r%401", 20, 30, writes("d:1#1"), 2)
            .imported();

        assertEquals(List.of("r%401", "r%25401", "s3/d#1#1", "s3/d#1#1~1", "s3/d%25402#1", "s3/d%402#1"),
            imported.document().get("nodes").valueStream().map(node -> node.get("id").asString()).toList());
        assertNoted(imported, "two nodes would be called s3/d#1#1");
    }

    @Test
    void shouldTakeKindsAndCutsFromOurFacets()
    {
        final String output = "'outputs':[{'namespace':'s3','name':'m','facets':{'flopmeter_artifact':" +
            "{'kind':'model'}}}]";
        final Imported imported = new Events()
            .add("COMPLETE", 10, "r", output, "'flopmeter_compute':{'flop':{'fp8':['1','2','unbounded']}," +
                "'start':0.5,'cut':{'kind':'independent','argument':'a restart'}}")
            .imported();

        assertEquals("model", imported.document().get("nodes").get(1).get("kind").asString());
        assertEquals("[0, 0, 0]", total(imported, "s3/m#1"));
        assertEquals("[1, 2, unbounded]", total(imported, "r"));
        assertEquals("0.5", imported.document().get("nodes").get(0).get("start").toString());
    }

    @Test
    void shouldListWhatItCannotMap()
    {
        final Events events = new Events()
            .add("PAUSE", 1, "r", "'inputs':null", "'nominalTime':{},'gone':{'_deleted':true}")
            .add("COMPLETE", 2, "r", "'outputs':[{'namespace':'s3','name':'d','facets':{'schema':{}," +
                "'lifecycleStateChange':{'lifecycleStateChange':'DROP'}}}]", "'nominalTime':{}," + flop(1));
        events.lines().add("{\"dataset\":{}}");
        events.lines().add("{\"job\":{}}");
        events.lines().add("{}");

        assertEquals(List.of(
            "not mapped: an event about a dataset, not a run (at line 3: $)",
            "not mapped: an event about a job, not a run (at line 4: $)",
            "not mapped: an event about nothing known (at line 5: $)",
            "not mapped: change of a dataset: DROP (at line 2: " +
                "$.outputs[0].facets.lifecycleStateChange.lifecycleStateChange)",
            "not mapped: dataset facet schema (at line 2: $.outputs[0].facets.schema)",
            "not mapped: event type PAUSE (at line 1: $.eventType)",
            "not mapped: run facet nominalTime (2 times, first at line 1: $.run.facets.nominalTime)"),
            events.imported().notes());
    }

    @Test
    void shouldPrintNoCommandsForTheTerminal()
    {
        final Events events = new Events().add("COMPLETE", 2, "r\\u001b[2J", "", "'a\\u001b[2J':{}");

        assertTrue(String.join("\n", events.imported().notes()).codePoints().noneMatch(c -> 0x1B == c));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "line 2: $: expected a member \\\"eventTime\\\" | {'run':{'runId':'r'}}",
        "line 2: $.eventTime: expected a time such as 2026-11-28T09:30:00.5+08:00, found \\\"noon\\\""
            + " | {'eventTime':'noon','run':{}}",
        "line 2: $.eventTime: expected a time that exists, found \\\"2026-02-30T00:00:00Z\\\""
            + " | {'eventTime':'2026-02-30T00:00:00Z','run':{}}",
        "line 2: $.run: expected a member \\\"runId\\\" | {'eventTime':'2026-01-01T00:00:00Z','run':{}}",
        "line 2: $.run.runId: expected the id of a run, found \\\" \\\""
            + " | {'eventTime':'2026-01-01T00:00:00Z','run':{'runId':' '}}",
        "line 2: $: expected a member \\\"job\\\" | {'eventTime':'2026-01-01T00:00:00Z','run':{'runId':'r'}}",
        "line 2: $: expected an object, found 7 | 7" })
    void shouldNameLineAndPathOfWhatIsNoEvent(final String message, final String line)
    {
        final Events events = new Events().run("fine", 0, 1, "", 1);
        events.lines().set(1, line.replace('\'', '"'));

        final JsonFormatException ex = assertThrows(JsonFormatException.class, events::imported);

        assertEquals(message.replace("\\\"", "\""), ex.getMessage());
    }

    @Test
    void shouldNameLineAndColumnOfWhatIsNoJson()
    {
        final Events events = new Events().run("fine", 0, 1, "", 1);
        events.lines().set(1, "{\"run\":}");

        final JsonFormatException ex = assertThrows(JsonFormatException.class, events::imported);

        assertTrue(ex.getMessage().startsWith("line 2: column 8"), ex.getMessage());
    }

    @Test
    void shouldNameTheFaultyWeight()
    {
        final Events events = new Events()
            .add("COMPLETE", 9, "r", "", "'flopmeter_compute':{'flop':{'bf16':['2','1','3']}}");

        final GraphRefusedException ex = assertThrows(GraphRefusedException.class, events::imported);

        assertEquals(Refusal.BAD_INTERVAL, ex.refusal());
        assertTrue(ex.getMessage().startsWith("$.run.facets.flopmeter_compute.flop.bf16: "), ex.getMessage());
    }

    @Test
    void shouldReadAnArrayALineEachAndASingleEvent()
    {
        final List<String> lines = new Events().run("a", 0, 10, writes("d"), 1).lines();
        final String one = lines.get(1);

        final String byLine = Events.imported(lines).document().toString();

        assertEquals(byLine, Events.imported(List.of("[" + String.join(",\n", lines) + "]")).document().toString());
        assertEquals(byLine, Events.imported(List.of("\r", lines.get(0) + "\r", "  ", one, "")).document().toString());
        assertEquals("[1, 1, 1]", total(Events.imported(List.of(one.replace(",", ",\n"))), "a"));
        assertEquals("[1, 1, 1]", total(Events.imported(List.of(one)), "a"));
        assertEquals(0, Events.imported(List.of("[]")).eventCount());
    }

    @Test
    void shouldReadTimesExactly()
    {
        final Imported imported = Events.imported(List.of(new Events().run("a", 0, 10, "", 1).lines().get(1)
            .replace(Events.time(10), "2026-11-28T18:00:10.000000000000000001+08:00")));

        assertEquals("1795860010.000000000000000001", imported.document().get("nodes").get(0).get("end").toString());
    }

    private static void assertNoted(final Imported imported, final String words)
    {
        assertTrue(imported.notes().stream().anyMatch(note -> note.contains(words)), imported.notes().toString());
    }
}
