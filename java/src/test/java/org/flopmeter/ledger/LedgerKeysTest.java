/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys hand over and end; a verifier with any key of the chain accepts what it and its successors signed. */
class LedgerKeysTest
{
    @TempDir
    private Path state;

    private LedgerHome open() throws IOException
    {
        return LedgerHome.open(state, "test");
    }

    private static void book(final LedgerHome home, final String what)
    {
        home.writer().changeParameter(what, "", "", "test");
        assertTrue(home.writer().seal());
    }

    private Verification verify(final NoteKey key, final byte[] checkpoint) throws IOException
    {
        return new Verifier(new FileDisk(state.resolve("ledger"), true)).verify(key, checkpoint);
    }

    private Path file(final String name)
    {
        return state.resolve("ledger").resolve(name);
    }

    private NoteSigner made(final LedgerHome home)
    {
        return new NoteSigner(
            LedgerWriter.origin(home.writer().ledger()), SigningKey.generate(SignatureAlgorithm.ED25519));
    }

    @Test
    void shouldAcceptEveryKeyOfTheChainAndNoOther() throws IOException
    {
        final List<NoteKey> keys = new ArrayList<>();
        final List<byte[]> checkpoints = new ArrayList<>();
        try (LedgerHome home = open())
        {
            keys.add(KeyFiles.readPublic(file("key.pub")));
            for (int i = 0; i < 3; i++)
            {
                book(home, "before " + i);
                checkpoints.add(home.writer().checkpoint().getBytes(StandardCharsets.UTF_8));
                keys.add(home.rotate());
                assertEquals(keys.get(i + 1), KeyFiles.readPublic(file("key.pub")));
            }
            book(home, "after");
            checkpoints.add(home.writer().checkpoint().getBytes(StandardCharsets.UTF_8));
        }
        for (final NoteKey key : keys)
        {
            for (final byte[] checkpoint : checkpoints)
            {
                final Verification verification = verify(key, checkpoint);
                assertEquals(List.of(), verification.findings());
                assertTrue(verification.isOrigin());
                assertEquals(verification.blocks(), verification.proved());
                assertEquals(4, verification.state().signerCount());
            }
        }
        final NoteKey foreign = new NoteSigner(
            keys.get(0).name(), SigningKey.generate(SignatureAlgorithm.ED25519)).noteKey();
        assertFalse(verify(foreign, null).isOk());
        assertEquals("rw-------", PosixFilePermissions.toString(
            Files.getPosixFilePermissions(file("key"))));
        assertFalse(Files.exists(file("key.next")));
    }

    /** Canary: who goes on with the old key is found out, and so is a change that the old key did not sign. */
    @Test
    void shouldRefuseTheOldKeyAfterItHandedOver() throws IOException
    {
        final NoteKey first;
        try (LedgerHome home = open())
        {
            book(home, "before");
            first = KeyFiles.readPublic(file("key.pub"));
            final NoteSigner old = KeyFiles.read(file("key"));
            home.rotate();
            book(home, "after");
            final MerkleTree tree = new MerkleTree();
            final long blocks = home.writer().blocks();
            final Verifier verifier = new Verifier(new FileDisk(state.resolve("ledger"), true));
            verifier.verify(null, null);
            for (long i = 0; i < blocks; i++)
            {
                tree.append(verifier.tree().leaf(i));
            }
            Files.writeString(file("checkpoint"),
                new Checkpoint(LedgerWriter.origin(home.writer().ledger()), blocks, tree.root()).signed(old));
        }
        final Verification verification = verify(first, null);
        assertEquals(1, verification.findings().size());
        assertTrue(verification.findings().get(0).detail().contains("replaced before"));
    }

    @Test
    void shouldGoOnWithTheOldKeyWhenTheNewOneWasNeverSigned() throws IOException
    {
        final byte[] old;
        try (LedgerHome home = open())
        {
            book(home, "before");
            home.writer().checkpoint();
            old = Files.readAllBytes(file("key"));
            KeyFiles.create(file("key.next"), made(home));
        }
        try (LedgerHome home = open())
        {
            book(home, "after");
            home.writer().checkpoint();
        }
        assertArrayEquals(old, Files.readAllBytes(file("key")));
        assertFalse(Files.exists(file("key.next")));
        assertEquals(List.of(), verify(KeyFiles.readPublic(file("key.pub")), null).findings());
    }

    @Test
    void shouldGoOnWithTheNewKeyWhenOnlyTheFilesWereNotReplaced() throws IOException
    {
        final NoteKey first;
        final NoteSigner next;
        try (LedgerHome home = open())
        {
            book(home, "before");
            home.writer().checkpoint();
            first = KeyFiles.readPublic(file("key.pub"));
            next = made(home);
            KeyFiles.create(file("key.next"), next);
            assertTrue(home.writer().rotate(next));
        }
        try (LedgerHome home = open())
        {
            book(home, "after");
            home.writer().checkpoint();
        }
        assertEquals(next.noteKey(), KeyFiles.readPublic(file("key.pub")));
        assertEquals(List.of(), verify(first, null).findings());
        assertEquals(List.of(), verify(next.noteKey(), null).findings());
    }

    /** Another process changes the key while this one waits for its turn. */
    @Test
    void shouldSignWithTheKeyThatAnotherWriterHandedOverTo() throws IOException
    {
        final NoteKey first;
        try (LedgerHome home = open())
        {
            book(home, "before");
            first = KeyFiles.readPublic(file("key.pub"));
            home.pause();
            try (LedgerHome other = open())
            {
                other.rotate();
            }
            home.resume();
            book(home, "after");
            home.writer().checkpoint();
        }
        assertEquals(List.of(), verify(first, null).findings());
        assertEquals(List.of(), verify(KeyFiles.readPublic(file("key.pub")), null).findings());
    }

    /** Another process is killed in a change of keys while this one waits for its turn. */
    @Test
    void shouldFinishAChangeOfKeysThatAnotherWriterLeft() throws IOException
    {
        final NoteKey first;
        final NoteSigner next;
        try (LedgerHome home = open())
        {
            book(home, "before");
            home.writer().checkpoint();
            first = KeyFiles.readPublic(file("key.pub"));
            home.pause();
            try (LedgerHome other = open())
            {
                next = made(other);
                KeyFiles.create(file("key.next"), next);
                assertTrue(other.writer().rotate(next));
            }
            home.resume();
            book(home, "after");
            home.writer().checkpoint();
        }
        assertEquals(next.noteKey(), KeyFiles.readPublic(file("key.pub")));
        assertEquals(List.of(), verify(first, null).findings());
    }

    @Test
    void shouldKeepWhatARevokedKeySignedAndBeginAnew() throws IOException
    {
        final NoteKey first;
        final Path kept;
        final Id before;
        try (LedgerHome home = open())
        {
            book(home, "before");
            first = KeyFiles.readPublic(file("key.pub"));
            before = home.writer().ledger();
            kept = home.revoke();
        }
        try (LedgerHome home = open())
        {
            assertNotEquals(before, home.writer().ledger());
            book(home, "after");
            home.writer().checkpoint();
        }
        final Verification old = new Verifier(new FileDisk(kept, true)).verify(first, null);
        assertEquals(List.of(), old.findings());
        assertTrue(old.state().isRevoked());
        assertFalse(verify(first, null).isOk());
        assertEquals(List.of(), verify(KeyFiles.readPublic(file("key.pub")), null).findings());
    }
}
