/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

import org.flopmeter.unit.OpenFiles;
import org.flopmeter.wire.ChannelLaneMapper;
import org.flopmeter.wire.LaneFixture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The account file by itself: what is read back of it, and when it goes to its next generation. */
final class AccountTest
{
    private static final int HEADER_LENGTH = 16;
    /** More commits than any log here has room for. */
    private static final int COMMITS_MAX = 1_000;

    @TempDir
    private Path directory;

    /** A log that is short, as long as so many snapshots. */
    private record ShortLog(int logLengthMax, int snapshotsPerLog) implements Account.Steps
    {
    }

    private static Account.Steps steps(final int logLengthMax, final int snapshotsPerLog)
    {
        return 0 != snapshotsPerLog ? new ShortLog(logLengthMax, snapshotsPerLog) : new Account.Steps()
        {
            @Override
            public int logLengthMax()
            {
                return logLengthMax;
            }
        };
    }

    private Account open() throws IOException
    {
        return Account.open(directory, Account.Steps.NONE);
    }

    /** A commit of one finding, which is all that it says. */
    private static void commit(final Account account, final long number) throws IOException
    {
        final RecordWriter out = RecordWriter.ofRecord();
        Account.begin(out);
        AccountCodec.finding(out, new Finding("kind", "lane", number, "reason"));
        account.commit(out);
    }

    private static List<Long> committed(final AccountState state)
    {
        return state.findings.stream().map(Finding::offset).toList();
    }

    private Path file(final long generation)
    {
        return directory.resolve("account-" + generation);
    }

    /** Where each record begins, and where the last ends. */
    private static List<Integer> places(final byte[] bytes)
    {
        final ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        final List<Integer> places = new ArrayList<>(List.of(0));
        int at = 0;
        while (at < bytes.length)
        {
            at += HEADER_LENGTH + buffer.getInt(at);
            places.add(at);
        }
        return places;
    }

    /** An account of so many commits. */
    private byte[] written(final int commits) throws IOException
    {
        try (Account account = open())
        {
            for (int i = 1; i <= commits; i++)
            {
                commit(account, i);
            }
        }
        return Files.readAllBytes(file(1));
    }

    private AccountFile read() throws IOException
    {
        return AccountFile.readNewest(directory);
    }

    @Test
    void shouldBeHeldByOneMeterAtATime() throws IOException
    {
        try (Account account = open())
        {
            assertEquals("another meter holds the account in " + directory,
                assertThrows(AccountHeldException.class, this::open).getMessage());
            commit(account, 1);
        }
        try (Account next = open())
        {
            assertEquals(List.of(1L), committed(next.state()));
        }
    }

