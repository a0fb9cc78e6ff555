/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.unit.OpenFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A state directory always opens; what nothing can be signed with any more is kept as it is. */
class LedgerHomeTest
{
    @TempDir
    private Path state;

    private Path directory()
    {
        return state.resolve(LedgerHome.DIRECTORY);
    }

    private static void book(final LedgerHome home)
    {
        home.writer().changeParameter("name", "", "", "test");
        assertTrue(home.writer().seal());
    }

    private static String mode(final Path path) throws IOException
    {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void shouldBeginALedgerThatIsThisUsersAlone() throws IOException
    {
        state = state.resolve("not").resolve("there");
        try (LedgerHome home = LedgerHome.open(state, "test"))
        {
            assertNull(home.lost());
            book(home);
        }
        assertEquals("rwx------", mode(directory()));
        for (final String name : List.of("key", "00000001.ledger", "tree", LedgerLock.NAME))
        {
            assertEquals("rw-------", mode(directory().resolve(name)), name);
        }
        final byte[] published = Files.readAllBytes(directory().resolve(LedgerHome.PUBLIC_KEY));
        Files.delete(directory().resolve(LedgerHome.PUBLIC_KEY));
        LedgerHome.open(state, "test").close();
        assertArrayEquals(published, Files.readAllBytes(directory().resolve(LedgerHome.PUBLIC_KEY)));
        assertEquals(KeyFiles.read(directory().resolve(LedgerHome.KEY)).noteKey(),
            KeyFiles.readPublic(directory().resolve(LedgerHome.PUBLIC_KEY)));
        Files.setPosixFilePermissions(directory(), PosixFilePermissions.fromString("rwxrwx---"));
        assertThrows(FileSystemException.class, () -> LedgerHome.open(state, "test"));
    }

    /** An older state was put back: it is evidence, and another ledger begins beside it. */
    @Test
    void shouldPutAsideALedgerThatItCanNotGoOnWith() throws IOException
    {
        for (int i = 1; i <= 2; i++)
        {
            final byte[] older;
            final Id before;
            try (LedgerHome home = LedgerHome.open(state, "test"))
            {
                before = home.writer().ledger();
                book(home);
                older = Files.readAllBytes(directory().resolve("00000001.ledger"));
                book(home);
                home.writer().checkpoint();
            }
            Files.write(directory().resolve("00000001.ledger"), older);
            final Path kept = state.resolve("ledger.lost-" + i);
            try (LedgerHome home = LedgerHome.open(state, "test"))
            {
                assertEquals(kept, home.lost());
                assertNotEquals(before, home.writer().ledger());
                assertEquals(0, home.writer().blocks());
                book(home);
                home.pause();
                home.resume();
                assertNull(home.lost(), "of the last turn");
            }
            assertArrayEquals(older, Files.readAllBytes(kept.resolve("00000001.ledger")));
            assertTrue(Files.exists(kept.resolve("key")));
        }
    }

    @Test
    void shouldKeepEveryLedgerWhoseKeyEnded() throws IOException
    {
        for (int i = 1; i <= 2; i++)
        {
            try (LedgerHome home = LedgerHome.open(state, "test"))
            {
                book(home);
                assertEquals(state.resolve("ledger.revoked-" + i), home.revoke());
            }
            assertFalse(Files.exists(directory()));
        }
    }

    /** Between two turns, and at the end, everybody else may. */
    @Test
    void shouldLetOthersInWhileItPauses() throws IOException
    {
        final LedgerHome home = LedgerHome.open(state, "test");
        book(home);
        final Path lock = directory();
        assertThrows(LedgerException.class, () -> LedgerLock.take(lock, true, 0));
        home.pause();
        LedgerLock.take(lock, false, 0).close();
        final long blocks = LedgerHome.read(directory(), disk ->
        {
            assertThrows(LedgerException.class, () -> LedgerLock.take(lock, false, 0));
            return new Verifier(disk).verify(null, null).blocks();
        });
        assertEquals(1, blocks);
        LedgerLock.take(lock, false, 0).close();
        home.resume();
        assertThrows(LedgerException.class, () -> LedgerLock.take(lock, true, 0));
        home.close();
        LedgerLock.take(lock, false, 0).close();
    }

    /** In each of its turns its lock and the segment that it writes to, and nothing between two. */
    @Test
    void shouldKeepNoFileOpenBetweenTwoTurns() throws IOException
    {
        final LedgerHome home = LedgerHome.open(state, "test");
        assertEquals(1, OpenFiles.below(state));
        book(home);
        assertEquals(2, OpenFiles.below(state));
        home.pause();
        assertEquals(0, OpenFiles.below(state));
        LedgerHome.read(directory(), Disk::list);
        assertEquals(0, OpenFiles.below(state));
        home.resume();
        book(home);
        home.close();
        assertEquals(0, OpenFiles.below(state));
        Files.delete(directory().resolve("00000001.ledger"));
        Files.write(directory().resolve("checkpoint"), new Checkpoint(KeyFiles.read(directory().resolve("key")).name(),
            9, new byte[32]).signed(KeyFiles.read(directory().resolve("key"))).getBytes(StandardCharsets.UTF_8));
        final LedgerHome other = LedgerHome.open(state, "test");
        assertEquals(state.resolve("ledger.lost-1"), other.lost());
        assertEquals(1, OpenFiles.below(state), "not the lock of the one that is lost");
        other.close();
        Files.setPosixFilePermissions(directory().resolve("key"), PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThrows(Exception.class, () -> LedgerHome.open(state, "test"));
        assertEquals(0, OpenFiles.below(state));
    }

    /** A second name makes a file one that is not written to: a disk that refuses. */
    private Path refuse(final String name) throws IOException
    {
        return Files.createLink(state.resolve("second-name"), directory().resolve(name));
    }

    /** Each file that is written to, the tree that could be made again like the others: 0018 section 4. */
    @Test
    void shouldRefuseAFileThatHasAnotherName() throws IOException
    {
        try (LedgerHome home = LedgerHome.open(state, "test"))
        {
            book(home);
            home.writer().checkpoint();
        }
        for (final String name : List.of("00000001.ledger", Verifier.TREE, Verifier.CHECKPOINT))
        {
            final Path second = refuse(name);
            final FileSystemException refused =
                assertThrows(FileSystemException.class, () -> LedgerHome.open(state, "test"), name);
            assertEquals(directory().resolve(name) + ": has another name too, a hard link", refused.getMessage());
            Files.delete(second);
        }
        try (LedgerHome home = LedgerHome.open(state, "test"))
        {
            assertEquals(List.of(), home.writer().repairs());
        }
    }

    @Test
    void shouldKeepItsKeyWhereTheChangeCanNotBeWritten() throws IOException
    {
        try (LedgerHome home = LedgerHome.open(state, "test"))
        {
            book(home);
            final byte[] key = Files.readAllBytes(directory().resolve("key"));
            home.pause();
            home.resume();
            final Path second = refuse("00000001.ledger");
            final String refused = directory() + ": cannot be written: ";
            assertTrue(assertThrows(IOException.class, home::rotate).getMessage().startsWith(refused));
            assertFalse(Files.exists(directory().resolve("key.next")));
            assertTrue(assertThrows(IOException.class, home::revoke).getMessage().startsWith(refused));
            assertTrue(Files.exists(directory()));
            Files.delete(second);
            book(home);
            assertArrayEquals(key, Files.readAllBytes(directory().resolve("key")));

            // Not even signed: nothing ends before all of it is.
            Files.write(directory().resolve("checkpoint.new"), new byte[1]);
            final Path other = refuse("checkpoint.new");
            final long blocks = home.writer().blocks();
            assertTrue(assertThrows(IOException.class, home::revoke).getMessage().startsWith(refused));
            assertEquals(blocks, home.writer().blocks());
            final IOException halfway = assertThrows(IOException.class, home::rotate);
            assertTrue(halfway.getMessage().endsWith("; the next opening finishes the change of keys"));
            assertArrayEquals(key, Files.readAllBytes(directory().resolve("key")));
            Files.delete(other);
        }
        final byte[] next = Files.readAllBytes(directory().resolve("key.next"));
        LedgerHome.open(state, "test").close();
        assertArrayEquals(next, Files.readAllBytes(directory().resolve("key")));
        assertFalse(Files.exists(directory().resolve("key.next")));
    }

    @Test
    void shouldWaitForTheLockAsLongAsItIsToldTo() throws IOException
    {
        final LedgerLock held = LedgerLock.take(state, false, 0);
        held.requireHeld();
        final long beginNs = System.nanoTime();
        final LedgerException refused = assertThrows(
            LedgerException.class, () -> LedgerLock.take(state, false, 20_000_000));
        assertEquals(state.resolve("lock") + ": locked by somebody else for more than 20 ms", refused.getMessage());
        assertTrue(System.nanoTime() - beginNs >= 20_000_000, "it was told to wait");
        assertEquals(1, OpenFiles.below(state));
        held.close();
        held.close();
        assertEquals(0, OpenFiles.below(state));
        assertThrows(IllegalStateException.class, held::requireHeld);
        Files.delete(state.resolve("lock"));
        Files.createSymbolicLink(state.resolve("lock"), state.resolve("elsewhere"));
        assertThrows(IOException.class, () -> LedgerLock.take(state, false, 0));
    }

    @Test
    void shouldMakeIdsThatNobodyElseHas()
    {
        final Id one = LedgerHome.randomId();
        assertNotEquals(one, LedgerHome.randomId());
        assertNotEquals(0, one.high());
        assertNotEquals(0, one.low());
    }
}
