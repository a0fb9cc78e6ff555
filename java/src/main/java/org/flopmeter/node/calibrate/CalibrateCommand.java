/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.sign.SigningKey;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The vendor's kit: measured errors and accuracy classes of every source here, as a certificate. docs/calibrate.md. */
@Command(name = "calibrate", description =
    "Run kernels of known FLOP under every source of counts; tell each source's error, class and interval.")
public final class CalibrateCommand extends StreamCommand
{
    private static final String NATIVE_PATH_PROPERTY = "flopmeter.native.path";
    private static final long TIMEOUT_SEC = 900;

    @Option(names = "--json", description = "Print the certificate on stdout; with --sign, in its envelope.")
    private boolean isJson;

    @Option(names = "--out", paramLabel = "FILE",
        description = "Write the certificate there; with --sign, in its envelope.")
    private Path outFile;

    @Option(names = "--sign", paramLabel = "KEY",
        description = "Private key, from policy keygen or a ledger's: sign the certificate.")
    private Path signingFile;

    @Option(names = "--verify", paramLabel = "FILE",
        description = "Measure nothing: is this certificate what it says, and whose? With --sign: add a signature.")
    private Path verifiedFile;

    @Option(names = "--key", paramLabel = "FILE",
        description = "Public key that must have signed the certificate of --verify; repeatable.")
    private List<Path> keyFiles = List.of();

    @Option(names = "--quick", description = "Each kernel once and briefly: whether it works, not how well.")
    private boolean isQuick;

    @Option(names = "--device", paramLabel = "N", description = "Which CUDA device, by number. Default: 0.")
    private int device;

    @Override
    public Integer call() throws IOException
    {
        if (device < 0)
        {
            throw new UsageException("--device: expected a number from 0, found " + device);
        }
        if (null != outFile && Files.isDirectory(outFile))
        {
            throw new UsageException(outFile + ": is a directory; --out wants a file");
        }
        if (null != signingFile && null == outFile && !isJson)
        {
            throw new UsageException("--sign: expected --out FILE or --json: where the signed certificate goes");
        }
        if (!keyFiles.isEmpty() && null == verifiedFile)
        {
            throw new UsageException("--key: goes with --verify FILE; to sign: --sign KEY");
        }
        // Before anything is measured: a key that can't be used costs no half a minute.
        final SigningKey signingKey = key();
        return null == verifiedFile ? measured(signingKey) : verified(signingKey);
    }

    private SigningKey key()
    {
        try
        {
            return null == signingFile ? null : KeyFiles.read(signingFile).key();
        }
        catch (final SigningException ex)
        {
            throw new UsageException(ex.getMessage());
        }
    }

    private List<NoteKey> keys()
    {
        try
        {
            return keyFiles.stream().map(KeyFiles::readPublic).toList();
        }
        catch (final SigningException ex)
        {
            throw new UsageException(ex.getMessage());
        }
    }

    private int measured(final SigningKey signingKey) throws IOException
    {
        final Path scratch = Files.createTempDirectory("flopmeter-calibrate-");
        try
        {
            final Path lib = Path.of(System.getProperty(NATIVE_PATH_PROPERTY, "lib")).toAbsolutePath();
            final CalibratePrograms programs =
                new CalibratePrograms(lib, scratch, CalibratePrograms.real(scratch, TIMEOUT_SEC));
            return deliver(measure(programs, isQuick, device), signingKey);
        }
        finally
        {
            delete(scratch);
        }
    }

    static CalibrateCertificate measure(final CalibratePrograms programs, final boolean isQuick, final int device)
    {
        final CalibrateRaw raw = programs.counters(isQuick, device);
        final List<CalibratePrograms.Interception> interceptions = programs.interceptions(raw, isQuick, device);
        return new CalibrateCertificate(raw, interceptions,
            CalibrateCertificate.environmentOf(programs.program(), raw, interceptions));
    }

    int deliver(final CalibrateCertificate certificate, final SigningKey signingKey)
    {
        final byte[] document = DocumentJson.print(certificate.document()).getBytes(StandardCharsets.UTF_8);
        give(null == signingKey ? document : CalibrateFile.signed(document, signingKey));
        err().print(CalibrateTable.text(certificate, Messages.of(System.getenv())));
        return certificate.isTruthOutside() ? ExitCode.ANSWER_IS_NO : ExitCode.DONE;
    }

    /** Signatures first: what those who were named did not sign is not looked at. */
    private int verified(final SigningKey signingKey)
    {
        if (isQuick || 0 != device)
        {
            throw new UsageException("--verify: measures nothing; --quick and --device do not go with it");
        }
        final List<NoteKey> keys = keys();
        final CalibrateFile given = CalibrateFile.read(verifiedFile);
        final List<String> unsigned = given.unsignedBy(keys);
        final CalibrateDocument document = unsigned.isEmpty() ? given.document() : null;
        final List<String> faults = null == document ? unsigned : document.faults();
        if (!faults.isEmpty())
        {
            faults.forEach(fault -> out().println(given.refusal(fault)));
            return ExitCode.ANSWER_IS_NO;
        }
        give(null == signingKey ? given.certificate() : given.signedBy(signingKey));
        err().print(CalibrateTable.text(document.json(), document.figures(), Messages.of(System.getenv())));
        (isJson ? err() : out()).println(given.statement(document, keys));
        return ExitCode.DONE;
    }

    private void give(final byte[] document)
    {
        if (null != outFile)
        {
            write(document);
        }
        if (isJson)
        {
            out().print(new String(document, StandardCharsets.UTF_8));
        }
    }

    private void write(final byte[] document)
    {
        try
        {
            Files.write(outFile, document);
        }
        catch (final IOException e)
        {
            throw new EnvironmentException(outFile + ": cannot be written: " + e.getMessage());
        }
    }

    private static void delete(final Path folder) throws IOException
    {
        try (var files = Files.walk(folder))
        {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
    }
}
