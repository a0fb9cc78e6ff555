/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One kind of CPU in /proc/cpuinfo.
 *
 * @param architecture "x86_64", "aarch64" or "other".
 * @param key          vendor/family/model, or implementer/part.
 * @param features     flags (x86) or Features (aarch64).
 */
record CpuInfo(String architecture, String key, String model, Set<String> features)
{
    private static final int VECTOR_LENGTH_MAX = 256;
    private static final int VECTOR_LENGTH_DEFAULT_CAP = 64;

    /** The distinct kinds of CPU, empty when the file can't be read. */
    static List<CpuInfo> read(final Path cpuinfo)
    {
        final String text;
        try
        {
            text = Files.readString(cpuinfo, StandardCharsets.ISO_8859_1);
        }
        catch (final IOException e)
        {
            return List.of();
        }

        final Set<CpuInfo> kinds = new LinkedHashSet<>();
        for (final String block : text.split("\\R\\s*\\R"))
        {
            final Map<String, String> fields = new HashMap<>();
            for (final String line : block.split("\\R"))
            {
                final int colon = line.indexOf(':');
                if (0 < colon)
                {
                    fields.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
                }
            }
            if (fields.containsKey("processor"))
            {
                kinds.add(of(fields));
            }
        }
        return List.copyOf(kinds);
    }

    /** Bytes of the longest SVE vector. The kernel caps the default at 64, so 64 may hide anything up to the most. */
    static int vectorLength(final Path root)
    {
        try
        {
            final int length = Integer.parseInt(
                Files.readString(root.resolve("proc/sys/abi/sve_default_vector_length")).strip());
            return 0 < length && length < VECTOR_LENGTH_DEFAULT_CAP ? length : VECTOR_LENGTH_MAX;
        }
        catch (final IOException | NumberFormatException e)
        {
            return VECTOR_LENGTH_MAX;
        }
    }

    private static CpuInfo of(final Map<String, String> fields)
    {
        if (fields.containsKey("flags") && fields.containsKey("vendor_id"))
        {
            return new CpuInfo(
                "x86_64",
                fields.get("vendor_id") + "/" + fields.get("cpu family") + "/" + fields.get("model"),
                fields.getOrDefault("model name", "x86"),
                words(fields.get("flags")));
        }
        if (fields.containsKey("Features") && fields.containsKey("CPU implementer"))
        {
            final String key = fields.get("CPU implementer") + "/" + fields.get("CPU part");
            return new CpuInfo("aarch64", key, "Arm " + key, words(fields.get("Features")));
        }
        final String name = fields.getOrDefault("model name", fields.getOrDefault("isa", "unknown"));
        return new CpuInfo("other", name, name, Set.of());
    }

    private static Set<String> words(final String text)
    {
        return new HashSet<>(Arrays.asList(text.split("\\s+")));
    }
}
