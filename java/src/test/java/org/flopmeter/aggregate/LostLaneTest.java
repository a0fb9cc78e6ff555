/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.flopmeter.wire.ChannelLaneMapper;
import org.flopmeter.wire.LaneFixture;
import org.flopmeter.wire.LaneViolation;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can't be counted is told: never is something missing from the totals in silence. */
final class LostLaneTest
{
    private static final int PID = 4711;

    @TempDir
    private Path directory;

    private ChannelLaneMapper mapper;

    @BeforeEach
    void setUp()
    {
        mapper = new ChannelLaneMapper();
        mapper.alivePids.add(PID);
    }

    @Test
    void shouldBringTheClaimOfABadLaneUpToDateAtTheEnd() throws IOException
    {
        final LaneFixture bad = lane(1, 200);
        bad.bytes.putInt(bad.ring + 4, 7);
        final LaneFixture good = lane(2, 10);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.doWork();
            assertEquals(200, agent.totals().samplesLost());

            for (int i = 0; i < 300; i++)
            {
                bad.add(0, 1);
            }
            bad.closeBatch();
            agent.drainToEnd();
            assertLost(agent.totals(), bad, good);
        }
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.drainToEnd();
            assertLost(agent.totals(), bad, good);
        }
    }

    private static void assertLost(final Totals totals, final LaneFixture bad, final LaneFixture good)
    {
        assertEquals(bad.samples, totals.samplesLost());
        assertEquals(good.samples, totals.samplesConsumed() + totals.samplesFolded());
        assertEquals(1, totals.findings().size(), () -> totals.findings().toString());
        assertTrue(totals.conserved(), () -> totals.conservationDetails().toString());
    }

    @Test
    void shouldTellOfALaneThatVanishedBetweenTwoMeters() throws IOException
    {
        final LaneFixture lane = lane(1, 100);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.doWork();
        }
        Files.delete(lane.file);
        for (int meter = 0; meter < 2; meter++)
        {
            try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
            {
                agent.drainToEnd();

                final List<Finding> findings = agent.totals().findings();
                assertEquals(1, findings.size(), findings::toString);
                assertEquals(lane.file.getFileName().toString(), findings.get(0).lane());
                assertTrue(findings.get(0).reason().contains("is gone"), findings::toString);
                assertEquals(100, agent.totals().samplesConsumed());
            }
        }
    }

    @Test
    void shouldTellOfALaneThatCouldNeverBeMapped() throws IOException
    {
        final LaneFixture lane = lane(1, 100);
        mapper.unmappable.add(lane.file.getFileName().toString());
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.drainToEnd();

            final List<Finding> findings = agent.totals().findings();
            assertEquals(1, findings.size(), findings::toString);
            assertTrue(findings.get(0).reason().contains("too many open files"), findings::toString);
        }
    }

    @Test
    void shouldTellOfANestedMeterThatCanNotBeTakenOver() throws IOException
    {
        final Path nested = Files.createDirectory(directory.resolve("nested-00000001"));
        final Path deep = Files.createDirectory(nested.resolve("nested-00000002"));
        final LaneFixture lane = LaneFixture.dead(deep, 1, 4096);
        lane.add(lane.slot("r"), 5);
        try (AggregatorAgent outer = AggregatorAgent.open(directory, mapper))
        {
            try (AggregatorAgent inner = AggregatorAgent.open(deep, mapper))
            {
                outer.drainToEnd();

                final List<Finding> findings = outer.totals().findings();
                assertEquals(1, findings.size(), findings::toString);
                assertEquals(LaneViolation.Kind.NESTED.jsonName(), findings.get(0).kind());
                assertEquals("nested-00000001/nested-00000002/", findings.get(0).lane());
                assertEquals(0, inner.totals().keys().size());
            }
            outer.drainToEnd();
            Expected.assertExact(outer.totals(), List.of(lane), "let go");
        }
    }

    @Test
    void shouldCountFindingsThatFindNoRoom() throws IOException
    {
        final int count = AccountState.FINDINGS_MAX + 5;
        for (int i = 0; i < count; i++)
        {
            Files.createFile(directory.resolve("no-name-" + i + ".lane"));
        }
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.drainToEnd();

            final List<Finding> findings = agent.totals().findings();
            assertEquals(AccountState.FINDINGS_MAX + 1, findings.size());
            assertEquals("and 5 more findings", findings.get(AccountState.FINDINGS_MAX).reason());
        }
    }

    @Test
    void shouldKeepTheirNumberInASnapshot()
    {
        final AccountState state = new AccountState();
        for (int i = 0; i < AccountState.FINDINGS_MAX + 3; i++)
        {
            state.addFinding(new Finding("file", "lane", i, "reason"));
        }
        final RecordWriter out = RecordWriter.ofRecord();
        AccountCodec.snapshot(out, state);
        final AccountState read = new AccountState();
        AccountCodec.apply(out.written(), read);

        assertEquals(3, read.findingsBeyond);
        assertEquals(state.findings, read.findings);
    }

    private LaneFixture lane(final long nonce, final int samples) throws IOException
    {
        final LaneFixture lane = new LaneFixture(directory, nonce, 4096, PID, 1);
        lane.slot("r" + nonce);
        for (int i = 0; i < samples; i++)
        {
            lane.add(0, 1);
        }
        lane.closeBatch();
        return lane;
    }
}
