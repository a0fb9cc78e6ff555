/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.Checkpoint;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verification.Finding;
import org.flopmeter.ledger.Verifier;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sign.Envelope;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.unit.Plural;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Verifies a ledger, a signed checkpoint or a DSSE envelope offline, and says what was proved and no more. */
@Command(name = "verify", description = "Verify a ledger or a signed document offline, every byte of it.")
public final class VerifyCommand extends StreamCommand
{
    static final String SCHEMA = "flopmeter/verify-result/v1";

    @Option(names = "--key", paramLabel = "FILE", description = "Public key from outside: proves origin.")
    private Path keyFile;

    @Option(names = "--checkpoint", paramLabel = "FILE",
        description = "Signed checkpoint from outside: proves that nothing before it changed or is missing.")
    private Path checkpointFile;

    @Option(names = "--witness", paramLabel = "KEY",
        description = "Public key of a witness, a file or its text: proves what it has seen.")
    private List<String> witnesses = List.of();

    @Option(names = "--quorum", paramLabel = "N",
        description = "How many of the witnesses are needed; default: all.")
    private int quorum;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean isJson;

    @Parameters(paramLabel = "DIR|FILE",
        description = "A ledger's or a state directory, a signed checkpoint, or a DSSE envelope.")
    private Path target;

    @Override
    public Integer call() throws IOException
    {
        try
        {
            final NoteKey key = null == keyFile ? null : KeyFiles.readPublic(keyFile);
            final byte[] checkpoint = null == checkpointFile ? null : DocumentFiles.bytes(checkpointFile);
            if (null != checkpoint)
            {
                Checkpoint.parse(Checkpoint.note(checkpoint).text());
            }
            if (Files.isRegularFile(target))
            {
                final byte[] bytes = DocumentFiles.bytes(target);
                return 0 < bytes.length && '{' == bytes[0] ? verifyEnvelope(bytes, key) : verifyNote(bytes, key);
            }
            return verifyLedger(LedgerReading.directory(target), key, checkpoint);
        }
        catch (final SigningException ex)
        {
            return refuse(ex.getMessage());
        }
        catch (final LedgerException ex)
        {
            return refuse((null == checkpointFile ? target : checkpointFile) + ": " + ex.getMessage());
        }
        catch (final UsageException ex)
        {
            return refuse(ex.getMessage());
        }
    }

    private int refuse(final String message)
    {
        if (isJson)
        {
            out().print(DocumentJson.print(JsonMapper.shared().createObjectNode()
                .put("schema", SCHEMA).put("error", "BAD_INPUT").put("message", message)));
        }
        throw new UsageException(message);
    }

    private int verifyNote(final byte[] bytes, final NoteKey key)
    {
        final Note note = Checkpoint.note(bytes);
        final Checkpoint checkpoint = Checkpoint.parse(note.text());
        if (null == key)
        {
            return answer(true, "well-formed checkpoint of " + Plural.of(checkpoint.size(), "block") +
                " of " + checkpoint.origin() + "; origin unproven: no key was given", List.of());
        }
        try
        {
            note.verify(List.of(key));
        }
        catch (final SigningException ex)
        {
            return answer(false, "not verified", List.of(
                new Finding("origin", target.toString(), 0, bytes.length, -1, ex.getMessage())));
        }
        return answer(true, "signed by " + key + ": " + Plural.of(checkpoint.size(), "block") + " of " +
            checkpoint.origin(), List.of());
    }

    /** DSSE, as policy packs and reports are signed: what it says is not judged, only who signed these bytes. */
    private int verifyEnvelope(final byte[] bytes, final NoteKey key)
    {
        final Envelope envelope;
        try
        {
            envelope = Envelope.parse(bytes);
        }
        catch (final SigningException ex)
        {
            throw new UsageException(target + ": " + ex.getMessage());
        }
        final String what = Plural.of(envelope.payload().length, "byte") + " of " + envelope.payloadType();
        if (null == key)
        {
            return answer(true, "well-formed envelope of " + what + " with " +
                Plural.of(envelope.signatureCount(), "signature") + "; origin unproven: no key was given", List.of());
        }
        if (envelope.signers(List.of(key.key())).isEmpty())
        {
            return answer(false, "not verified", List.of(new Finding("origin", target.toString(), 0, bytes.length, -1,
                "of its " + Plural.of(envelope.signatureCount(), "signature") + " none is of the key " + key)));
        }
        return answer(true, "signed by " + key + ": " + what, List.of());
    }

    private int verifyLedger(final Path directory, final NoteKey key, final byte[] checkpoint) throws IOException
    {
        final Verification verification =
            LedgerHome.read(directory, disk -> new Verifier(disk).verify(key, checkpoint));
        verification.notes().forEach(note -> err().println("flopmeter: note: " + LedgerReading.plain(note)));
        final WitnessVerdict verdict = WitnessVerdict.of(directory, verification, witnesses, quorum);
        final List<Finding> findings = new ArrayList<>(verification.findings());
        findings.addAll(verdict.findings());
        return answer(findings.isEmpty(),
            findings.isEmpty() ? statement(verification) + verdict.statement() : "not verified: " +
                Plural.of(findings.size(), "finding") + " in " +
                Plural.of(verification.blocks(), "block"), findings);
    }

    /** One line of what was proved. */
    static String statement(final Verification verification)
    {
        final StringBuilder text = new StringBuilder("self-consistent up to entry ").append(verification.sequence())
            .append(" (").append(Plural.of(verification.blocks(), "block")).append(')');
        if (verification.state().isRevoked())
        {
            text.append("; its key was revoked at the end");
        }
        final boolean isCheckpoint = verification.outsideSize() >= 0;
        if (isCheckpoint)
        {
            text.append("; nothing in the first ").append(Plural.of(verification.outsideSize(), "block"))
                .append(" was changed or is missing");
        }
        if (verification.isOrigin())
        {
            text.append(verification.state().signerCount() > 1 ?
                "; the key, or one that it handed over to, signed the first " : "; the key signed the first ")
                .append(Plural.of(verification.proved(), "block"));
        }
        if (!verification.isOrigin() && !isCheckpoint)
        {
            return text.append("; origin and later entries unproven").toString();
        }
        if (!verification.isOrigin())
        {
            text.append("; origin unproven");
        }
        final long proved = Math.max(verification.outsideSize(), verification.isOrigin() ? verification.proved() : 0);
        return text.append(proved == verification.blocks() ? "; whether entries came after them is unproven" :
            "; entries after them unproven").toString();
    }

    private int answer(final boolean isOk, final String statement, final List<Finding> findings)
    {
        if (isJson)
        {
            final ObjectNode document = JsonMapper.shared().createObjectNode().put("schema", SCHEMA)
                .put("ok", isOk).put("statement", statement);
            final ArrayNode array = document.putArray("findings");
            for (final Finding finding : findings)
            {
                array.addObject().put("kind", finding.kind()).put("file", finding.file())
                    .put("offset", finding.offset()).put("length", finding.length()).put("seq", finding.seq())
                    .put("detail", finding.detail());
            }
            out().print(DocumentJson.print(document));
        }
        else
        {
            out().println(LedgerReading.plain(statement));
            findings.forEach(finding -> out().println("  " + finding.kind() + ": " +
                LedgerReading.plain(finding.file() + (finding.offset() < 0 ? "" : " offset " + finding.offset() +
                " length " + finding.length()) + (finding.seq() < 0 ? "" : " from entry " + finding.seq()) + ": " +
                finding.detail())));
        }
        return isOk ? ExitCode.DONE : ExitCode.ANSWER_IS_NO;
    }
}