    @Test
    void shouldReadEveryCommitBackAndGoOn() throws IOException
    {
        final byte[] bytes = written(3);
        final AccountFile found = read();
        assertTrue(found.isFound());
        assertEquals(1, found.generation());
        assertEquals(4, found.sequence(), "the snapshot and three commits");
        assertEquals((long)places(bytes).get(1), found.snapshotLength());
        assertEquals(bytes.length, found.validLength());
        assertEquals(List.of(1L, 2L, 3L), committed(found.state()));
        try (Account account = open())
        {
            commit(account, 4);
            account.state().findingsBeyond = 99;
            account.reload();
            assertEquals(0, account.state().findingsBeyond, "what is in memory only is gone");
            commit(account, 5);
        }
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), committed(read().state()));
    }

    @Test
    void shouldTakeNoRecordInWhichABitIsFlipped() throws IOException
    {
        final byte[] bytes = written(3);
        final int second = places(bytes).get(2);
        final int third = places(bytes).get(3);
        for (int bit = 8 * second; bit < 8 * third; bit++)
        {
            final byte[] flipped = bytes.clone();
            flipped[bit >> 3] ^= (byte)(1 << (bit & 7));
            Files.write(file(1), flipped);
            final AccountFile found = read();
            assertEquals(List.of(1L), committed(found.state()), "bit " + bit);
            assertEquals(second, found.validLength());
            assertEquals(2, found.sequence());
        }
    }

    @Test
    void shouldTakeNoRecordThatIsCut() throws IOException
    {
        final byte[] bytes = written(2);
        final int second = places(bytes).get(2);
        for (int length = second; length < bytes.length; length++)
        {
            Files.write(file(1), Arrays.copyOf(bytes, length));
            assertEquals(List.of(1L), committed(read().state()), "length " + length);
            assertEquals(second, read().validLength());
        }
        for (int length = 0; length < places(bytes).get(1); length++)
        {
            Files.write(file(1), Arrays.copyOf(bytes, length));
            assertFalse(read().isFound(), "length " + length);
        }
    }

    /** An append that was interrupted may leave one of before, whole: it is none that can follow. */
    @Test
    void shouldApplyNoRecordTwiceAndNoneOutOfTurn() throws IOException
    {
        final byte[] bytes = written(3);
        final List<Integer> places = places(bytes);
        final byte[] last = Arrays.copyOfRange(bytes, places.get(3), places.get(4));
        Files.write(file(1), last, StandardOpenOption.APPEND);
        assertEquals(List.of(1L, 2L, 3L), committed(read().state()));
        assertEquals(bytes.length, read().validLength());

        final ByteBuffer without = ByteBuffer.allocate(bytes.length);
        without.put(bytes, 0, places.get(2)).put(last);
        Files.write(file(1), Arrays.copyOf(without.array(), without.position()));
        assertEquals(List.of(1L), committed(read().state()));
        try (Account account = open())
        {
            commit(account, 9);
        }
        assertEquals(List.of(1L, 9L), committed(read().state()));
    }

    @Test
    void shouldReadTheNewestGenerationThatHasASnapshot() throws IOException
    {
        final byte[] bytes = written(2);
        for (final String name : List.of(
            "account-0", "account-01", "account-1x", "account-", "account-1234567890123456789", "account-x"))
        {
            Files.write(directory.resolve(name), bytes);
        }
        assertEquals(List.of(1L), AccountFile.generations(directory));
        Files.write(file(10), new byte[100]);
        Files.write(file(9), bytes);
        Files.write(file(2), bytes);
        assertEquals(List.of(10L, 9L, 2L, 1L), AccountFile.generations(directory));
        assertEquals(9, read().generation());
        try (Account account = open())
        {
            assertEquals(List.of(1L, 2L), committed(account.state()));
        }
        assertEquals(List.of(9L), AccountFile.generations(directory));
    }

    @Test
    void shouldSayThatNoGenerationHasASnapshot() throws IOException
    {
        assertFalse(read().isFound());
        assertEquals(0, read().generation());
        assertEquals(List.of(), read().state().findings);
        Files.write(file(7), new byte[100]);
        Files.write(file(5), new byte[100]);
        final AccountFile found = read();
        assertFalse(found.isFound());
        assertEquals(7, found.generation());
        final Finding finding = new Finding("account", "account-7", 0, "no account file has a valid snapshot");
        assertEquals(List.of(finding), found.state().findings);
        try (Account account = open())
        {
            assertEquals(List.of(finding), account.state().findings);
        }
        assertEquals(List.of(8L), AccountFile.generations(directory));
        assertEquals(List.of(finding), read().state().findings);
    }

    /** A commit of nothing is one, too, and is not read again behind it. */
    @Test
    void shouldReadARecordWithoutAnyOperation() throws IOException
    {
        try (Account account = open())
        {
            final RecordWriter out = RecordWriter.ofRecord();
            Account.begin(out);
            account.commit(out);
        }
        assertEquals(2, read().sequence());
        assertEquals(Files.size(file(1)), read().validLength());
    }

    private static byte[] record(final long sequence, final byte[] payload)
    {
        final ByteBuffer record =
            ByteBuffer.allocate(HEADER_LENGTH + payload.length).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt(payload.length).putInt(0).putLong(sequence).put(payload);
        final CRC32C crc = new CRC32C();
        crc.update(record.array(), 0, 4);
        crc.update(record.array(), 8, record.capacity() - 8);
        return record.putInt(4, (int)crc.getValue()).array();
    }

    /** Whole, and by no meter: neither a snapshot without its mark nor an operation that there is not. */
    @Test
    void shouldTakeNothingThatNoMeterWrites() throws IOException
    {
        for (final byte[] payload : List.of(new byte[0], new byte[7], new byte[8], new byte[20]))
        {
            Files.write(file(1), record(1, payload));
            assertFalse(read().isFound(), payload.length + " bytes");
        }
        final byte[] mark = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(AccountFile.MAGIC).array();
        Files.write(file(1), record(77, mark));
        assertTrue(read().isFound());
        assertEquals(77, read().sequence());
        Files.write(file(1), record(78, new byte[] { 99 }), StandardOpenOption.APPEND);
        final IOException refused = assertThrows(IOException.class, this::read);
        assertTrue(refused.getMessage().startsWith("account " + file(1) + " holds a record that no meter writes: "));
        assertTrue(refused.getMessage().contains("unknown operation 99"), refused.getMessage());
    }

    /** What failed on its way to the file is not in the totals, and leaves its place to the next one. */
    @Test
    void shouldCommitNothingWhereTheWriteFails() throws IOException
    {
        final boolean[] isFailing = new boolean[1];
        final Account.Steps steps = new Account.Steps()
        {
            @Override
            public void reached(final String step)
            {
                if (isFailing[0] && "written".equals(step))
                {
                    throw new IllegalStateException("refused");
                }
            }
        };
        try (Account account = Account.open(directory, steps))
        {
            commit(account, 1);
            isFailing[0] = true;
            assertThrows(IllegalStateException.class, () -> commit(account, 2));
            assertEquals(List.of(1L), committed(account.state()));
            isFailing[0] = false;
            commit(account, 3);
        }
        assertEquals(List.of(1L, 3L), committed(read().state()));
    }

    /** Commit until tidy goes to the next generation; how long the log was then, and one commit before. */
    private long[] tidied(final Account account, final long first) throws IOException
    {
        final long generation = AccountFile.generations(directory).get(0);
        final long[] lengths = new long[2];
        for (long i = first; AccountFile.generations(directory).get(0) == generation; i++)
        {
            assertTrue(i < first + COMMITS_MAX, "it never comes");
            commit(account, i);
            assertEquals(generation, AccountFile.generations(directory).get(0), "a commit is done without it");
            lengths[0] = lengths[1];
            lengths[1] = Files.size(file(generation));
            assertEquals(account.tidy(), AccountFile.generations(directory).get(0) != generation);
        }
        return lengths;
    }

    @Test
    void shouldBeginTheNextGenerationWhenItsLogIsLongEnough() throws IOException
    {
        try (Account account = Account.open(directory, new ShortLog(400, 1)))
        {
            final long snapshot = Files.size(file(1));
            final long[] lengths = tidied(account, 1);
            assertTrue(lengths[0] <= snapshot + 400 && lengths[1] > snapshot + 400, Arrays.toString(lengths));
            assertFalse(account.tidy(), "it has only begun");
            assertFalse(Files.exists(file(1)));
            assertTrue(Files.exists(directory.resolve(".account.spare")), "its pages are used again");
            final Object pages = inode(directory.resolve(".account.spare"));
            commit(account, 100);
            tidied(account, 101);
            assertEquals(pages, inode(file(3)));
            assertFalse(Files.exists(directory.resolve(".account.tmp")));
            assertEquals(List.of(3L), AccountFile.generations(directory));
            assertEquals(committed(account.state()), committed(read().state()));
        }
        try (Account account = open())
        {
            assertEquals(List.of(3L), AccountFile.generations(directory));
            assertFalse(Files.exists(directory.resolve(".account.spare")));
            assertFalse(account.tidy());
        }
    }

    private static Object inode(final Path file) throws IOException
    {
        return Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    }

    /** To the byte: a log of that length is not yet too long. */
    @Test
    void shouldBeginItWithTheFirstByteTooMany() throws IOException
    {
        final byte[] bytes = written(1);
        final int record = bytes.length - places(bytes).get(1);
        try (Account account = Account.open(directory, new ShortLog(3 * record, 1)))
        {
            commit(account, 2);
            commit(account, 3);
            assertFalse(account.tidy());
            commit(account, 4);
            assertTrue(account.tidy());
        }
    }

    /** A meter runs for weeks, and begins a generation every few minutes. */
    @Test
    void shouldKeepItsLockAndOneFileOpen() throws IOException
    {
        final boolean[] isFailing = new boolean[1];
        final Account.Steps steps = new Account.Steps()
        {
            @Override
            public void reached(final String step)
            {
                if (isFailing[0] && "rename".equals(step))
                {
                    throw new IllegalStateException("refused");
                }
            }

            @Override
            public int logLengthMax()
            {
                return 100;
            }
        };
        try (Account account = Account.open(directory, steps))
        {
            for (int i = 0; i < 40; i++)
            {
                commit(account, i);
                account.tidy();
            }
            assertEquals(2, OpenFiles.below(directory));
            account.reload();
            assertEquals(2, OpenFiles.below(directory));
            commit(account, 90);
            commit(account, 91);
            commit(account, 92);
            isFailing[0] = true;
            for (int i = 0; OpenFiles.below(directory) == 2 && !isRefused(account); i++)
            {
                assertTrue(i < COMMITS_MAX, "it is not tried");
                commit(account, 93);
            }
            assertEquals(2, OpenFiles.below(directory));
        }
        assertEquals(0, OpenFiles.below(directory));
    }

    private static boolean isRefused(final Account account)
    {
        try
        {
            account.tidy();
            return false;
        }
        catch (final IllegalStateException refused)
        {
            return true;
        }
    }

    /** Whoever only reads sees what the owner has committed, nested meters with it, and takes nothing. */
    @Test
    void shouldBeReadByOthersWithTheMetersNestedInIt() throws IOException
    {
        final ChannelLaneMapper mapper = new ChannelLaneMapper();
        final Path inner = Files.createDirectory(directory.resolve("nested-00000001"));
        final List<LaneFixture> lanes = new ArrayList<>();
        for (final Path place : List.of(directory, inner))
        {
            final LaneFixture lane = LaneFixture.dead(place, 1, 4096);
            for (int slot = 0; slot < LaneFixture.SLOTS; slot++)
            {
                lane.slot("r" + slot);
            }
            for (int slot = 0; slot < LaneFixture.SLOTS; slot++)
            {
                lane.add(slot, 1_000 + slot);
            }
            lane.closeBatch();
            lanes.add(lane);
            mapper.lockedDirectories.add(place);
            try (AggregatorAgent agent = AggregatorAgent.open(place, mapper))
            {
                agent.doWork();
                agent.drainToEnd();
                Expected.assertExact(CommittedTotals.read(place, mapper), List.of(lane), place.toString());
            }
        }
        Expected.assertExact(CommittedTotals.read(directory, mapper), lanes, "both");
    }

    /** As long as so many snapshots, at least one and at most 32 logs of few lanes. */
    @Test
    void shouldMakeTheLogOfALongSnapshotLonger() throws IOException
    {
        final long snapshot;
        try (Account account = open())
        {
            for (int i = 0; i < 60; i++)
            {
                commit(account, i);
            }
        }
        try (Account account = Account.open(directory, new ShortLog(1, 1)))
        {
            assertTrue(account.tidy());
            snapshot = Files.size(file(2));
        }
        assertTrue(snapshot > 2_000, "a snapshot of " + snapshot);
        // Where nothing is said of it: eight snapshots.
        final long[][] cases = {
            { snapshot, 5, snapshot }, { snapshot - 1, 3, 3 * snapshot }, { 100, 1, snapshot }, { 1, 8, snapshot },
            { snapshot / 16, 8, 32 * (snapshot / 16) }, { snapshot - 1, 0, 8 * snapshot } };
        for (final long[] log : cases)
        {
            final byte[] bytes = Files.readAllBytes(file(AccountFile.generations(directory).get(0)));
            final Path place = Files.createTempDirectory(directory, "log");
            Files.write(place.resolve("account-2"), bytes);
            try (Account account = Account.open(place, steps((int)log[0], (int)log[1])))
            {
                final long begin = Files.size(place.resolve("account-2"));
                long before = begin;
                for (long i = 2_000; !account.tidy(); i++)
                {
                    assertTrue(i < 2_000 + COMMITS_MAX, "it never comes");
                    before = Files.size(place.resolve("account-2"));
                    commit(account, i);
                }
                final long least = snapshot + log[2];
                assertTrue(before <= least && before + 100 > least,
                    Arrays.toString(log) + ": went on from " + before + ", not from " + least);
            }
        }
    }

    /** Where nobody tidies it the log grows by half, and then a commit does. */
    @Test
    void shouldBeginAGenerationThatIsOverdueWithACommit() throws IOException
    {
        try (Account account = Account.open(directory, new ShortLog(400, 1)))
        {
            final long rotation = Files.size(file(1)) + 400;
            long before = 0;
            for (int i = 0; Files.exists(file(1)); i++)
            {
                assertTrue(i < COMMITS_MAX, "it never comes");
                before = Files.size(file(1));
                commit(account, i);
            }
            assertTrue(before <= rotation + rotation / 2 && before + 100 > rotation + rotation / 2, "at " + before);
            assertEquals(committed(account.state()), committed(read().state()));
        }
    }

    /** A commit that is done stays done; the log grows on, and it is tried again later. */
    @Test
    void shouldGoOnInTheOldGenerationWhereTheNextCanNotBegin() throws IOException
    {
        final Path inTheWay = directory.resolve(".account.tmp").resolve("directory");
        try (Account account = Account.open(directory, new ShortLog(800, 1)))
        {
            Files.createDirectories(inTheWay);
            long failed = 0;
            int tries = 0;
            for (int i = 1; tries < 3; i++)
            {
                assertTrue(i < COMMITS_MAX, "it is not tried");
                commit(account, i);
                if (account.tidy())
                {
                    final long length = Files.size(file(1));
                    assertTrue(0 == failed || length > failed + 100, "tried again after " + (length - failed));
                    assertTrue(0 == failed || length <= failed + 200, "tried again after " + (length - failed));
                    failed = length;
                    tries++;
                }
            }
            assertEquals(committed(account.state()), committed(read().state()));
            Files.delete(inTheWay);
            tidied(account, 1_000);
            assertEquals(List.of(2L), AccountFile.generations(directory));
        }
    }
}
