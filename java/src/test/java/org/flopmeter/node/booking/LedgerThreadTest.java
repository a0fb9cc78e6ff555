/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import static org.flopmeter.node.run.Fixtures.PEAK;
import static org.flopmeter.node.run.Fixtures.facts;
import static org.flopmeter.node.run.Fixtures.key;
import static org.flopmeter.node.run.Fixtures.reading;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerState.EpochState;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verified;
import org.flopmeter.ledger.Verifier;
import org.flopmeter.node.booking.LedgerThread.Live;
import org.flopmeter.node.io.BootId;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.ResultBuilder;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.text.Messages;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one run's trouble is to the others of the same ledger. */
final class LedgerThreadTest
{
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    /** 2^127: a u128 holds one of them. */
    private static final String HALF = "170141183460469231731687303715884105728";

    private final List<String> log = new ArrayList<>();
    @TempDir
    private Path folder;
    private Path state;
    private long nowNs = 1;
    private LedgerThread thread;
    private int calledBack;

    @BeforeEach
    void setUp() throws IOException
    {
        state = Files.createDirectory(folder.resolve("state"));
        thread = new LedgerThread(SECOND_NS, log::add, () -> nowNs, place -> new LedgerBook(
            place, "1", BootId.text(), () -> nowNs, in -> LedgerHome.open(in, "test")));
    }

    private Live begun(final int number) throws IOException
    {
        final Path directory = Files.createDirectories(folder.resolve("run-" + number));
        Files.write(directory.resolve("control"),
            ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(16, number).array());
        Files.writeString(directory.resolve(RunFacts.RUN),
            "{\"run\": \"r\", \"beginNs\": " + facts().build().beginNs() + ", \"beginMonotonicNs\": 1}");
        Files.createSymbolicLink(directory.resolve(LedgerBooking.STATE), state);
        return thread.begin(directory, Messages.english());
    }

    private static Reading counted(final long flop)
    {
        return reading(key("n", Precision.FP64, Source.BLAS, Part.COUNT, Long.toString(flop), 1));
    }

    /** Each of two runs in one directory has its own sum, and neither overflows. */
    private static Reading tooMuch()
    {
        return reading(key("outer", Precision.FP64, Source.BLAS, Part.COUNT, HALF, 1),
            key("nested", Precision.FP64, Source.BLAS, Part.COUNT, HALF, 1));
    }

    private void end(final Live live, final Reading last)
    {
        live.end(new ResultBuilder(facts().build(), counted(90), PEAK).build(), last, () -> calledBack++);
    }

    private void passInterval()
    {
        for (int i = 0; i < 2; i++)
        {
            nowNs += SECOND_NS;
            thread.turn();
        }
    }

    private List<FlopCount> booked() throws IOException
    {
        final Verification verification = Verified.of(state);
        assertEquals(List.of(), verification.findings());
        return verification.state().epochs().stream().map(EpochState::counted).toList();
    }

    @Test
    void shouldBookTheOthersWhateverOneRunCounts() throws IOException
    {
        final Live one = begun(1);
        final Live other = begun(2);
        one.handOver(counted(50));
        other.handOver(counted(60));
        passInterval();
        assertEquals(List.of(FlopCount.of(50), FlopCount.of(60)), booked());

        one.handOver(tooMuch());
        other.handOver(counted(70));
        passInterval();
        assertEquals(List.of(FlopCount.of(50), FlopCount.of(70)), booked());
        assertEquals(1, log.size(), log::toString);
        assertTrue(log.get(0).contains("run-1: not booked: "), log::toString);

        end(one, tooMuch());
        end(other, counted(90));
        thread.turn();
        assertEquals(2, calledBack);
        assertEquals(1, one.lines().size());
        assertEquals(List.of(), other.lines());
        assertEquals(List.of(FlopCount.of(50), FlopCount.of(90)), booked());
    }

    /** A simulator's clock is the only one: the machine's must not get into the ledger. */
    @Test
    void shouldBookWhenItWasSeenByItsOwnClock() throws IOException
    {
        begun(1).handOver(counted(50));
        passInterval();

        final List<Long> ends = new ArrayList<>();
        final Verifier.EntryHandler handler = (entry, number, block) ->
        {
            if (entry instanceof Usage usage)
            {
                ends.add(usage.endNs());
            }
        };
        LedgerHome.read(
            state.resolve(LedgerHome.DIRECTORY), disk -> new Verifier(disk).onEntry(handler).verify(null, null));
        assertEquals(List.of(1 + SECOND_NS), ends);
    }

    /** Whoever waits for an end may fail at it. */
    @Test
    void shouldOutliveACallBackThatFails() throws IOException
    {
        final Live late = begun(1);
        thread.turn();
        final Live lost = begun(2);
        Files.delete(folder.resolve("run-2/control"));
        lost.end(new ResultBuilder(facts().build(), counted(90), PEAK).build(), counted(90), () ->
        {
            throw new IllegalStateException("planted");
        });
        end(late, counted(90));
        thread.turn();
        assertTrue(log.contains("ledger: planted"), log::toString);
        assertEquals(List.of(FlopCount.of(90)), booked());
    }
}
