/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.assess;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.assess.Assessment;
import org.flopmeter.assess.Plan;
import org.flopmeter.assess.Source;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.graph.GraphTotal;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.policy.PackArgument;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;
import org.flopmeter.policy.Pack;
import org.flopmeter.policy.PackLibrary;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.unit.FlopOverflowException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** From the meter to the answer: docs/assess.md. */
@Command(name = "assess", description = "What rules say about a model or a planned run: duties, reasons, and why.")
public final class AssessCommand extends StreamCommand
{
    private static final String SEED = "seed";

    @Parameters(arity = "0..1", paramLabel = "MODEL",
        description = "A file, node or run as in graph total, or a node of --graph; may be absent with --plan.")
    private String model;

    @Option(names = "--pack", paramLabel = "PACK", description = "A shipped pack or a file; repeatable. Default: seed.")
    private List<String> packs = new ArrayList<>();

    @Option(names = "--all-packs", description = "All shipped packs side by side, differences itemised.")
    private boolean isAllPacks;

    @Option(names = "--facts", paramLabel = "FILE", description = "Declared facts, YAML or JSON.")
    private Path factsFile;

    @Option(names = "--facts-key", paramLabel = "FILE",
        description = "Public key, from policy keygen, that must have signed the facts; repeatable.")
    private List<Path> keyFiles = new ArrayList<>();

    @Option(names = "--inventory", paramLabel = "FILE",
        description = "Devices and links: flopmeter doctor --json of a host, or declared; repeatable.")
    private List<Path> inventoryFiles = new ArrayList<>();

    @Option(names = "--host-gpus", paramLabel = "FILE",
        description = "GPUs of a host that its sidecar reads: flopmeter status --json of it; in no figure; repeatable.")
    private List<Path> statusFiles = new ArrayList<>();

    @Option(names = "--graph", paramLabel = "FILE", description = "A graph in native JSON instead of the records.")
    private Path graphFile;

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory with the records.")
    private Path stateOption;

    @Option(names = "--plan", paramLabel = "FLOP|params=N,tokens=D",
        description = "Add a run that has not begun: what would it trigger?")
    private String planText;

    @Option(names = "--explain", description = "From each verdict to threshold, figure and computations.")
    private boolean isExplained;

    @Option(names = "--fail-on", paramLabel = "CODE",
        description = "Exit with 1 if a pack gives this finding, or this duty for certain; repeatable.")
    private List<String> failOn = new ArrayList<>();

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean isJson;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the JSON document to a file too.")
    private Path outFile;

    @Override
    public Integer call()
    {
        final Plan plan = plan();
        if (null == model && null == plan)
        {
            throw new UsageException("assess: expected a MODEL, a --plan, or both");
        }
        final Source source = null == model ? null : source();
        final AssessFacts facts = AssessFacts.read(factsFile, keys(), inventoryFiles);
        final ArrayNode hostGpus = AssessFacts.hostGpus(statusFiles);
        final String clock = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        final List<Pack> chosen = chosenPacks();
        final ObjectNode document = assessed(source, chosen, facts, plan, clock);
        keys().forEach(key -> document.withArray("/factsSignedBy").addObject()
            .put("name", key.name()).put("fingerprint", key.key().fingerprint()));
        if (!hostGpus.isEmpty())
        {
            document.set("hostGpus", hostGpus);
        }
        if (null != outFile)
        {
            DocumentFiles.write(outFile, DocumentJson.print(document));
        }
        out().print(isJson ? DocumentJson.print(document) :
            new AssessText(Messages.of(System.getenv()), isExplained).of(document));
        return isAnyAsked(document) ? ExitCode.ANSWER_IS_NO : ExitCode.DONE;
    }

    private ObjectNode assessed(
        final Source source, final List<Pack> chosen, final AssessFacts facts, final Plan plan, final String clock)
    {
        final String about = null == factsFile ? "assess" : factsFile.toString();
        try
        {
            return DocumentFiles.accepted(about, () -> facts.located(factsFile,
                () -> Assessment.of(source, chosen, facts.facts(), plan, clock, isExplained)));
        }
        catch (final FlopOverflowException ex)
        {
            throw new UsageException("assess: " + ex.getMessage());
        }
    }

    private List<NoteKey> keys()
    {
        if (null == factsFile && !keyFiles.isEmpty())
        {
            throw new UsageException("assess: --facts-key without --facts");
        }
        try
        {
            return keyFiles.stream().map(KeyFiles::readPublic).toList();
        }
        catch (final SigningException ex)
        {
            throw new UsageException(ex.getMessage());
        }
    }

    private Plan plan()
    {
        try
        {
            return null == planText ? null : Plan.parse(planText);
        }
        catch (final IllegalArgumentException ex)
        {
            throw new UsageException("--plan " + Printable.of(ex.getMessage()));
        }
    }

    private List<Pack> chosenPacks()
    {
        if (isAllPacks && !packs.isEmpty())
        {
            throw new UsageException("assess: expected --pack or --all-packs, not both");
        }
        final List<String> names = isAllPacks ? PackLibrary.names() : packs.isEmpty() ? List.of(SEED) : packs;
        return names.stream().map(PackArgument::read).toList();
    }

    private Source source()
    {
        if (null != graphFile)
        {
            final byte[] utf8 = DocumentFiles.bytes(graphFile, DocumentFiles.GRAPH_LENGTH_MAX);
            return DocumentFiles.accepted(graphFile.toString(), () ->
            {
                final Source declared = Source.declared(
                    GraphReader.read(JsonView.root(StrictJson.read(utf8)).object()), List.of(model));
                declared.graph().result(model);
                return declared;
            });
        }
        final GraphRecords records = GraphRecords.of(stateOption);
        final GraphRecords.Target target = records.require(model);
        return new Source(records.graph().graph(), target.ids(), id -> basis(records, id),
            records.contents().damages().isEmpty(), true, name -> records.require(name).ids());
    }

    /** What was imported is what a document says: nobody measured it here. */
    private static String basis(final GraphRecords records, final String id)
    {
        return switch (GraphTotal.basisOf(records.graph(), id))
        {
            case GraphTotal.METERED -> Source.MEASURED;
            case GraphTotal.UNKNOWN -> Source.UNKNOWN;
            default -> Source.DECLARED;
        };
    }

    private boolean isAnyAsked(final JsonNode document)
    {
        for (final JsonNode pack : document.get("packs"))
        {
            for (final JsonNode finding : pack.get("findings"))
            {
                if (failOn.contains(finding.get("code").asString()))
                {
                    return true;
                }
            }
            for (final JsonNode duty : pack.get("duties"))
            {
                if (failOn.contains(duty.get("code").asString()) && "CERTAIN".equals(duty.get("strength").asString()))
                {
                    return true;
                }
            }
        }
        return false;
    }
}
