/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.run.CounterFacts;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sampler.NativeLaneMapper;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Executed against declared: what is nobody's, what can't be, and what the next sidecar goes on from. */
class HostWatchTest
{
    private static final String BOOT = "boot-1";
    private static final int CYCLES_MAX = 10_000;

    @TempDir
    private Path folder;

    private final List<String> log = new ArrayList<>();
    private HostCounter.Answer answer;
    private int changes;
    private int starts;
    private HostWatch watch;

    @BeforeEach
    void setUp()
    {
        watch = watch(null);
        look(90);
        assertEquals(1, starts);
        assertNull(watch.json(), "nothing is known yet");
    }

    @Test
    void shouldSayWhatWasExecutedThatNoLaneDeclares()
    {
        watch.observe("services", 0, HostDeclaredTest.counted(5000, 5000));
        read(100, 200, 1000, "9000");
        look(210);
        assertEquals("0", watch.json().at("/declared/lower").asString());
        assertUnattributed(0, 0, "9000");

        watch.observe("/p/r1", 150, HostDeclaredTest.counted(300, 400));
        read(100, 300, 60_000, "90000");
        look(310);
        assertEquals("300", watch.json().at("/declared/lower").asString());
        assertEquals("5400", watch.json().at("/declared/upper").asString());
        // At most 5000 + 400 of it were declared; by the end of the reading nothing was for certain.
        assertUnattributed(54_600, 54_600, "90000");

        read(100, 400, 61_000, "91000");
        look(410);
        assertUnattributed(55_600, 55_600, "90700");
        assertFalse(watch.json().path("inTotal").asBoolean(true));
    }

    /** Both ends are of the same look: what came since is in neither. */
    @Test
    void shouldNotDeclareMoreAtLeastThanAtMost()
    {
        read(100, 200, 1000, "9000");
        look(210);
        watch.observe("/p/r1", 150, HostDeclaredTest.counted(300, 400));
        watch.leave("/p/r1", 220);

        assertEquals("0", watch.json().at("/declared/lower").asString());
        assertEquals("0", watch.json().at("/declared/upper").asString());
        read(100, 300, 1000, "9000");
        look(310);
        assertEquals("300", watch.json().at("/declared/lower").asString());
        assertEquals("400", watch.json().at("/declared/upper").asString());
    }

    /** A reading that ended before something was declared must not be compared with that. */
    @Test
    void shouldTakeOffTheUpperEndOnlyWhatWasDeclaredByThen()
    {
        read(100, 200, 0, "9000");
        look(500);
        watch.observe("/p/r1", 150, HostDeclaredTest.counted(8000, 8000));
        read(100, 300, 0, "9000");
        look(600);
        read(100, 400, 0, "9000");
        look(700);
        assertUnattributed(0, 0, "9000");
        read(100, 800, 0, "9000");
        look(900);
        assertUnattributed(0, 0, "1000");
    }

    @Test
    void shouldFindCallsAboveWhatAllCpusCanHaveDone()
    {
        read(100, 200, 0, "9000");
        look(210);
        watch.observe("/p/r1", 150, HostDeclaredTest.counted(9001, 9001));
        watch.observe("/p/old", 50, HostDeclaredTest.counted(1_000_000, 1_000_000));
        watch.leave("/p/old", 250);
        watch.leave("/p/r1", 350);
        read(100, 300, 0, "9000");
        look(310);
        assertEquals("9001", watch.json().at("/declared/lower").asString(), "canary: so it would be a finding");
        assertEquals(0, watch.json().path("findings").size(), "it ended after the reading");
        final int changesThen = changes;

        read(100, 400, 0, "9000");
        look(410);

        assertEquals("SHAPE_ABOVE_EXECUTED", watch.json().at("/findings/0/kind").asString());
        assertTrue(watch.json().at("/findings/0/reason").asString().contains("9001"), watch.json().toString());
        assertEquals(changesThen + 1, changes, "the status says so at once");
        read(100, 500, 0, "9001");
        look(510);
        assertEquals(0, watch.json().path("findings").size(), "at the end itself nothing is wrong");
    }

    @Test
    void shouldHaveNoEndWhereTheCountersHaveNone()
    {
        read(100, 200, 10, "unbounded");
        look(210);
        assertUnattributed(10, 10, "unbounded");
        assertEquals(0, watch.json().path("findings").size());
    }

    @Test
    void shouldGoOnOverSidecarsOfOneBoot() throws IOException
    {
        watch.observe("services", 0, HostDeclaredTest.counted(70, 70));
        read(100, 200, 1000, "9000");
        look(210);
        final Path file = folder.resolve(HostWatch.FILE);

        assertNull(HostWatch.keptIn(file, "boot-2", 1000), "another boot");
        assertNull(HostWatch.keptIn(file, "", 1000), "no boot");
        assertNull(HostWatch.keptIn(file, BOOT, 199), "from the future");
        assertNull(HostWatch.keptIn(folder.resolve("none"), BOOT, 1000));
        final HostWatch.Kept kept = HostWatch.keptIn(file, BOOT, 1000);
        assertNotNull(kept);
        assertEquals(200, new HostTotals(kept.sum()).endNs());
        watch = watch(kept);
        watch.observe("services", 0, HostDeclaredTest.counted(75, 75));
        look(1000);
        answer = new HostCounter.Answer(HostCounterTest.reading(100, 1200, 2000, "99000"), "", 2, 2);
        look(1210);
        assertEquals("5", watch.json().at("/declared/lower").asString());
        assertUnattributed(1925, 1925, "98995");

        for (final String damage : List.of("", "{}", "[]", "{\"schema\": \"flopmeter/host-counters/v1\", " +
            "\"bootId\": \"boot-1\", \"counter\": {\"isRead\": true}}"))
        {
            Files.writeString(file, damage);
            assertNull(HostWatch.keptIn(file, BOOT, 1000), damage);
        }
    }

