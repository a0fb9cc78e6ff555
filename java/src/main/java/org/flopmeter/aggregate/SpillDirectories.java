/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;
import java.nio.file.Path;

/** Knows where metered processes put lanes when a meter directory has no room for them. */
@FunctionalInterface
public interface SpillDirectories
{
    /** Meter directories without a second place for lanes. */
    SpillDirectories NONE = (meterDirectory) -> null;

    /** The second directory for lanes of this meter directory, null when it has none. */
    Path of(Path meterDirectory) throws IOException;
}
