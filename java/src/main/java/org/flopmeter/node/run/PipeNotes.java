/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.unit.Precision;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the pipe of the tensor cores did if all of its work was of one precision, as flopmeter-counter tells it beside
 * its lane: flopmeter/pipes/v1, docs/design/0008-counters.md section 6. The files lie in a folder that the program can
 * write to, so they are used only where they agree with the lane to the last FLOP.
 *
 * @param recorded  what the lane got as "unknown"; null = no note, or one that can't be used.
 * @param any       the pipe as it is, in any precision.
 * @param ifAllWere by precision.
 * @param declared  precisions that `--gpu-precision` named; empty = none.
 * @param fault     why there is no note that can be used, null where there is.
 */
record PipeNotes(
    FlopInterval recorded,
    FlopInterval any,
    Map<Precision, FlopInterval> ifAllWere,
    Set<Precision> declared,
    String fault)
{
    static final PipeNotes NONE = none(Set.of(), "no note of flopmeter-counter");

    /** What the pipe lumps. */
    static final Set<Precision> TENSOR = Set.of(
        Precision.TF32, Precision.FP16, Precision.BF16, Precision.FP8, Precision.FP6, Precision.FP4);

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String SCHEMA = "flopmeter/pipes/v1";
    private static final String PIPE = "hmma";
    private static final int LENGTH_MAX = 64 * 1024;
    private static final int NOTES_MAX = 64;

    static PipeNotes none(final Set<Precision> declared, final String fault)
    {
        return new PipeNotes(null, FlopInterval.ZERO, Map.of(), declared, fault);
    }

    /** @param facts of the supervisor, which know what was declared. */
    static PipeNotes read(final Path directory, final JsonNode facts)
    {
        final Set<Precision> declared = declared(facts.path("gpuPrecision").asString(""));
        final List<PipeNotes> notes = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "pipes-*.json"))
        {
            for (final Path file : files)
            {
                if (NOTES_MAX <= notes.size())
                {
                    return none(declared, "more than " + NOTES_MAX + " notes");
                }
                notes.add(of(JSON.readTree(KernelNotes.bytes(file, LENGTH_MAX))));
            }
            return notes.isEmpty() ? none(declared, NONE.fault) : sum(notes, declared);
        }
        catch (final IOException | DirectoryIteratorException | JacksonException | IllegalArgumentException |
            FlopOverflowException e)
        {
            return none(declared, "a note that can't be used: " + e.getMessage());
        }
    }

    /** Is it of the same moments as the lane, which has this as "unknown"? */
    boolean isInStepWith(final FlopInterval unknown)
    {
        return null != recorded && recorded.equals(unknown);
    }

    private static Set<Precision> declared(final String names)
    {
        final Set<Precision> declared = EnumSet.noneOf(Precision.class);
        for (final String name : names.split(","))
        {
            TENSOR.stream().filter(precision -> precision.jsonName().equals(name)).forEach(declared::add);
        }
        return Set.copyOf(declared);
    }

    private static PipeNotes of(final JsonNode json)
    {
        if (!SCHEMA.equals(json.path("schema").asString("")))
        {
            throw new IllegalArgumentException("expected " + SCHEMA);
        }
        if (!json.path("isBounded").asBoolean(false))
        {
            throw new IllegalArgumentException("its upper ends are not bounded");
        }
        FlopInterval any = FlopInterval.ZERO;
        final Map<Precision, FlopInterval> ifAllWere = new EnumMap<>(Precision.class);
        for (final JsonNode pipe : json.path("pipes"))
        {
            if (PIPE.equals(pipe.path("pipe").asString("")))
            {
                any = interval(pipe);
                pipe.path("ifAllWere").forEach(one -> TENSOR.stream()
                    .filter(precision -> precision.jsonName().equals(one.path("precision").asString("")))
                    .forEach(precision -> ifAllWere.put(precision, interval(one))));
            }
        }
        return new PipeNotes(interval(json.path("recorded")), any, ifAllWere, Set.of(), null);
    }

    /** A precision that the chip of one note does not have can't be that of all. */
    private static PipeNotes sum(final List<PipeNotes> notes, final Set<Precision> declared)
    {
        FlopInterval recorded = FlopInterval.ZERO;
        FlopInterval any = FlopInterval.ZERO;
        final Map<Precision, FlopInterval> ifAllWere = new EnumMap<>(Precision.class);
        for (final PipeNotes note : notes)
        {
            recorded = recorded.add(note.recorded);
            any = any.add(note.any);
            note.ifAllWere.forEach((precision, flop) -> ifAllWere.merge(precision, flop, FlopInterval::add));
        }
        ifAllWere.keySet().removeIf(precision -> notes.stream()
            .anyMatch(note -> !note.any.equals(FlopInterval.ZERO) && !note.ifAllWere.containsKey(precision)));
        for (final FlopInterval flop : ifAllWere.values())
        {
            if (0 < flop.point().compareTo(any.upper()))
            {
                throw new IllegalArgumentException("one precision has more than the pipe");
            }
        }
        return new PipeNotes(recorded, any, ifAllWere, declared, null);
    }

    /** An {@link IllegalArgumentException} says why it is none. */
    private static FlopInterval interval(final JsonNode json)
    {
        return FlopInterval.of(FlopCount.parse(json.path("lower").asString("")),
            FlopCount.parse(json.path("point").asString("")), FlopCount.parse(json.path("upper").asString("")));
    }
}
