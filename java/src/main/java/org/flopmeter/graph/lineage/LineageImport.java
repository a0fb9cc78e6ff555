/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.graph.lineage.EventDocument.Placed;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes a graph of OpenLineage run events (2-0-2) from any number of files. The graph depends on what the events say,
 * not on their order, nor on how often each came. One thread, one use.
 */
public final class LineageImport
{
    private final LineageNotes notes = new LineageNotes();
    private final EventFold fold = new EventFold(notes);

    /**
     * The graph of events.
     *
     * @param document native JSON.
     * @param graph    the same, as {@link GraphReader} reads it.
     * @param notes    what could not be mapped, and what had to be assumed, a line each.
     * @param origins  nodes that stand for what no run of these events wrote, by id.
     */
    public record Imported(
        ObjectNode document, CausalGraph graph, List<String> notes, int eventCount, int runCount,
        Map<String, Unwritten> origins)
    {
        public Imported
        {
            notes = List.copyOf(notes);
            origins = Collections.unmodifiableMap(new TreeMap<>(origins));
        }
    }

    /**
     * A version of a dataset that no run of the events wrote.
     *
     * @param artifact id of the version's node.
     * @param dataset  "namespace/name".
     * @param isHuman  is it declared to be made by people? Else its origin is unknown.
     */
    public record Unwritten(String artifact, String dataset, boolean isHuman)
    {
    }

    /**
     * Add the events of a file: one, an array, or one a line.
     *
     * @param file what to call the file in notes, such as "a.json: "; empty when there is but one.
     * @throws JsonFormatException   or a {@link GraphRefusedException}, with line and JSON path, for what is no event.
     *                               Nothing is to be asked of this object then.
     */
    public void add(final String file, final byte[] utf8)
    {
        add(file, utf8, 0, null);
    }

    /**
     * The same; and each event goes to a handler as lines that mean as much as the event did.
     *
     * @param lengthMax bytes of a line.
     */
    public void add(final String file, final byte[] utf8, final int lengthMax, final Consumer<String> lines)
    {
        for (final Placed placed : EventDocument.read(file, utf8))
        {
            try
            {
                fold.event(placed);
                if (null != lines)
                {
                    EventReduction.lines(placed.event(), lengthMax).forEach(lines);
                }
            }
            catch (final JsonFormatException ex)
            {
                throw new JsonFormatException(placed.prefix() + ex.getMessage().split(": ", 2)[0],
                    ex.getMessage().split(": ", 2)[1]);
            }
            catch (final GraphRefusedException ex)
            {
                throw new GraphRefusedException(ex.refusal(), placed.prefix() + ex.getMessage());
            }
        }
    }

    /** What could not be mapped so far, a line each. */
    public List<String> unmapped()
    {
        return notes.unmappedLines();
    }

    /**
     * The graph of all events.
     *
     * @param human      names "namespace/name" of datasets that people made, where no run is known to have.
     * @param isHumanAll are all such datasets made by people?
     * @throws GraphRefusedException when the events contradict each other.
     */
    public Imported graph(final Collection<String> human, final boolean isHumanAll)
    {
        final HumanDatasets humans = new HumanDatasets(isHumanAll, new ArrayList<>(human), fold, notes);
        final LineageMapper mapper = new LineageMapper(fold, humans, notes);
        final ObjectNode document = mapper.document();
        final CausalGraph graph = GraphReader.read(JsonView.root(document));
        return new Imported(document, graph, notes.lines(), fold.eventCount(), fold.runs().size(), mapper.origins());
    }
}
