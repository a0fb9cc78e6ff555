/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.ledger.Verification.Finding;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningException;
import org.flopmeter.sign.SigningKey;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;

/** Against a key and a checkpoint from outside, nothing that is done to the bytes of a ledger stays unseen. */
class LedgerTamperTest
{
    private static final String SEGMENT = SegmentScan.segmentName(1);
    private static final NoteKey KEY = Session.SIGNER.noteKey();

    /** A signature costs a millisecond; the same one is the same again. */
    private final Map<Note, Boolean> known = new HashMap<>();

    private void check(final Note note, final LedgerState.SignerState signer)
    {
        if (!signer.isKey(KEY) || !known.computeIfAbsent(note, asked -> isSigned(asked, KEY)))
        {
            throw new SigningException("not signed by that key");
        }
    }

    private static boolean isSigned(final Note note, final NoteKey key)
    {
        try
        {
            note.verify(List.of(key));
            return true;
        }
        catch (final SigningException ex)
        {
            return false;
        }
    }

    private Verification verify(final Disk disk, final byte[] checkpoint) throws IOException
    {
        return new Verifier(disk, this::check).verify(KEY, checkpoint);
    }

    @Test
    void shouldProveAnUntouchedLedger() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(3, 8);

        final Verification verification = verify(disk, disk.bytes("checkpoint"));

