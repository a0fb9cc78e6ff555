/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What imports make, kept beside the records: the same as mapped again, and never another's. */
class ImportMapTest
{
    private static final long NOW_NS = 2_000_000_030L;

    @TempDir
    private Path state;

    private GraphStore store;
    private Path kept;

    @BeforeEach
    void open()
    {
        store = GraphStore.of(state);
        kept = state.resolve("graph/imports.map");
        final StoreImport into = new StoreImport(store, "me", NOW_NS);
        for (final String line : new String[] {
            "{'id':'c','kind':'computation','flop':{'fp32':'7','x':['1','2','unbounded']},'start':1.5,'end':2," +
                "'purpose':'training'}",
            "{'id':'s','kind':'computation','segments':[{'flop':{'bf16':'340282366920938463463374607431768211455'}}," +
                "{'flop':{'bf16':'0'}}]}",
            "{'id':'d','kind':'dataset'}", "{'id':'h','kind':'human','t':3}",
            "{'id':'m#sha256:" + "ab".repeat(32) + "','kind':'model'}"})
        {
            into.add(ImportFormat.NODES, "g.json", "$", line.replace('\'', '"'));
        }
        for (final String line : new String[] {
            "{'from':'c','to':'d'}",
            "{'from':'d','to':'h','cut':'human-substantial','argument':'wrote it anew'}"})
        {
            into.add(ImportFormat.EDGES, "g.json", "$", line.replace('\'', '"'));
        }
        into.add(ImportFormat.EVENTS, "e.jsonl", "1", ("{'eventType':'COMPLETE','eventTime':'2026-11-28T10:00:01Z'," +
            "'run':{'runId':'r'},'job':{'namespace':'j','name':'n'},'inputs':[{'namespace':'s3','name':'raw'}]," +
            "'outputs':[{'namespace':'s3','name':'out'}]}").replace('\'', '"'));
        into.commit();
    }

    private static void assertSame(final ImportFold.Outcome expected, final ImportFold.Outcome found)
    {
        assertEquals(expected.nodes(), found.nodes());
        assertEquals(List.copyOf(expected.nodes().keySet()), List.copyOf(found.nodes().keySet()));
        assertEquals(expected.edges(), found.edges());
        assertEquals(expected.origins(), found.origins());
        assertEquals(expected.notes(), found.notes());
        assertEquals(expected.runCount(), found.runCount());
    }

    /** Mapped from the lines, whatever is kept. */
    private ImportFold.Outcome mapped(final StoreContents contents)
    {
        contents.imports(null);
        return ImportFold.of(contents).outcome();
    }

    @Test
    void shouldKeepWhatTheLinesMake() throws IOException
    {
        final StoreContents contents = store.read();
        final ImportFold.Outcome found = contents.imports();
        assertNotNull(found, "kept");
        final ImportFold.Outcome expected = mapped(contents);
        assertTrue(expected.nodes().size() >= 8, () -> expected.nodes().keySet().toString());
        assertEquals(1, expected.origins().size());
        assertEquals(1, expected.runCount());
        assertSame(expected, found);
        assertEquals("rw-------", PosixFilePermissions.toString(
            Files.getPosixFilePermissions(kept)));
    }

    @Test
    void shouldGoByTheLinesWhereItIsOfOthersOrDamaged() throws IOException
    {
        final byte[] whole = Files.readAllBytes(kept);
        final SplittableRandom random = new SplittableRandom(1);
        final String key = new String(whole, 20, 60, StandardCharsets.ISO_8859_1);
        for (int at = 0; at < whole.length; at += 1 + random.nextInt(5))
        {
            final byte[] bytes = whole.clone();
            bytes[at] ^= (byte)(1 << random.nextInt(8));
            Files.write(kept, bytes);
            assertNull(store.read().imports(), "byte " + at + " of " + key);
        }
        Files.write(kept, Arrays.copyOf(whole, whole.length - 1));
        assertNull(store.read().imports());
        Files.write(kept, new byte[0]);
        assertNull(store.read().imports());
        Files.delete(kept);
        Files.createDirectory(kept);
        assertNull(store.read().imports());
        Files.delete(kept);

        // Of one event less: not these imports any more.
        Files.write(kept, whole);
        final StoreImport more = new StoreImport(store, "me", NOW_NS);
        more.addHuman("s3/raw", "typed");
        more.commit();
        final byte[] after = Files.readAllBytes(kept);
        assertNotNull(store.read().imports());
        Files.write(kept, whole);
        assertNull(store.read().imports());
        assertTrue(mapped(store.read()).origins().values().iterator().next().isHuman());
        Files.write(kept, after);
        assertSame(mapped(store.read()), store.read().imports());
    }

    /** Canary: what is kept is what answers, so a wrong one with a right key would show. */
    @Test
    void shouldAnswerFromWhatIsKeptWhileRunsGoOn() throws IOException
    {
        store.append(first -> List.of(new Begun(5, "x/y/z", "x", "y", "", ""), new Ended(first, 6, 0)));
        final StoreContents contents = store.read();
        assertNotNull(contents.imports(), "a run changes no import");
        assertEquals("7", total(contents));
        contents.imports().nodes().put("c", contents.imports().nodes().get("s"));
        assertTrue(!"7".equals(total(contents)), "answered by the lines");
        contents.imports(null);
        assertEquals("7", total(contents));
    }

    private static String total(final StoreContents contents)
    {
        try
        {
            return new Quantities(RecordedGraph.of(contents, NOW_NS).graph()).compute(List.of("d"))
                .byPrecision().get("fp32").lower().toString();
        }
        catch (final GraphStoreException ex)
        {
            return ex.getMessage();
        }
    }
}
