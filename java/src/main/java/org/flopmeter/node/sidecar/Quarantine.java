/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Meter directories that a sidecar leaves alone, with the reasons. What finds no room is counted. One thread. */
final class Quarantine
{
    static final int REASONS_MAX = 256;

    private final Map<Path, String> reasons = new LinkedHashMap<>();
    private long beyondCount;

    /** True when this is news. */
    boolean add(final Path directory, final String reason)
    {
        if (reasons.size() >= REASONS_MAX && !reasons.containsKey(directory))
        {
            beyondCount++;
            return false;
        }
        return !reason.equals(reasons.put(directory, reason));
    }

    void remove(final Path directory)
    {
        reasons.remove(directory);
    }

    /** Forget those that are gone. */
    boolean retain(final Set<Path> present)
    {
        return reasons.keySet().removeIf(
            directory -> !present.contains(directory) && !Files.exists(directory, LinkOption.NOFOLLOW_LINKS));
    }

    Map<Path, String> reasons()
    {
        return reasons;
    }

    /** Times that there was no room for a reason. */
    long beyondCount()
    {
        return beyondCount;
    }
}
