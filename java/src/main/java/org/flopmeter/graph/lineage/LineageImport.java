/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
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
     * @param document native JSON, checked by {@link GraphReader}.
     * @param notes    what could not be mapped, and what had to be assumed, a line each.
     */
    public record Imported(ObjectNode document, List<String> notes, int eventCount, int runCount)
    {
        public Imported
        {
            notes = List.copyOf(notes);
        }
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
        for (final Placed placed : EventDocument.read(file, utf8))
        {
            try
            {
                fold.event(placed);
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
        final ObjectNode document = new LineageMapper(fold, humans, notes).document();
        GraphReader.read(JsonView.root(document));
        return new Imported(document, notes.lines(), fold.eventCount(), fold.runs().size());
    }
}
