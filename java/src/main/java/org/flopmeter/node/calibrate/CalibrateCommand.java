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
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.text.Messages;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The vendor's kit: measured errors and accuracy classes of every source here, as a certificate. docs/calibrate.md. */
@Command(name = "calibrate", description =
    "Run kernels of known FLOP under every source of counts; tell each source's error, class and interval.")
public final class CalibrateCommand extends StreamCommand
{
    private static final String NATIVE_PATH_PROPERTY = "flopmeter.native.path";
    private static final long TIMEOUT_SEC = 300;

    @Option(names = "--json", description = "Print the certificate on stdout.")
    private boolean isJson;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the certificate there.")
    private Path outFile;

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
        final Path scratch = Files.createTempDirectory("flopmeter-calibrate-");
        try
        {
            final Path lib = Path.of(System.getProperty(NATIVE_PATH_PROPERTY, "lib")).toAbsolutePath();
            final CalibratePrograms programs =
                new CalibratePrograms(lib, scratch, CalibratePrograms.real(scratch, TIMEOUT_SEC));
            return deliver(measure(programs, isQuick, device));
        }
        finally
        {
            delete(scratch);
        }
    }

    static CalibrateCertificate measure(final CalibratePrograms programs, final boolean isQuick, final int device)
    {
        final CalibrateRaw raw = programs.counters(isQuick, device);
        final CalibratePrograms.Interception interception = programs.interception(isQuick);
        return new CalibrateCertificate(raw, interception,
            CalibrateCertificate.environmentOf(programs.program(), interception.libraries()));
    }

    int deliver(final CalibrateCertificate certificate)
    {
        final String document = DocumentJson.print(certificate.document());
        if (null != outFile)
        {
            write(document);
        }
        if (isJson)
        {
            out().print(document);
        }
        err().print(CalibrateTable.text(certificate, Messages.of(System.getenv())));
        return certificate.isTruthOutside() ? ExitCode.ANSWER_IS_NO : ExitCode.DONE;
    }

    private void write(final String document)
    {
        try
        {
            Files.writeString(outFile, document, StandardCharsets.UTF_8);
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
