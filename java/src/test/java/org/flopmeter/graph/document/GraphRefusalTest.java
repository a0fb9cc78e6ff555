/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Set;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.Refusal;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A fault gives its code, and of several faults the first in the order of the contract, with its place. */
class GraphRefusalTest
{
    private static final String NODES =
        "{'id':'c','kind':'computation','segments':[{'flop':{'fp8':'1'},'end':2},{'end':4}],'start':1}," +
        "{'id':'d','kind':'dataset','t':5},{'id':'h','kind':'human'},{'id':'e','kind':'computation','end':0}";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "BAD_ID             | {'id':'a@1','kind':'oracle'}",
        "DUPLICATE_ID       | {'id':'a','kind':'human'},{'id':'a','kind':'oracle'}",
        "BAD_KIND           | {'id':'a','kind':'oracle','flop':{'fp8':'-1'}}",
        "BAD_KIND           | {'id':'a','kind':7}",
        "BAD_KIND           | {'id':'a'}",
        "WEIGHT_ON_ARTIFACT | {'id':'a','kind':'model','flop':{'fp8':'-1'}}",
        "WEIGHT_ON_ARTIFACT | {'id':'a','kind':'human','segments':[]}",
        "BAD_INTERVAL       | {'id':'a','kind':'computation','flop':{'fp8':7}}",
        "BAD_INTERVAL       | {'id':'a','kind':'computation','flop':{'fp8':'1.5'}}",
        "BAD_INTERVAL       | {'id':'a','kind':'computation','flop':{'fp8':''}}",
        "BAD_INTERVAL       | {'id':'a','kind':'computation','flop':{'fp8':'007'}}",
        "BAD_INTERVAL       | {'id':'a','kind':'computation','flop':{'fp8':'unbounded'}}",
        "BAD_INTERVAL       | {'id':'a','kind':'computation','flop':{'fp8':['1','2']}}",
        "BAD_INTERVAL       | {'id':'a','kind':'computation','flop':{'fp8':['1','2',3]}}",
        "BAD_INTERVAL       | {'id':'a','kind':'computation','flop':{'fp8':['1','unbounded','3']}}",
        "BAD_INTERVAL       | {'id':'a','kind':'computation','flop':{'fp8':['1','3','2']}}",
        "BAD_INTERVAL       | {'id':'a','kind':'computation','flop':{'fp8':['-1','x','2']}}",
        "NEGATIVE_FLOP      | {'id':'a','kind':'computation','flop':{'fp8':['3','2','-1']}}",
        "NEGATIVE_FLOP      | {'id':'a','kind':'computation','flop':{'fp8':['%D','-2','1']}}",
        "OVERFLOW           | {'id':'a','kind':'computation','flop':{'fp8':['3','2','%D']}}",
        "OVERFLOW           | {'id':'a','kind':'computation','flop':{'fp8':'1%D'},'start':2,'end':1}",
        "TIME_ORDER         | {'id':'a','kind':'computation','start':2,'end':1.5}",
        "TIME_ORDER         | {'id':'a','kind':'computation','start':2,'segments':[{'end':3},{'end':2.5}]}" })
    void shouldRefuseTheNode(final Refusal refusal, final String nodes)
    {
        final GraphRefusedException ex = refused("{'nodes':[" + nodes + "],'edges':[{'from':'x','to':'x'}]}");

        assertEquals(refusal, ex.refusal(), ex.getMessage());
        assertTrue(ex.getMessage().startsWith("$.nodes["), ex.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "MISSING_NODE   | {'from':'x','to':'x','cut':'why'}",
        "MISSING_NODE   | {'from':'c@3','to':'d'}",
        "MISSING_NODE   | {'from':'c@0','to':'d'}",
        "MISSING_NODE   | {'from':'c@01','to':'d'}",
        "MISSING_NODE   | {'from':'e@1','to':'d'}",
        "SELF_EDGE      | {'from':'d','to':'d','cut':'why'}",
        "SELF_EDGE      | {'from':'c@1','to':'c@2'}",
        "DUPLICATE_EDGE | {'from':'c','to':'d'},{'from':'c@2','to':'d','cut':'why'}",
        "DUPLICATE_EDGE | {'from':'h','to':'c@1'},{'from':'h','to':'c'}",
        "BAD_CUT        | {'from':'c','to':'e','cut':'why'}",
        "BAD_CUT        | {'from':'c','to':'d','cut':['independent']}",
        "UNARGUED_CUT   | {'from':'c','to':'e','cut':'human-selection'}",
        "UNARGUED_CUT   | {'from':'c','to':'d','cut':'independent','argument':' \\u00a0\\n'}",
        "UNARGUED_CUT   | {'from':'c','to':'d','cut':'independent','argument':7}",
        "CUT_NOT_HUMAN  | {'from':'c','to':'e','cut':'human-selection','argument':'a'}",
        "CUT_NOT_HUMAN  | {'from':'h','to':'d','cut':'human-substantial','argument':'a'}",
        "TIME_ORDER     | {'from':'c','to':'e'}",
        "TIME_ORDER     | {'from':'d','to':'e','cut':'independent','argument':'a'}" })
    void shouldRefuseTheEdge(final Refusal refusal, final String edges)
    {
        final GraphRefusedException ex = refused("{'nodes':[" + NODES + "],'edges':[" + edges + "]}");

        assertEquals(refusal, ex.refusal(), ex.getMessage());
        assertTrue(ex.getMessage().startsWith("$.edges["), ex.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "{'from':'c','to':'d'},{'from':'d','to':'c@1'}",
        "{'from':'c@2','to':'d'},{'from':'d','to':'h'},{'from':'h','to':'c@2'}",
        "{'from':'c','to':'h','cut':'human-selection','argument':'a'},{'from':'h','to':'c'}" })
    void shouldRefuseACycleThoughOneOfItsEdgesIsCut(final String edges)
    {
        final GraphRefusedException ex = refused(
            "{'nodes':[" + NODES.replace("'t':5", "'x':5") + "],'edges':[" + edges + "]}");

        assertEquals(Refusal.CYCLE, ex.refusal());
    }

    @Test
    void shouldTestEveryRefusalOfAGraph() throws NoSuchMethodException
    {
        // Whoever adds a code adds a row above; those of questions are in GraphEvalTest.
        final Set<Refusal> left = EnumSet.allOf(Refusal.class);
        left.removeAll(EnumSet.of(Refusal.BAD_OP, Refusal.MISSING_TIME, Refusal.RATE_INTERVAL, Refusal.CYCLE));
        for (final String method : new String[] { "shouldRefuseTheNode", "shouldRefuseTheEdge" })
        {
            for (final String row : GraphRefusalTest.class
                .getDeclaredMethod(method, Refusal.class, String.class).getAnnotation(CsvSource.class).value())
            {
                left.remove(Refusal.valueOf(row.substring(0, row.indexOf('|')).strip()));
            }
        }
        assertEquals(Set.of(), left);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "$.nodes: expected an array, found 7                                      | {'nodes':7}",
        "$: expected a member \\\"nodes\\\"                                       | {'edges':[]}",
        "$.nodes[0]: expected an object, found []                                 | {'nodes':[[]]}",
        "$.nodes[0].segments: expected at least one segment, found []"
            + " | {'nodes':[{'id':'a','kind':'computation','segments':[]}]}",
        "$.nodes[0].t: expected a number of seconds between 1e-40 and 1e40, found \\\"1\\\""
            + " | {'nodes':[{'id':'a','kind':'model','t':'1'}]}",
        "$.nodes[0].t: expected a number of seconds between 1e-40 and 1e40, found 1E+41"
            + " | {'nodes':[{'id':'a','kind':'model','t':1e41}]}" })
    void shouldNameThePathOfWhatIsNotOfTheFormat(final String message, final String document)
    {
        final JsonFormatException ex = assertThrows(JsonFormatException.class, () -> read(document));

        assertEquals(message.replace("\\\"", "\""), ex.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "0 | true", "0e40 | true", "0e-40 | true", "0e-41 | false", "0e999999999 | false", "-1.5 | true",
        "9e39 | true", "1e40 | false", "1e-40 | true", "1e-41 | false", "1e-999999999 | false" })
    void shouldTakeTimesWithinReason(final String time, final boolean isTaken)
    {
        final String document = "{'nodes':[{'id':'a','kind':'model','t':" + time + "}]}";

        assertEquals(isTaken, null == caught(document), time);
    }

    private static JsonFormatException caught(final String document)
    {
        try
        {
            read(document);
            return null;
        }
        catch (final JsonFormatException ex)
        {
            return ex;
        }
    }

    private static GraphRefusedException refused(final String document)
    {
        return assertThrows(GraphRefusedException.class, () -> read(document));
    }

    /** %D stands for 2^128. */
    private static void read(final String document)
    {
        final String json = document.replace('\'', '"').replace("%D", "340282366920938463463374607431768211456");
        GraphReader.read(JsonView.root(StrictJson.read(json.getBytes(StandardCharsets.UTF_8))));
    }
}
