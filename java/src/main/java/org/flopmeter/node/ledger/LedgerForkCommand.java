/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.flopmeter.ledger.Checkpoint;
import org.flopmeter.ledger.ForkProof;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.StoredTree;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.SigningException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Proofs, which stand alone, that a ledger's key signed two histories. */
@Command(name = "fork", description = {
    "Prove that two checkpoints of one ledger contradict each other, or check such a proof.",
    "Of two sizes, --dir names the ledger that the larger one is of." })
final class LedgerForkCommand extends StreamCommand
{
    private static final int CHECKPOINT_COUNT = 2;

    @Option(names = "--dir", paramLabel = "DIR", description = "State or ledger directory.")
    private Path directory;

    @Option(names = "--check", paramLabel = "FILE", description = "Check this proof; no ledger is needed.")
    private Path checkFile;

    @Option(names = "--key", paramLabel = "KEY", description = "With --check: a key of the ledger, a file or its text.")
    private List<String> keys = List.of();

    @Option(names = "--out", paramLabel = "FILE", description = "Write the proof there, not to stdout.")
    private Path outFile;

    @Parameters(paramLabel = "CHECKPOINT", description = "Two signed checkpoints.")
    private List<Path> checkpoints = List.of();

    @Override
    public Integer call() throws IOException
    {
        if (null != checkFile)
        {
            if (keys.isEmpty() || !checkpoints.isEmpty())
            {
                throw new UsageException("ledger fork: expected --check FILE --key KEY");
            }
            return check();
        }
        if (CHECKPOINT_COUNT != checkpoints.size())
        {
            throw new UsageException("ledger fork: expected two checkpoints, or --check FILE --key KEY");
        }
        return prove();
    }

    private int prove() throws IOException
    {
        final Note one = note(checkpoints.get(0));
        final Note other = note(checkpoints.get(1));
        final String proof;
        try
        {
            final Checkpoint first = Checkpoint.parse(one.text());
            final Checkpoint second = Checkpoint.parse(other.text());
            final Checkpoint larger = first.size() > second.size() ? first : second;
            proof = null == directory ? ForkProof.of(one, other, null).text() :
                LedgerHome.read(LedgerReading.directory(directory), disk ->
                ForkProof.of(one, other, new StoredTree(disk, larger.size(), larger.root())).text());
        }
        catch (final LedgerException ex)
        {
            err().println("flopmeter: no fork is proved: " + LedgerReading.plain(ex.getMessage()));
            return ExitCode.ANSWER_IS_NO;
        }
        give(outFile, proof);
        return ExitCode.DONE;
    }

    private static Note note(final Path file)
    {
        try
        {
            final Note note = Checkpoint.note(DocumentFiles.bytes(file));
            Checkpoint.parse(note.text());
            return note;
        }
        catch (final LedgerException ex)
        {
            throw new UsageException(file + ": " + ex.getMessage());
        }
    }

    private int check()
    {
        final ForkProof proof;
        try
        {
            proof = ForkProof.parse(DocumentFiles.bytes(checkFile));
        }
        catch (final LedgerException ex)
        {
            throw new UsageException(checkFile + ": " + ex.getMessage());
        }
        try
        {
            out().println(LedgerReading.plain(proof.check(
                keys.stream().map(WitnessCommand::key).collect(Collectors.toList()))));
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
