/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;

import org.flopmeter.bench.consumer.ConsumerOnly;
import org.flopmeter.bench.fork.Fork;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.latency.Staleness;
import org.flopmeter.bench.overload.Overload;
import org.flopmeter.bench.producer.ProducerCost;
import org.flopmeter.bench.producer.ProducerLive;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each measurement once, as small as it goes: that it measures the right thing, never how fast. */
class EndToEndTest
{
    private static final String STARVING = "lanes=16 slots=16 ring=65536 rate=48000 durationMs=2500 warmUpMs=50";

    @BeforeAll
    static void needsTwoCpus()
    {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "one CPU: there is no other to send samples to");
    }

    private static Results run(final Measurement measurement, final String... settings) throws Exception
    {
        final Results results = new Results();
        measurement.run(Settings.of(List.of(settings)), results);
        return results;
    }

    @Test
    void shouldCountEverySampleOfEveryRound() throws Exception
    {
        final Results results = run(new EndToEnd(), "samples=300000", "rounds=2", "warmUp=0", "ring=262144");
        assertEquals(2, results.numbers("samplesPerSec").length);
        assertTrue(results.all("exact"), () -> results.texts("difference").toString());
        assertEquals(List.of("0", "0"), results.texts("folded"), "a throughput is of what went through the ring");
        assertEquals(1024, results.number("keys"));
    }

    @Test
    void shouldCountSingleCallsAndManyLanes() throws Exception
    {
        final Results results = run(new EndToEnd(),
            "samples=200000", "rounds=1", "warmUp=0", "ring=262144", "single=true", "sweep=threads:1,5");
        assertTrue(results.all("exact"), () -> results.texts("difference").toString());
        assertTrue(results.has("samplesPerSec.1"));
        assertTrue(results.has("samplesPerSec.5"));
    }

    /** The canary: a total that is wrong by one FLOP must not pass. */
    @Test
    void shouldCatchAPlantedFlop() throws Exception
    {
        final Results results = run(
            new EndToEnd(), "samples=100000", "rounds=1", "warmUp=0", "ring=262144", "plant=true");
        assertFalse(results.all("exact"), "one FLOP too many was expected and not missed");
        assertEquals(1, results.texts("difference").size());
    }

    @Test
    void shouldComeBackFromAFork() throws Exception
    {
        final Results results = Fork.run(EndToEnd.class,
            Settings.of(List.of("samples=100000", "rounds=1", "warmUp=0", "ring=262144")));
        assertTrue(results.all("exact"), () -> results.texts("difference").toString());
    }

    @Test
    void shouldDrainARingThatIsFilledAgain() throws Exception
    {
        final Results results = run(new ConsumerOnly(), "laps=2", "rounds=2", "warmUp=3", "ring=262144", "slots=300");
        assertTrue(results.all("exact"));
        assertEquals(1, results.texts("placement.samplesPerSec").size());
        assertEquals(1, results.texts("placement.touchSamplesPerSec").size());
        assertEquals(
            5 * 2, results.texts("exact").size(),
            "each round: aggregator with two kinds of records, the reader alone, additions alone in two ways");
        assertEquals(2, results.numbers("addSamplesPerSec").length);
        assertEquals(2, results.numbers("addAndSumSamplesPerSec").length);
    }

    @Test
    void shouldKnowWhatProducersSent() throws Exception
    {
        final Results results = run(new ProducerCost(), "samples=200000", "rounds=2");
        assertTrue(results.all("freeExact"));
        assertEquals(2, results.numbers("stampedNs").length);
        for (final String name : List.of("freeNs", "stampedNs", "freeOneNs", "fullNs", "fullRecordNs"))
        {
            assertEquals(1, results.texts("placement." + name).size(), name);
        }
        assertTrue(results.all("stampedExact"), "a time was not read, or not kept, or a total is wrong");
        assertTrue(results.all("fullExact"), () -> results.texts("difference").toString());
        assertTrue(results.number("fullFoldedShare") > 0.9, "nobody reads, so nearly everything is folded");
    }

    @Test
    void shouldLoseNothingUnderOverload() throws Exception
    {
        final Results results = run(new Overload(), "samples=300000", "rounds=1", "pausesNs=0,1000000");
        assertTrue(results.all("exact"), () -> results.texts("difference").toString());
    }

    @Test
    void shouldReadAlong() throws Exception
    {
        final Results results = run(new ProducerLive(), "samples=100000", "rounds=1", "rate=5000000", "parks=true");
        assertTrue(results.all("exact"), () -> results.texts("difference").toString());
        assertTrue(results.has("burst"));
    }

    @Test
    void shouldSeeRecordsOfEveryLaneCommitted() throws Exception
    {
        final Results results = run(
            new Staleness(), "lanes=8", "slots=64", "rate=400000", "durationMs=200", "warmUpMs=50");
        assertTrue(results.all("exact"), () -> results.texts("difference").toString());
        assertTrue(results.number("leastRecordsOfALane") > 0, "a lane starved");
    }

    /** Rings of half of what each lane sends, 1.3 s of it: a machine may stall for a second, a lane may not be left. */
    @Test
    void shouldLetNoLaneStarve() throws Exception
    {
        final Results results = run(new Staleness(), STARVING.split(" "));
        assertTrue(results.all("exact"), () -> results.texts("difference").toString());
        final double share = results.number("leastShareOfALane");
        assertTrue(share >= 0.9, () -> "of the lane that was read least: " + share);
    }

    /** The canary: a lane that the reader does not find. */
    @Test
    void shouldSeeALaneThatStarves() throws Exception
    {
        final Results results = run(new Staleness(), (STARVING + " plant=true").split(" "));
        final double share = results.number("leastShareOfALane");
        assertTrue(share < 0.9, () -> "of the lane that was read least: " + share);
    }
}