    @Test
    void shouldShowPeopleTheSame()
    {
        read(100, 2_000_000_100L, 1000, "9000");
        look(2_000_000_200L);
        watch.observe("/p/r1", 150, HostDeclaredTest.counted(9001, 9001));
        watch.leave("/p/r1", 2_000_000_300L);
        read(100, 2_000_000_400L, 1000, "9000");
        look(2_000_000_500L);
        final String english = text(Messages.english());
        final String chinese = text(Messages.chinese());

        for (final String fact : List.of("1 of 2 CPUs", "2.00 s", "executed fp64", "declared here",
            "unattributed on this host", "in no total", "!!! SHAPE_ABOVE_EXECUTED"))
        {
            assertTrue(english.contains(fact), fact + " is not in " + english);
        }
        assertTrue(chinese.contains("本机未归属") && chinese.contains("9000"), chinese);
        answer = new HostCounter.Answer(new CounterFacts("perf-host", answer.sum().source(), answer.sum().basis(),
            "NO_PERMISSION", "may not\u001b[2J", false, 0, 0, 0, Map.of(), List.of()), "sysctl", 0, 0);
        look(2_000_000_600L);
        assertTrue(text(Messages.english()).matches("host: NO_PERMISSION: may not.*; remedy: sysctl\n"),
            text(Messages.english()));
        assertFalse(text(Messages.english()).contains("\u001b"), "no escape sequence reaches a terminal");
        assertEquals("", textOf(JsonNodeFactory.instance.objectNode(), Messages.english()));
    }

    /** The real sidecar, with lanes of a real program: what it declares is seen while it runs and afterwards. */
    @Test
    void shouldSeeRunsComeAndGo() throws Exception
    {
        assumeTrue(Files.isExecutable(MeteredRun.WORKER), "SKIPPED: no " + MeteredRun.WORKER + ", build the C tests");
        final Path place = SidecarScene.newPlace("host-");
        final NativeLaneMapper mapper = new NativeLaneMapper();
        final long uid = StateDirectory.uid();
        final MeterPlace held = MeterPlace.hold(place, uid);
        try (Sidecar sidecar = new Sidecar(List.of(held), mapper, uid, CpuBudget.NONE, log::add))
        {
            sidecar.watchHost(watch);
            read(1, 2, 0, "9000");
            sidecar.lookAtHost(10);
            final Path run = SidecarScene.newRun(place, 1);
            SidecarScene.newLane(run, 10, 7);
            sidecar.lookSoon();
            sidecar.cycle();
            sidecar.cycle();
            read(1, 20, 0, "9000");
            sidecar.lookAtHost(30);
            assertEquals("70", watch.json().at("/declared/upper").asString(), log::toString);
            assertEquals("0", watch.json().at("/declared/lower").asString(), "it says itself what it did");

            SidecarScene.end(run, 1);
            for (int cycles = 0; 0 == sidecar.runsServed() && cycles < CYCLES_MAX; cycles++)
            {
                sidecar.lookSoon();
                sidecar.cycle();
            }
            assertEquals(1, sidecar.runsServed(), log::toString);
            read(1, 40, 0, "9000");
            sidecar.lookAtHost(50);
            assertEquals("70", watch.json().at("/declared/upper").asString(), "once");
        }
        finally
        {
            SidecarScene.delete(place);
        }
    }

    private HostWatch watch(final HostWatch.Kept kept)
    {
        return new HostWatch(() -> starts++, () -> answer, folder.resolve(HostWatch.FILE), BOOT, kept, log::add,
            () -> changes++);
    }

    private void read(final long beginNs, final long endNs, final long lower, final String upper)
    {
        answer = new HostCounter.Answer(HostCounterTest.reading(beginNs, endNs, lower, upper), "", 2, 1);
    }

    private void look(final long nowNs)
    {
        watch.look(List.of(), nowNs);
    }

    private void assertUnattributed(final long lower, final long point, final String upper)
    {
        assertEquals(Long.toString(lower), watch.json().at("/unattributed/lower").asString());
        assertEquals(Long.toString(point), watch.json().at("/unattributed/point").asString());
        assertEquals(upper, watch.json().at("/unattributed/upper").asString());
    }

    private String text(final Messages messages)
    {
        return textOf(JsonNodeFactory.instance.objectNode().set("host", watch.json()), messages);
    }

    private static String textOf(final JsonNode sidecar, final Messages messages)
    {
        final StringBuilder text = new StringBuilder();
        HostText.append(text, ((ObjectNode)sidecar).path("host"), messages);
        return text.toString();
    }
}
