/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.flopmeter.node.io.ChildRunner;
import org.flopmeter.node.text.Printable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which GPUs can be counted from outside the program, and whether CUPTI can count inside of it: what {@code
 * flopmeter-counter probe} says, in its own process.
 */
final class GpuCheck
{
    private static final String ID = "gpu";
    private static final String SETUP = "run: flopmeter setup";
    /* Sources of the probe that count inside the program, and the doctor's names for them. */
    private static final Map<String, String> INSIDE = Map.of("cupti-range", "executed", "cupti-activity", "kernels");

    private GpuCheck()
    {
    }

    static List<DoctorCheck> examine(final Path nativePath, final ChildRunner children)
    {
        final Path program = nativePath.resolveSibling("bin").resolve("flopmeter-counter");
        if (!Files.exists(program))
        {
            return List.of(DoctorCheck.no(ID, program + " is missing", SETUP));
        }
        final ChildRunner.Output output = children.run(Map.of(), List.of(program.toString(), "probe"));
        if (0 != output.exitCode())
        {
            return List.of(DoctorCheck.no(ID, "the vendor's library took flopmeter-counter with it, or too long: " +
                "exit code " + output.exitCode(), "see what nvidia-smi says, and the kernel log"));
        }
        try
        {
            return checks(JsonMapper.shared().readTree(output.text()).path("sources"));
        }
        catch (final JacksonException e)
        {
            return List.of(DoctorCheck.no(ID, "flopmeter-counter gave no answer that can be read", SETUP));
        }
    }

    private static List<DoctorCheck> checks(final JsonNode sources)
    {
        final List<JsonNode> outside = new ArrayList<>();
        final List<DoctorCheck> checks = new ArrayList<>();
        for (final JsonNode source : sources)
        {
            final String id = INSIDE.get(source.path("name").asString(""));
            if (null == id)
            {
                outside.add(source);
                continue;
            }
            final String detail = Printable.of(source.path("detail").asString(""));
            checks.add(isAvailable(source) ? DoctorCheck.yes(id, detail) :
                DoctorCheck.no(id, detail, Printable.of(source.path("remedy").asString(""))));
        }
        checks.add(0, of(outside));
        return checks;
    }

    private static boolean isAvailable(final JsonNode source)
    {
        return "available".equals(source.path("state").asString(""));
    }

    private static DoctorCheck of(final List<JsonNode> sources)
    {
        final List<String> details = new ArrayList<>();
        final List<String> remedies = new ArrayList<>();
        final Set<String> devices = new HashSet<>();
        final Set<String> available = new HashSet<>();
        for (final JsonNode source : sources)
        {
            final String device = source.path("device").asString("");
            final String remedy = Printable.of(source.path("remedy").asString(""));
            devices.add(device);
            if (isAvailable(source))
            {
                available.add(device);
            }
            details.add((device.isEmpty() ? "" : Printable.of(device) + ": ") +
                Printable.of(source.path("detail").asString("")));
            if (!remedy.isBlank() && !remedies.contains(remedy))
            {
                remedies.add(remedy);
            }
        }
        if (available.isEmpty())
        {
            return DoctorCheck.no(ID, details.isEmpty() ? "the driver knows no GPU" : String.join("; ", details),
                remedies.isEmpty() ? "nothing to do without a GPU" : String.join("; ", remedies));
        }
        return available.size() == devices.size() ? DoctorCheck.yes(ID, String.join("; ", details)) :
            DoctorCheck.partly(ID, String.join("; ", details), String.join("; ", remedies));
    }
}