        assertEquals(List.of(), verification.findings());
        assertTrue(verification.isOrigin());
        assertEquals(verification.blocks(), verification.proved());
        assertEquals(verification.blocks(), verification.outsideSize());
    }

    @Test
    void shouldFindAndLocateEveryFlippedBit() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(64, 12);
        final byte[] original = disk.bytes(SEGMENT);
        final byte[] checkpoint = disk.bytes("checkpoint");
        assertTrue(original.length >= 64 * 1024, () -> "a ledger of " + original.length);
        // In the normal build one bit of most bytes, another one than of the neighbours; in the nightly one all.
        final int step = Suite.stride(61, 1);
        int flips = 0;
        for (int bit = 0; bit < 8 * 64 * 1024; bit += step)
        {
            flips++;
            final byte[] bytes = original.clone();
            bytes[bit >> 3] ^= 1 << (bit & 7);
            disk.put(SEGMENT, bytes);
            final int at = bit >> 3;
            final List<Finding> findings = verify(disk, checkpoint).findings();
            assertTrue(findings.stream().anyMatch(finding -> SEGMENT.equals(finding.file()) &&
                finding.offset() <= at && at < finding.offset() + finding.length()),
                () -> "byte " + at + ": " + findings);
        }
        assertTrue(flips >= Suite.rounds(8_000, 524_288));
    }

    @Test
    void shouldFindEveryTruncation() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(4, 12);
        final byte[] original = disk.bytes(SEGMENT);
        final byte[] checkpoint = disk.bytes("checkpoint");
        for (int length = 0; length < original.length; length += Suite.stride(7, 1))
        {
            disk.put(SEGMENT, Arrays.copyOf(original, length));
            assertFalse(verify(disk, checkpoint).isOk(), "length " + length);
        }
        disk.remove(SEGMENT);
        assertFalse(verify(disk, checkpoint).isOk());
    }

    @Test
    void shouldFindEveryBlockRemovedSwappedOrDoubled() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(3, 12);
        final byte[] checkpoint = disk.bytes("checkpoint");
        final Blocks blocks = Blocks.of(disk.bytes(SEGMENT));
        for (int i = 0; i < blocks.count(); i++)
        {
            disk.put(SEGMENT, blocks.without(i));
            assertFalse(verify(disk, checkpoint).isOk(), "without block " + i);
            disk.put(SEGMENT, blocks.doubled(i));
            assertFalse(verify(disk, checkpoint).isOk(), "block twice: " + i);
            for (int j = 0; j < i; j++)
            {
                disk.put(SEGMENT, blocks.swapped(i, j));
                assertFalse(verify(disk, checkpoint).isOk(), "swapped " + i + " and " + j);
            }
        }
    }

    /** Whoever writes entries anew, with checksums that hold, can't make the tree's root fit. */
    @Test
    void shouldFindEveryEntryRemovedSwappedOrDoubledWithChecksumsRepaired() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(3, 6);
        final byte[] checkpoint = disk.bytes("checkpoint");
        final Blocks blocks = Blocks.of(disk.bytes(SEGMENT));
        int forgeries = 0;
        for (int block = 0; block < blocks.count(); block++)
        {
            final int entries = blocks.entries(block).size();
            for (int i = 0; i < entries; i++)
            {
                for (final byte[] forged : blocks.forgeries(block, i))
                {
                    forgeries++;
                    final int at = i;
                    final int in = block;
                    disk.put(SEGMENT, forged);
                    assertFalse(verify(disk, checkpoint).isOk(), () -> "block " + in + ", entry " + at);
                }
            }
        }
        assertTrue(forgeries > 80, "only " + forgeries);
    }

    /** Whoever makes up a number must not keep the verifier busy for ever. */
    @Test
    void shouldRefuseABlockOfAnImpossibleNumberAtOnce() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(3, 6);
        final byte[] checkpoint = disk.bytes("checkpoint");
        final Blocks blocks = Blocks.of(disk.bytes(SEGMENT));
        for (final long number : new long[] { 1L << 25, Integer.MAX_VALUE, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE })
        {
            disk.put(SEGMENT, blocks.withBlockOf(number));

            final List<Finding> findings =
                assertTimeoutPreemptively(Duration.ofSeconds(60), () -> verify(disk, checkpoint)).findings();

            assertEquals(List.of("misplaced"), findings.stream().map(Finding::kind).toList(), () -> "block " + number);
        }
    }

    /** Canary: a forgery with everything repaired is self-consistent, and only what is outside tells. */
    @Test
    void shouldClaimNothingBeyondWhatItCanProve() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(3, 6);
        final byte[] checkpoint = disk.bytes("checkpoint");
        final SimulatedDisk older = disk.copy();
        final byte[] shorter = Blocks.of(disk.bytes(SEGMENT)).without(Blocks.of(disk.bytes(SEGMENT)).count() - 1);
        older.put(SEGMENT, shorter);
        older.remove("checkpoint");

        final Verification alone = new Verifier(older).verify(null, null);
        assertEquals(List.of(), alone.findings());
        assertTrue(alone.proved() < alone.blocks());
        assertFalse(alone.isOrigin());
        assertEquals(-1, alone.outsideSize());
        assertFalse(verify(older, checkpoint).isOk());
    }

    @Test
    void shouldRefuseAnotherKeyAndAnotherLedgersCheckpoint() throws IOException
    {
        final SimulatedDisk disk = Session.ledger(1, 3);
        final NoteSigner other = new NoteSigner(
            Session.SIGNER.name(), SigningKey.generate(
                SignatureAlgorithm.ED25519));

        final List<Finding> findings = new Verifier(disk).verify(other.noteKey(), null).findings();

        assertEquals(List.of("origin"), findings.stream().map(Finding::kind).toList());
        final byte[] foreign = new Checkpoint(Session.SIGNER.name(), 2, new byte[32]).signed(other)
            .getBytes(StandardCharsets.UTF_8);
        assertFalse(new Verifier(disk).verify(null, foreign).isOk());
    }

    /** Every state that the ledger ever had, put back: what is outside has seen more. */
    @Test
    void shouldNoticeEveryOlderSnapshot() throws IOException
    {
        final SimulatedDisk disk = new SimulatedDisk();
        final Session session = Session.begin(disk, 2);
        final List<SimulatedDisk> snapshots = new ArrayList<>();
        final int count = Suite.rounds(100, 1000);
        for (int i = 0; i < count; i++)
        {
            assertTrue(session.interval());
            session.writer().checkpoint();
            snapshots.add(disk.copy());
        }
        assertTrue(session.interval());
        session.writer().checkpoint();
        final byte[] checkpoint = disk.bytes("checkpoint");

        for (final SimulatedDisk snapshot : snapshots)
        {
            final Verification verification = verify(snapshot, checkpoint);
            assertEquals(List.of("missing"), verification.findings().stream().map(Finding::kind).toList());
            assertTrue(new Verifier(snapshot, this::check).verify(KEY, null).isOk());
        }
    }
}
