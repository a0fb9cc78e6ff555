/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.flopmeter.node.run.RunFacts.CpuTally;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** The second account of CPU time in facts.json. */
class RunFactsTallyTest
{
    private static CpuTally of(final String members)
    {
        return CpuTally.of(JsonMapper.shared().readTree("{" + members + "}"));
    }

    @Test
    void shouldReadBothTallies()
    {
        assertEquals(new CpuTally(5, "task clock"), of("\"cpuTally\": \"task clock\", \"cpuTallyNs\": 5"));
        assertEquals(new CpuTally(0, "cgroup"), of("\"cpuTally\": \"cgroup\", \"cpuTallyNs\": 0"));
    }

    /** What can't be read as one is none: then nothing narrows the upper end. */
    @ParameterizedTest
    @ValueSource(strings = {
        "\"cpuComplete\": true",
        "\"cpuTally\": null, \"cpuTallyNs\": null",
        "\"cpuTally\": \"abacus\", \"cpuTallyNs\": 5",
        "\"cpuTally\": \"cgroup\", \"cpuTallyNs\": -1",
        "\"cpuTally\": \"cgroup\", \"cpuTallyNs\": 5.0",
        "\"cpuTally\": \"cgroup\", \"cpuTallyNs\": \"5\"",
        "\"cpuTally\": \"cgroup\", \"cpuTallyNs\": 9223372036854775808",
        "\"cpuTally\": \"cgroup\""
    })
    void shouldTakeNothingElse(final String members)
    {
        assertNull(of(members));
    }
}
