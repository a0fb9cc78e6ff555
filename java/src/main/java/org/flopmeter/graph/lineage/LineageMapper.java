/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.document.GraphWriter;
import org.flopmeter.graph.lineage.EventFold.VersionName;
import org.flopmeter.graph.lineage.Launches.Segments;
import org.flopmeter.graph.lineage.LineageImport.Unwritten;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Makes a native document of folded events: runs become computations, versions of datasets artifacts. */
final class LineageMapper
{
    private static final String UNKNOWN = "unknown";
    private static final FlopInterval NOTHING_KNOWN = FlopInterval.unbounded(FlopCount.ZERO, FlopCount.ZERO);

    private final LineageNotes notes;
    private final HumanDatasets humans;
    private final List<LineageRun> runs;
    private final Launches launches;
    private final Map<DatasetName, DatasetHistory> histories = new TreeMap<>();
    private final Map<VersionName, ArtifactFacet> facets = new HashMap<>();
    private final Map<LineageRun, List<DatasetVersion>> reads = new HashMap<>();
    private final Map<LineageRun, Segments> segments = new HashMap<>();
    private final Map<DatasetVersion, Ratio> readersEnd = new HashMap<>();
    private final Map<Object, String> ids = new HashMap<>();
    private final Set<String> taken = new HashSet<>();
    private final Map<String, Unwritten> origins = new HashMap<>();
    private final Map<String, Integer> repeated = new HashMap<>();
    private final ObjectNode document = JsonNodeFactory.instance.objectNode().put("schema", GraphWriter.SCHEMA);
    private final ArrayNode nodes = document.putArray("nodes");
    private final ArrayNode edges = document.putArray("edges");

    LineageMapper(final EventFold fold, final HumanDatasets humans, final LineageNotes notes)
    {
        this.notes = notes;
        this.humans = humans;
        fold.runs().values().forEach(run -> run.rename(fold.aliases()));
        fold.artifacts().forEach((name, facet) -> facets.merge(
            new VersionName(fold.aliases().canonical(name.dataset()), name.version()), facet, ArtifactFacet::latest));
        runs = fold.runs().values().stream().sorted(Comparator.comparing(LineageRun::key)).toList();
        launches = Launches.of(fold.runs(), notes);
    }

    ObjectNode document()
    {
        histories();
        reads();
        runs.forEach(this::name);
        versions().forEach(this::name);
        runs.forEach(this::computation);
        versions().forEach(this::artifact);
        runs.forEach(this::edgesOf);
        histories.values().forEach(this::origins);
        return document;
    }

    /** Nodes that stand for what no run wrote, by id. */
    Map<String, Unwritten> origins()
    {
        return origins;
    }

    private void histories()
    {
        for (final LineageRun run : runs)
        {
            run.inputs().datasets().forEach(this::history);
            run.outputs().datasets().forEach(dataset -> history(dataset).writer(run));
        }
        histories.values().forEach(DatasetHistory::sort);
    }

    private DatasetHistory history(final DatasetName dataset)
    {
        return histories.computeIfAbsent(dataset, DatasetHistory::new);
    }

    /** Twice: that one run found something before all writers shows what others can have read. */
    private void reads()
    {
        for (final LineageRun run : runs)
        {
            for (final DatasetName dataset : run.inputs().datasets())
            {
                if (history(dataset).reads(run).isEmpty())
                {
                    history(dataset).requireOrigin();
                }
            }
        }
        for (final LineageRun run : runs)
        {
            final List<DatasetVersion> of = new ArrayList<>();
            run.inputs().datasets().forEach(dataset -> of.addAll(history(dataset).reads(run)));
            reads.put(run, of);
            segments.put(run, launches.segments(run, of));
            if (null != run.end())
            {
                of.forEach(version -> readersEnd.merge(version, run.end(), Ratio::min));
            }
        }
    }

    private List<DatasetVersion> versions()
    {
        final List<DatasetVersion> versions = new ArrayList<>();
        for (final DatasetHistory history : histories.values())
        {
            if (null != history.origin())
            {
                versions.add(history.origin());
            }
            versions.addAll(history.foreign());
            versions.addAll(history.written());
        }
        return versions;
    }

    private void name(final LineageRun run)
    {
        final boolean isGiven = null != run.facet() && null != run.facet().id();
        ids.put(run, take(isGiven ? run.facet().id().replace("@", "%40") : escaped(run.runId())));
    }

    private void name(final DatasetVersion version)
    {
        final ArtifactFacet facet = null == version.version() ? null : facet(version);
        final String number = null != version.version() ? version.version() :
            Integer.toString(version.number());
        ids.put(version, take(null != facet && null != facet.id() ? facet.id().replace("@", "%40") :
            escaped(version.dataset().text() + "#" + number)));
    }

    /** '@' belongs to segments. Its escape is escaped too, so that no two names become one. */
    private static String escaped(final String name)
    {
        return name.replaceAll("%(?=40|25)", "%25").replace("@", "%40");
    }

    private String take(final String wanted)
    {
        String id = wanted;
        while (!taken.add(id))
        {
            id = wanted + "~" + repeated.merge(wanted, 1, Integer::sum);
        }
        if (!id.equals(wanted))
        {
            notes.assumed("two nodes would be called " + JsonFacets.shown(wanted) + ": one is " +
                JsonFacets.shown(id));
        }
        return id;
    }

