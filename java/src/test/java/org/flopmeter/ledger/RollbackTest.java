/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.flopmeter.witness.MemoryWitness;
import org.flopmeter.witness.WitnessAnswer;
import org.flopmeter.witness.WitnessClient;
import org.flopmeter.witness.WitnessOutcome;
import org.flopmeter.witness.WitnessOutcome.Kind;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every older state of a ledger is put back, whole, with its key, its checkpoint and what it knows of the witness; the
 * next contact with the witness tells. Witnesses that forget or do not look are what the canaries are.
 */
class RollbackTest
{
    private static final int SNAPSHOTS = 1000;
    private static final int STEP = 20;
    private static final int SOME = SNAPSHOTS / STEP;
    private static final int GROWN_EVERY = 200;
    private static final String SEGMENT = "00000001.ledger";
    private static final NoteSigner WITNESS =
        new NoteSigner("witness.example/w1", SigningKey.generate(SignatureAlgorithm.ED25519));
    private static final String LOGS = Session.SIGNER.noteKey().text();

    private static SimulatedDisk newest;
    private static final List<Snapshot> OLDER = new ArrayList<>();

    /** A state of the directory: segment and tree only grow. */
    private record Snapshot(int segmentLength, int treeLength, byte[] checkpoint)
    {
        static Snapshot of(final SimulatedDisk disk)
        {
            return new Snapshot(disk.bytes(SEGMENT).length, disk.bytes("tree").length, disk.bytes("checkpoint"));
        }

        SimulatedDisk restored()
        {
            final SimulatedDisk disk = new SimulatedDisk();
            disk.put(SEGMENT, Arrays.copyOf(newest.bytes(SEGMENT), segmentLength));
            disk.put("tree", Arrays.copyOf(newest.bytes("tree"), treeLength));
            disk.put("checkpoint", checkpoint);
            return disk;
        }

        long size()
        {
            return Checkpoint.parse(Note.parse(checkpoint).text()).size();
        }
    }

    @BeforeAll
    static void grow() throws IOException
    {
        newest = new SimulatedDisk();
        final Session session = Session.begin(newest, 1);
        for (int i = 0; i <= SNAPSHOTS; i++)
        {
            assertTrue(session.interval());
            assertNotNull(session.writer().checkpoint());
            if (i < SNAPSHOTS)
            {
                OLDER.add(Snapshot.of(newest));
            }
        }
        session.writer().close();
        assertEquals(SNAPSHOTS, OLDER.size());
    }

    private static WitnessOutcome contact(
        final Disk disk, final WitnessClient.Transport transport, final long seenSize) throws IOException
    {
        return contact(disk, transport, seenSize, List.of(Session.SIGNER.noteKey()));
    }

    /** Without keys of the ledger nothing that the witness shows counts: an alarm needs none of it. */
    private static WitnessOutcome contact(
        final Disk disk, final WitnessClient.Transport transport, final long seenSize, final List<NoteKey> keys)
        throws IOException
    {
        final byte[] bytes;
        try (Disk.DiskFile file = disk.open("checkpoint", false))
        {
            final ByteBuffer buffer = ByteBuffer.allocate((int)file.length());
            file.read(0, buffer);
            bytes = buffer.array();
        }
        final Note note = Note.parse(bytes);
        final Checkpoint checkpoint = Checkpoint.parse(note.text());
        return new WitnessClient(WITNESS.witnessKey(), keys, transport)
            .submit(note, new StoredTree(disk, checkpoint.size(), checkpoint.root()), seenSize);
    }

    /** The meter goes on where it was put back to. */
    private static void goOn(final SimulatedDisk disk, final long blocks) throws IOException
    {
        final Session session = Session.begin(disk, new Id(9, 9), 1);
        for (long i = 0; i < blocks; i++)
        {
            assertTrue(session.interval());
        }
        session.writer().checkpoint();
        session.writer().close();
    }

    /** Every one, or one in so many; every second of all goes on by a block. */
    private static Map<Kind, Integer> restore(
        final WitnessClient.Transport witness, final boolean isRecordKept, final int step) throws IOException
    {
        final Map<Kind, Integer> kinds = new EnumMap<>(Kind.class);
        for (int i = step - 1; i < OLDER.size(); i += step)
        {
            final Snapshot snapshot = OLDER.get(i);
            final SimulatedDisk disk = snapshot.restored();
            if (0 != i % 2)
            {
                goOn(disk, 1);
            }
            kinds.merge(contact(
                disk, witness, isRecordKept ? snapshot.size() : 0, List.of()).kind(), 1, Integer::sum);
        }
        return kinds;
    }

