/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.ledger.EntryProof;
import org.flopmeter.ledger.LedgerEntry;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.SigningException;
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

    @Option(names = "--key", paramLabel = "FILE", description = "With --check: the key that has to have signed it.")
    private Path keyFile;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the proof there, not to stdout.")
    private Path outFile;

    @Override
    public Integer call() throws IOException
    {
        if ((null == entry) == (null == checkFile))
        {
            throw new UsageException("ledger proof: expected --entry N or --check FILE");
        }
        return null == entry ? check() : prove();
    }

    private int prove() throws IOException
    {
        final Path directory = LedgerReading.ofState(stateOption);
        final String proof;
        try
        {
            proof = LedgerHome.read(directory, disk -> EntryProof.of(disk, entry));
        }
        catch (final LedgerException ex)
        {
            throw new UsageException(directory + ": " + ex.getMessage());
        }
        give(outFile, proof);
        return ExitCode.DONE;
    }

    private int check()
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
            final List<LedgerEntry> entries =
                proof.entries(null == keyFile ? null : KeyFiles.readPublic(keyFile));
            out().println("block " + proof.index() + " is in the tree of " + proof.checkpoint().size() +
                " blocks of " + LedgerReading.plain(proof.checkpoint().origin()) +
                (null == keyFile ? "; origin unproven: no key was given" : ", signed by the key"));
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
}