    private void computation(final LineageRun run)
    {
        final ObjectNode node = nodes.addObject().put("id", ids.get(run)).put("kind", "computation");
        node.put("job", run.jobs().iterator().next());
        final String words = "run " + JsonFacets.shown(run.runId());
        if (run.jobs().size() > 1)
        {
            notes.assumed(words + " is of several jobs: labelled with the first of " +
                JsonFacets.shown(run.jobs().toString()));
        }
        if (null != run.facet() && Purpose.UNSPECIFIED != run.facet().purpose())
        {
            node.put("purpose", run.facet().purpose().jsonName());
        }
        known(node, "start", run.start());
        final JsonNode flop = flop(run, words);
        final int count = segments.get(run).count();
        if (1 == count)
        {
            node.set("flop", flop);
            known(node, "end", run.end());
            return;
        }
        final ArrayNode parts = node.putArray("segments");
        for (int k = 1; k <= count; k++)
        {
            final ObjectNode part = parts.addObject();
            part.set("flop", 1 == k ? flop : JsonNodeFactory.instance.objectNode());
            if (k == count || 2 == count && segments.get(run).isLastIdle())
            {
                // The work goes on between a launch and the end: it is not in the first instants alone.
                known(part, "end", run.end());
            }
        }
    }

    private JsonNode flop(final LineageRun run, final String words)
    {
        final Map<String, FlopInterval> flop = new TreeMap<>();
        if (null == run.facet())
        {
            notes.assumed(words + " reports no FLOP: unknown, without an upper end");
            flop.put(UNKNOWN, NOTHING_KNOWN);
        }
        else if (run.isReportedToTheEnd())
        {
            flop.putAll(run.facet().flop());
        }
        else
        {
            notes.assumed(words + (run.isEnded() ? " reported its FLOP before its end: no upper end" :
                " is in flight: FLOP as reported so far, without an upper end"));
            flop.put(UNKNOWN, NOTHING_KNOWN);
            run.facet().flop().forEach((precision, weight) ->
                flop.put(precision, FlopInterval.unbounded(weight.lower(), weight.point())));
        }
        return GraphWriter.flop(new TreeMap<>(flop));
    }

    private void artifact(final DatasetVersion version)
    {
        final ArtifactFacet facet = facet(version);
        final ObjectNode node = nodes.addObject().put("id", ids.get(version))
            .put("kind", (null == facet ? NodeKind.DATASET : facet.kind()).jsonName());
        if (null != version.version() && null != facet && facet.hasInstant())
        {
            known(node, "t", facet.instant());
            return;
        }
        final Ratio instant = version.instant();
        final Ratio read = readersEnd.get(version);
        if (null != instant && null != read && read.compareTo(instant) < 0)
        {
            notes.assumed("dataset " + JsonFacets.shown(ids.get(version)) +
                " was read before its writer ended: its time is unknown");
            return;
        }
        known(node, "t", instant);
    }

    /** The version's own facet, else that of the dataset. */
    private ArtifactFacet facet(final DatasetVersion version)
    {
        final ArtifactFacet own = facets.get(new VersionName(version.dataset(), version.version()));
        return null == own ? facets.get(new VersionName(version.dataset(), null)) : own;
    }

    private void edgesOf(final LineageRun run)
    {
        final Segments of = segments.get(run);
        for (final DatasetVersion read : reads.get(run))
        {
            edge(ids.get(read), part(run, of.reads().get(read)));
        }
        final List<LineageRun> launched = new ArrayList<>(of.launches().keySet());
        launched.sort(Comparator.comparing(LineageRun::key));
        launched.forEach(child -> edge(part(run, of.launches().get(child)), part(child, 1)));
        for (final DatasetName dataset : run.outputs().datasets())
        {
            for (final DatasetVersion version : history(dataset).writtenBy(run))
            {
                written(edge(part(run, of.count()), ids.get(version)), run);
            }
        }
    }

    private static void written(final ObjectNode edge, final LineageRun run)
    {
        if (null != run.facet() && Cut.NONE != run.facet().cut())
        {
            edge.put("cut", run.facet().cut().jsonName()).put("argument", run.facet().argument());
        }
    }

    private String part(final LineageRun run, final int segment)
    {
        return 1 == segments.get(run).count() ? ids.get(run) : ids.get(run) + "@" + segment;
    }

    /** What a dataset held goes on in its next version, unless that says otherwise; the first came from somewhere. */
    private void origins(final DatasetHistory history)
    {
        DatasetVersion previous = history.origin();
        for (final DatasetVersion version : history.written())
        {
            if (null != previous && !version.isReplacing())
            {
                edge(ids.get(previous), ids.get(version));
            }
            previous = version;
        }
        if (null != history.origin())
        {
            origin(history.origin());
        }
        history.foreign().forEach(this::origin);
    }

    private void origin(final DatasetVersion version)
    {
        final String id = ids.get(version);
        final boolean isHuman = humans.contains(version.dataset());
        final String origin = take((isHuman ? "human:" : "unknown:") + id);
        final ObjectNode node = nodes.addObject().put("id", origin);
        if (isHuman)
        {
            node.put("kind", "human");
        }
        else
        {
            final Map<String, FlopInterval> flop = Map.of(UNKNOWN, NOTHING_KNOWN);
            node.put("kind", "computation").set("flop", GraphWriter.flop(new TreeMap<>(flop)));
        }
        edge(origin, id);
        origins.put(origin, new Unwritten(id, version.dataset().text(), isHuman));
        notes.assumed("dataset " + JsonFacets.shown(id) + " was written by no known run: " +
            (isHuman ? "made by people, as declared" : "unknown origin, without an upper end"));
    }

    private ObjectNode edge(final String cause, final String effect)
    {
        return edges.addObject().put("from", cause).put("to", effect);
    }

    private static void known(final ObjectNode node, final String name, final Ratio time)
    {
        if (null != time)
        {
            node.set(name, GraphWriter.seconds(time));
        }
    }
}