    @Test
    void shouldBeToldOfEveryOlderSnapshot() throws IOException
    {
        final MemoryWitness witness = new MemoryWitness(WITNESS, LOGS, 1);
        assertEquals(Kind.COSIGNED, contact(newest, witness, 0).kind());
        final int saves = witness.saves();

        // The one that went on by one block is as long as the newest, and another.
        assertEquals(Map.of(Kind.ROLLED_BACK, SNAPSHOTS - 1, Kind.FORKED, 1), restore(witness, true, 1));
        assertEquals(Map.of(Kind.ROLLED_BACK, SOME - 1, Kind.FORKED, 1), restore(witness, false, STEP));
        assertEquals(saves, witness.saves(), "nothing of it was cosigned");
        assertEquals(Kind.COSIGNED, contact(newest, witness, 0).kind(), "the true one goes on");
    }

    /** Long after: the copy has outgrown what the witness saw. That is no silent maximum but a proof. */
    @Test
    void shouldProveTheForkOfACopyThatHasOutgrownTheOther() throws IOException
    {
        final MemoryWitness witness = new MemoryWitness(WITNESS, LOGS, 1);
        contact(newest, witness, 0);
        for (int i = 0; i < OLDER.size(); i += GROWN_EVERY)
        {
            final SimulatedDisk disk = OLDER.get(i).restored();
            goOn(disk, SNAPSHOTS + 5 - OLDER.get(i).size());
            final WitnessOutcome outcome = contact(disk, witness, OLDER.get(i).size());
            assertEquals(Kind.FORKED, outcome.kind(), outcome.text());
            final ForkProof proof = ForkProof.parse(outcome.forkProof().getBytes(StandardCharsets.UTF_8));
            assertTrue(proof.check(List.of(Session.SIGNER.noteKey())).startsWith("two histories of "));
        }
    }

    /** Where somebody had what the other copy showed: what is older than the fork is no contradiction. */
    @Test
    void shouldShowWhatTheWitnessHasSeen() throws IOException
    {
        final MemoryWitness witness = new MemoryWitness(WITNESS, LOGS, 1);
        contact(newest, witness, 0);
        final WitnessOutcome outcome = contact(OLDER.get(10).restored(), witness, 0);
        assertEquals(SNAPSHOTS + 1, Checkpoint.parse(outcome.evidence().text()).size());
        assertTrue(outcome.text().contains("signed by this ledger's key shows it"), outcome.text());

        final WitnessOutcome claimed = contact(OLDER.get(10).restored(), new WitnessClient.Transport()
        {
            @Override
            public WitnessAnswer post(final String path, final byte[] body)
            {
                return new WitnessAnswer(409, WitnessAnswer.SIZE, "77777\n".getBytes(StandardCharsets.US_ASCII));
            }

            @Override
            public WitnessAnswer get(final String path) throws IOException
            {
                throw new IOException("gone");
            }
        }, 0);
        assertEquals(Kind.ROLLED_BACK, claimed.kind(), "an alarm needs no evidence");
        assertTrue(claimed.text().contains("it does not show them"), claimed.text());
    }

    /** Canary: one that cosigns whatever is shown to it notices nothing, and this suite sees that. */
    @Test
    void shouldSeeThatAWitnessDoesNotLook() throws IOException
    {
        final WitnessClient.Transport careless = new WitnessClient.Transport()
        {
            @Override
            public WitnessAnswer post(final String path, final byte[] body)
            {
                final String text = new String(body, StandardCharsets.UTF_8);
                final Note note = Note.parse(text.substring(text.indexOf("\n\n") + 2)
                    .getBytes(StandardCharsets.UTF_8));
                return new WitnessAnswer(200, WitnessAnswer.TEXT,
                    WITNESS.cosign(note.text(), 1).line().getBytes(StandardCharsets.UTF_8));
            }

            @Override
            public WitnessAnswer get(final String path)
            {
                return new WitnessAnswer(404, WitnessAnswer.TEXT, new byte[0]);
            }
        };
        assertEquals(Map.of(Kind.COSIGNED, SOME), restore(careless, true, STEP));
    }

    /** Canary: one that loses its state is told by the ledger that kept its cosignature. */
    @Test
    void shouldSeeThatAWitnessForgets() throws IOException
    {
        final MemoryWitness forgetful = new MemoryWitness(WITNESS, LOGS, 1)
        {
            @Override
            public byte[] load(final String origin)
            {
                return null;
            }
        };
        assertEquals(Kind.COSIGNED, contact(newest, forgetful, 0).kind());
        assertEquals(Map.of(Kind.COSIGNED, SOME), restore(forgetful, false, STEP), "without a record: unnoticed");
        assertEquals(Map.of(Kind.FORGOTTEN, SOME), restore(forgetful, true, STEP));
    }
}
