/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.util.HashMap;
import java.util.Map;

import org.flopmeter.wire.LaneHeader;
import org.flopmeter.wire.LaneMapper;

/**
 * Which producers are alive, each asked for once per cycle: the lanes of one process all have the same, and to ask is
 * to read a file of /proc. That an answer is older than a lane's turn does no harm: the dead write nothing more.
 */
final class Liveness
{
    private final LaneMapper mapper;
    private final Map<Producer, Boolean> answers = new HashMap<>();

    private record Producer(int pid, long startTicks, long pidNamespace)
    {
    }

    Liveness(final LaneMapper mapper)
    {
        this.mapper = mapper;
    }

    void askAnew()
    {
        answers.clear();
    }

    boolean isAlive(final LaneHeader header)
    {
        return answers.computeIfAbsent(
            new Producer(header.pid(), header.pidStartTicks(), header.pidNamespace()),
            (producer) -> mapper.isAlive(producer.pid, producer.startTicks, producer.pidNamespace));
    }
}
