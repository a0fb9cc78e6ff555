/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.view;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.Purpose;
import org.flopmeter.unit.FlopInterval;

/**
 * One figure as a view has it, beside the whole causal sum, with every difference itemised: what the view counts and
 * what it leaves out are disjoint and make up the whole.
 */
public record ViewComparison(RuleView view, CausalSum counted, FlopInterval leftOutTotal, List<Item> leftOut)
{
    /**
     * A computation that the view leaves out.
     *
     * @param treatment what the view does with its purpose; one that counts says that the view never came there.
     */
    public record Item(String computation, Purpose purpose, FlopInterval flop, Treatment treatment)
    {
        /** Left out because all paths to it are, not for its own purpose. */
        public boolean isOutOfReach()
        {
            return treatment.isCounted();
        }
    }

    public ViewComparison
    {
        leftOut = List.copyOf(leftOut);
    }

    /** The figure of these nodes under a view. */
    public static ViewComparison of(final CausalGraph graph, final RuleView view, final Collection<String> nodes)
    {
        final BitSet of = graph.results(nodes);
        final BitSet counted = view.counted(graph, of);
        final BitSet leftOut = graph.closure(of);
        leftOut.andNot(counted);
        final List<Item> items = new ArrayList<>();
        for (int v = leftOut.nextSetBit(0); v >= 0; v = leftOut.nextSetBit(v + 1))
        {
            if (graph.isComputation(v))
            {
                final BitSet one = new BitSet();
                one.set(v);
                items.add(new Item(graph.name(v), graph.activity(v).purpose(), CausalSum.of(graph, one).total(),
                    view.treatment(graph, v)));
            }
        }
        return new ViewComparison(
            view, CausalSum.of(graph, counted), CausalSum.of(graph, leftOut).total(), items);
    }
}
