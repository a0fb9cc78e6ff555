/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.EntryProof;
import org.flopmeter.ledger.LedgerEntry;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.node.booking.WitnessContacts;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sign.Cosignature;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.unit.Plural;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Proofs that stand alone: made of one entry, or checked with nothing else at hand. */
@Command(name = "proof", description = "Prove that an entry is in the ledger (C2SP tlog-proof), or check such a proof.")
final class LedgerProofCommand extends StreamCommand
{
    @Option(names = "--dir", paramLabel = "DIR", description = "State directory.")
    private Path stateOption;

    @Option(names = "--entry", paramLabel = "N", description = "Number of the entry.")
    private Long entry;

    @Option(names = "--check", paramLabel = "FILE", description = "Check this proof; no ledger is needed.")
    private Path checkFile;

    @Option(names = "--key", paramLabel = "FILE",
        description = "The key that has to have signed it; with --entry, default: who signed the newest checkpoint.")
    private Path keyFile;

    @Option(names = "--witness", paramLabel = "KEY",
        description = "With --check: a witness that has to have cosigned it: a file, or the text; may be repeated.")
    private List<String> witnesses = List.of();

    @Option(names = "--quorum", paramLabel = "K", description = "How many of the witnesses; default: all.")
    private int quorum;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the proof there, not to stdout.")
    private Path outFile;

    @Override
    public Integer call() throws IOException
    {
        if ((null == entry) == (null == checkFile))
        {
            throw new UsageException("ledger proof: expected --entry N or --check FILE");
        }
        if (null == checkFile && !witnesses.isEmpty())
        {
            throw new UsageException("ledger proof --witness: goes with --check FILE; a proof has what is kept");
        }
        final int needed = WitnessVerdict.needed("ledger proof", quorum, witnesses.size());
        return null == entry ? check(needed) : prove();
    }

    private int prove() throws IOException
    {
        final Path directory = LedgerReading.ofState(stateOption);
        final NoteKey signer = signer();
        final String proof;
        try
        {
            proof = LedgerHome.read(directory,
                disk -> EntryProof.of(disk, entry, new WitnessContacts(directory).checkpoints(), signer));
        }
        catch (final LedgerException ex)
        {
            throw new UsageException(directory + ": " + ex.getMessage());
        }
        give(outFile, proof);
        return ExitCode.DONE;
    }

    /** Null when none is given. */
    private NoteKey signer()
    {
        try
        {
            return null == keyFile ? null : KeyFiles.readPublic(keyFile);
        }
        catch (final SigningException ex)
        {
            throw new UsageException(ex.getMessage());
        }
    }

    private int check(final int needed)
    {
        final EntryProof proof;
        try
        {
            proof = EntryProof.parse(DocumentFiles.bytes(checkFile));
        }
        catch (final LedgerException ex)
        {
            throw new UsageException(checkFile + ": " + ex.getMessage());
        }
        try
        {
            final List<LedgerEntry> entries = proof.entries(signer());
            final String seen = witnessed(proof.note(), needed);
            out().println("block " + proof.index() + " is in the tree of " +
                Plural.of(proof.checkpoint().size(), "block") + " of " +
                LedgerReading.plain(proof.checkpoint().origin()) +
                (null == keyFile ? "; origin unproven: no key was given" : ", signed by the key") + seen);
            long sequence = proof.firstSequence();
            for (final LedgerEntry inBlock : entries)
            {
                out().println("  " + sequence++ + " " + LedgerReading.plain(inBlock.toString()));
            }
            return ExitCode.DONE;
        }
        catch (final LedgerException ex)
        {
            out().println("not proved: " + LedgerReading.plain(ex.getMessage()));
            return ExitCode.ANSWER_IS_NO;
        }
        catch (final SigningException ex)
        {
            throw new UsageException(ex.getMessage());
        }
    }

    /** @throws LedgerException too few of the witnesses have cosigned it. */
    private String witnessed(final Note note, final int needed)
    {
        final List<NoteKey> keys = WitnessVerdict.keys(witnesses);
        final List<Long> times = new ArrayList<>();
        for (final NoteKey key : keys)
        {
            try
            {
                times.add(Cosignature.of(note.verify(List.of(key)).get(key)).timeSeconds());
            }
            catch (final SigningException ex)
            {
                // Not cosigned by this one, or with a signature that is none.
                continue;
            }
        }
        if (times.size() < needed)
        {
            throw new LedgerException(
                times.size() + " of " + keys.size() + " witnesses have cosigned the checkpoint; needed are " + needed);
        }
        times.sort(null);
        return keys.isEmpty() ? "" : "; cosigned by " + times.size() + " of " + keys.size() + " witnesses, by " +
            Instant.ofEpochSecond(times.get(needed - 1));
    }
}
