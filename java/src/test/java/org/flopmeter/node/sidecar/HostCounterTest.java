/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.flopmeter.node.run.CounterFacts;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Precision;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** A program that counts, dies, refuses and talks nonsense, and totals that no life of it takes anything from. */
class HostCounterTest
{
    private static final HostCounter.Pauses SHORT = new HostCounter.Pauses(1, 1, 1);
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

    @TempDir
    private Path folder;

    private HostCounter counter;

    @AfterEach
    void tearDown()
    {
        if (null != counter)
        {
            counter.close();
        }
    }

    @Test
    void shouldAddUpOverLivesOfTheProcess() throws IOException
    {
        // Each life: one reading, then death. It begins where it was told to, and counts 100 to 1000 in one second.
        start("""
            since=${2:-5000}
            read -r question
            echo "$since" >> lives
            printf '%s' '{"name": "perf-host", "source": "perf", "basis": "EXACT_EXECUTED", "state": "AVAILABLE", '
            printf '%s' '"detail": "d", "remedy": "", "isRead": true, "coveredNs": 2, "cpusOnline": 2, '
            printf '"cpusWatched": 1, "beginMonotonicNs": %s, "endMonotonicNs": %s, ' "$since" "$((since + 1000))"
            printf '%s' '"figures": [{"precision": "fp64", "lower": "100", "point": "200", "upper": "1000"}], "gaps": '
            printf '[{"beginMonotonicNs": %s, "endMonotonicNs": %s, "reason": "FAILED"}]}\\n' "$since" "$((since + 1))"
            """);

        final HostCounter.Answer answer = await(each -> each.sum().endMonotonicNs() >= 8000);

        final long lives = (answer.sum().endMonotonicNs() - 5000) / 1000;
        final FlopInterval figure = answer.sum().figures().get(Precision.FP64);
        assertEquals(Long.toString(100 * lives), figure.lower().toString());
        assertEquals(Long.toString(1000 * lives), figure.upperText());
        assertEquals(5000, answer.sum().beginMonotonicNs());
        assertEquals(lives, answer.sum().gaps().size());
        assertEquals(2 * lives, answer.sum().coveredNs());
        assertEquals("5000\n6000\n7000", Files.readString(folder.resolve("lives")).substring(0, 14));
        await(each -> CounterFacts.FAILED.equals(each.sum().state()) && each.sum().isRead() &&
            each.sum().detail().contains("it has ended") && 2 == each.online());
    }

    @Test
    void shouldSayWhyItCantAndAskAgain() throws IOException
    {
        start("""
            if [ ! -e allowed ]; then
                echo '{"source": "perf", "basis": "EXACT_EXECUTED", "state": "NO_PERMISSION", "detail": "paranoid", \
            "remedy": "sysctl", "isRead": false, "figures": [], "gaps": []}'
                exit 0
            fi
            while read -r question; do
                echo '{"source": "perf", "basis": "EXACT_EXECUTED", "state": "AVAILABLE", "isRead": true, \
            "beginMonotonicNs": 5, "endMonotonicNs": 9, "figures": [], "gaps": []}'
            done
            """);

        final HostCounter.Answer refused = await(each -> "NO_PERMISSION".equals(each.sum().state()));
        assertFalse(refused.sum().isRead(), refused.toString());
        assertEquals("paranoid", refused.sum().detail());
        assertEquals("sysctl", refused.remedy());

        Files.createFile(folder.resolve("allowed"));
        assertEquals(9, await(each -> each.sum().isRead()).sum().endMonotonicNs(), "the right was given meanwhile");
    }

