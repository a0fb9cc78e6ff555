/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.flopmeter.graph.lineage.EventDocument.Placed;
import org.flopmeter.json.JsonView;
import org.flopmeter.unit.Ratio;

/** Folds events into runs. What it holds does not depend on the order of the events, nor on repeated ones. */
final class EventFold
{
    private static final Set<String> TYPES = Set.of("START", "RUNNING", "COMPLETE", "FAIL", "ABORT", "OTHER");
    private static final Set<String> REPLACING = Set.of("CREATE", "OVERWRITE", "TRUNCATE");

    private final LineageNotes notes;
    private final Map<String, LineageRun> runs = new TreeMap<>();
    private final Map<VersionName, ArtifactFacet> artifacts = new HashMap<>();
    private final Set<DatasetName> datasets = new TreeSet<>();
    private final DatasetAliases aliases = new DatasetAliases();
    private int eventCount;

    /** A version, or with null the dataset whatever the version. */
    record VersionName(DatasetName dataset, String version)
    {
    }

    EventFold(final LineageNotes notes)
    {
        this.notes = notes;
    }

    void event(final Placed placed)
    {
        final JsonView event = placed.event();
        eventCount++;
        if (!event.has("run"))
        {
            notes.unmapped(event.has("dataset") ? "an event about a dataset, not a run" :
                event.has("job") ? "an event about a job, not a run" : "an event about nothing known",
                placed.place(event));
            return;
        }
        final Ratio time = EventTime.read(event.member("eventTime"));
        final String type = type(placed);
        final JsonView id = event.member("run").member("runId");
        if (id.string().isBlank())
        {
            throw id.wrong("the id of a run");
        }
        final LineageRun run = runs.computeIfAbsent(id.string(), LineageRun::new);
        run.event(time, type);
        job(placed, run);
        runFacets(placed, run, time, type);
        for (final JsonView input : JsonFacets.list(event, "inputs"))
        {
            dataset(placed, run, time, input, run.inputs(), "inputFacets");
        }
        for (final JsonView output : JsonFacets.list(event, "outputs"))
        {
            dataset(placed, run, time, output, run.outputs(), "outputFacets");
        }
    }

    private String type(final Placed placed)
    {
        final String type = ComputeFacet.text(placed.event(), "eventType");
        if (null != type && !TYPES.contains(type))
        {
            notes.unmapped("event type " + JsonFacets.shown(type),
                placed.place(placed.event().member("eventType")));
        }
        return null == type ? "OTHER" : type;
    }

    private void job(final Placed placed, final LineageRun run)
    {
        final JsonView job = placed.event().member("job");
        run.jobs().add(job.member("namespace").string() + "/" + job.member("name").string());
        JsonFacets.of(job, "facets").forEach((name, facet) ->
            notes.unmapped("job facet " + JsonFacets.shown(name), placed.place(facet)));
    }

    private void runFacets(final Placed placed, final LineageRun run, final Ratio time, final String type)
    {
        JsonFacets.of(placed.event().member("run"), "facets").forEach((name, facet) ->
        {
            switch (name)
            {
                case ComputeFacet.NAME -> run.compute(time, type, ComputeFacet.read(facet));
                case "parent" -> run.parents().add(facet.member("run").member("runId").string());
                default -> notes.unmapped("run facet " + JsonFacets.shown(name), placed.place(facet));
            }
        });
    }

    private void dataset(
        final Placed placed,
        final LineageRun run,
        final Ratio time,
        final JsonView dataset,
        final Mentions side,
        final String sideFacets)
    {
        final DatasetName name = DatasetName.read(dataset);
        final Map<String, JsonView> facets = JsonFacets.of(dataset, "facets");
        final String version = version(facets.get("version"));
        boolean isReplaced = false;
        datasets.add(name);
        for (final Map.Entry<String, JsonView> entry : facets.entrySet())
        {
            final JsonView facet = entry.getValue();
            switch (entry.getKey())
            {
                case "version" ->
                {
                    // Read already: the other facets may belong to it.
                }
                case ArtifactFacet.NAME -> artifact(placed, new VersionName(name, version), time, facet);
                case "symlinks" -> symlinks(name, facet);
                case "lifecycleStateChange" -> isReplaced = side == run.outputs() && change(placed, run, facet);
                default -> notes.unmapped("dataset facet " + JsonFacets.shown(entry.getKey()), placed.place(facet));
            }
        }
        JsonFacets.of(dataset, sideFacets).forEach((facetName, facet) ->
            notes.unmapped(sideFacets + " " + JsonFacets.shown(facetName), placed.place(facet)));
        side.add(name, version, isReplaced);
    }

    private static String version(final JsonView facet)
    {
        final String version = null == facet ? null : facet.member("datasetVersion").string();
        return null == version || version.isBlank() ? null : version;
    }

    private void artifact(final Placed placed, final VersionName name, final Ratio time, final JsonView facet)
    {
        final ArtifactFacet artifact = ArtifactFacet.read(facet, time);
        if (null == name.version && (null != artifact.id() || artifact.hasInstant()))
        {
            notes.unmapped("id and t of a dataset without a version facet", placed.place(facet));
        }
        artifacts.merge(name, artifact, ArtifactFacet::latest);
    }

    private void symlinks(final DatasetName name, final JsonView facet)
    {
        for (final JsonView other : JsonFacets.list(facet, "identifiers"))
        {
            aliases.join(name, DatasetName.read(other));
        }
    }

    /** Is nothing left of what was there? Whatever else changed a dataset is taken as added to it. */
    private boolean change(final Placed placed, final LineageRun run, final JsonView facet)
    {
        final JsonView change = facet.member("lifecycleStateChange");
        final JsonView previous = ComputeFacet.present(facet, "previousIdentifier");
        if (null != previous)
        {
            // What the dataset holds came from the one of the other name.
            final DatasetName name = DatasetName.read(previous);
            datasets.add(name);
            run.inputs().add(name, null, false);
        }
        else if (!REPLACING.contains(change.string()) && !"ALTER".equals(change.string()))
        {
            notes.unmapped("change of a dataset: " + JsonFacets.shown(change.string()), placed.place(change));
        }
        return REPLACING.contains(change.string());
    }

    int eventCount()
    {
        return eventCount;
    }

    Map<String, LineageRun> runs()
    {
        return runs;
    }

    Map<VersionName, ArtifactFacet> artifacts()
    {
        return artifacts;
    }

    /** Names as the events have them. */
    Set<DatasetName> datasets()
    {
        return datasets;
    }

    DatasetAliases aliases()
    {
        return aliases;
    }
}
