/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.latency;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;

import org.flopmeter.bench.card.ScoreCard;
import org.junit.jupiter.api.Test;

class LatencyFiguresTest
{
    @Test
    void shouldWarnOfALaneThatStarved()
    {
        final ScoreCard card = new ScoreCard("jvm", "cpu", true);
        final LatencyFigures figures = new LatencyFigures(card, true);

        figures.warnStarved(0.9);
        assertEquals(List.of(), card.warnings());

        figures.warnStarved(0.43);
        assertEquals(List.of(
            "stalenessP99: a lane starved: 43 % of the records that a lane had on the mean came from its ring"),
            card.warnings());
    }
}