    @Test
    void shouldTakeNoNonsense() throws IOException
    {
        for (final String nonsense : List.of("{", "[]", "null", "{\"state\": \"AVAILABLE\", \"isRead\": true}",
            "{\"source\": \"perf\", \"basis\": \"EXACT_EXECUTED\", \"state\": \"AVAILABLE\", \"isRead\": true, " +
                "\"beginMonotonicNs\": 9, \"endMonotonicNs\": 5, \"figures\": []}",
            "{\"source\": \"perf\", \"basis\": \"EXACT_EXECUTED\", \"state\": \"AVAILABLE\", \"isRead\": true, " +
                "\"figures\": [{\"precision\": \"fp64\", \"lower\": \"5\", \"point\": \"4\", \"upper\": \"9\"}]}"))
        {
            start("read -r question; echo '" + nonsense + "'");
            final HostCounter.Answer answer = await(each -> true);
            assertEquals(CounterFacts.FAILED, answer.sum().state(), nonsense);
            assertFalse(answer.sum().isRead(), nonsense);
            assertTrue(answer.sum().detail().matches("flopmeter-counter: its (answer is no|reading is below) .*"),
                answer.sum().detail());
            counter.close();
        }
        counter = new HostCounter(List.of(folder.resolve("none").toString()), null, SHORT);
        counter.start();
        assertEquals(CounterFacts.FAILED, await(each -> true).sum().state());
    }

    @Test
    void shouldNotTakeAReadingThatFell()
    {
        final HostTotals totals = new HostTotals(null);
        assertTrue(totals.take(reading(10, 20, 100, "1000")));

        assertFalse(totals.take(reading(10, 30, 99, "1000")), "lower");
        assertFalse(totals.take(reading(10, 30, 100, "999")), "upper");
        assertFalse(totals.take(reading(10, 19, 100, "1000")), "time");
        assertTrue(totals.take(reading(10, 30, 100, "unbounded")));
        assertFalse(totals.take(reading(10, 40, 100, "5000")), "an end that was unknown stays so");
        totals.ended();
        assertTrue(totals.take(reading(30, 40, 1, "2")));
        assertEquals("unbounded", totals.sum("AVAILABLE", "").figures().get(Precision.FP64).upperText());
        assertEquals("101", totals.sum("AVAILABLE", "").figures().get(Precision.FP64).lower().toString());
    }

    @Test
    void shouldKeepSomeGapsAndMergeTheRest()
    {
        final HostTotals totals = new HostTotals(null);
        for (int i = 0; i < 1000; i++)
        {
            assertTrue(totals.take(reading(10 + i, 11 + i, 1, "2")));
            totals.ended();
        }
        final List<CounterFacts.CounterGap> gaps = totals.sum("AVAILABLE", "").gaps();
        assertEquals(64, gaps.size());
        assertEquals(10, gaps.get(0).beginMonotonicNs());
        assertEquals(1010, gaps.get(63).endMonotonicNs(), "nothing of the time is lost");
        assertEquals("1000", totals.sum("AVAILABLE", "").figures().get(Precision.FP64).lower().toString());
    }

    static CounterFacts reading(final long beginNs, final long endNs, final long lower, final String upper)
    {
        return CounterFacts.read(JsonMapper.shared().readTree("""
            [{"name": "perf-host", "source": "perf", "basis": "EXACT_EXECUTED", "state": "AVAILABLE", "detail": "d",
              "isRead": true, "beginMonotonicNs": %d, "endMonotonicNs": %d, "coveredNs": 1,
              "figures": [{"precision": "fp64", "lower": "%d", "point": "%d", "upper": "%s"}],
              "gaps": [{"beginMonotonicNs": %d, "endMonotonicNs": %d, "reason": "FAILED"}]}]
            """.formatted(beginNs, endNs, lower, lower, upper, beginNs, endNs))).get(0);
    }

    private void start(final String body) throws IOException
    {
        final Path script = Files.writeString(folder.resolve("program"), "cd '" + folder + "'\n" + body);
        counter = new HostCounter(List.of("/bin/sh", script.toString()), null, SHORT);
        counter.start();
    }

    private HostCounter.Answer await(final Predicate<HostCounter.Answer> wanted)
    {
        final long beginNs = System.nanoTime();
        HostCounter.Answer answer = counter.newest();
        while (null == answer || !wanted.test(answer))
        {
            assertTrue(System.nanoTime() - beginNs < PATIENCE_NS, () -> "last: " + counter.newest());
            LockSupport.parkNanos(100_000);
            answer = counter.newest();
        }
        return answer;
    }
}
