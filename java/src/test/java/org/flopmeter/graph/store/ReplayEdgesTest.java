/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReplayEdgesTest
{
    private final ReplayEdges edges = new ReplayEdges();

    @Test
    void shouldTellWhetherMoreEdgesCloseACycle()
    {
        assertTrue(edges.isAcyclicWith(List.of(), List.of()));
        edges.add("a", "b");
        edges.add("a", "b");
        edges.add("b", "c");
        edges.add("a", "c");
        edges.addImplied("c", "d");
        assertTrue(edges.isAcyclicWith(List.of(), List.of()));
        assertTrue(edges.isAcyclicWith(List.of("a", "x", "x", "b"), List.of("d", "a", "y", "y")));
        assertFalse(edges.isAcyclicWith(List.of("d"), List.of("a")));
        assertFalse(edges.isAcyclicWith(List.of("d", "x"), List.of("x", "b")));
        assertFalse(edges.isAcyclicWith(List.of("x"), List.of("x")));
        assertTrue(edges.isAcyclicWith(List.of("b"), List.of("d")), "what was asked before is no edge");
    }

    @Test
    void shouldReachWhatIsBehindAnyNumberOfEdges()
    {
        edges.add("a", "b");
        edges.add("b", "c");
        edges.addImplied("c", "d");
        edges.add("d", "b");
        assertTrue(edges.isReachable("a", "d"));
        assertTrue(edges.isReachable("c", "c"));
        assertFalse(edges.isReachable("d", "a"));
        assertFalse(edges.isReachable("a", "a"));
        assertFalse(edges.isReachable("x", "a"));
    }
}
