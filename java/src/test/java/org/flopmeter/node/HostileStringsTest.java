/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.meter.ResultFiles;
import org.flopmeter.node.run.Fixtures;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.sidecar.MeterPlace;
import org.flopmeter.node.sidecar.StatusReport;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.wire.ChannelLaneMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Strings that terminals obey, in every place where people read: each shows itself and does nothing. */
final class HostileStringsTest
{
    private static final List<String> HOSTILE = List.of(
        "\u001b[2J\u001b]0;owned\u0007", "a\r\nb", "\u009b31m", "a\u0000b", "\u202egnp.exe", "\u2066x\u2069",
        "a\u2028b\u2029c", "\u007f\b\b\b", "\ufeffx", "=cmd|' /C calc'!A0", "\"quoted\",comma", "\ud800");
    private static final int LONG = 5000;

    @TempDir
    private Path root;

    private static void assertHarmless(final String text, final String where)
    {
        text.lines().forEach(line -> line.codePoints().forEach(c -> assertFalse(Printable.isObeyed(c),
            () -> where + ": U+" + Integer.toHexString(c) + " in " + line)));
    }

    private static String all()
    {
        return String.join("|", HOSTILE);
    }

    private static String quoted(final String text)
    {
        return JsonMapper.shared().writeValueAsString(text).replace("\ud800", "\\ud800");
    }

    private Path ledger() throws IOException
    {
        try (LedgerHome home = LedgerHome.open(root, all()))
        {
            final EpochWriter epoch = home.writer().openEpoch(
                new Id(1, 1), new Id(2, 2), new Id(3, 3), Id.NONE, all(), all());
            final EpochWriter.SourceRef source = epoch.source(all(), all(), all(), all(), all());
            for (int i = 0; i < HOSTILE.size(); i++)
            {
                epoch.key(new AccountKey(HOSTILE.get(i).replace("\ud800", "?") + "r".repeat(i), "n".repeat(LONG),
                    Precision.FP64, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.COUNT), source)
                    .use(FlopCount.of(1), 1, 0, 1);
            }
            epoch.gap(all(), all(), 0, 1, null);
            home.writer().changeParameter(all(), all(), all(), all());
            assertTrue(home.writer().seal(), home.writer().failure());
        }
        return root;
    }

    private static String run(final String... arguments)
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final int code = Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), arguments);
        assertEquals(0, code, () -> err.toString(StandardCharsets.UTF_8));
        assertHarmless(err.toString(StandardCharsets.UTF_8), "stderr");
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void shouldShowALedgerWithoutObeyingIt() throws IOException
    {
        final Path state = ledger();

        final String shown = run("ledger", "show", "--dir", state.toString());

        assertHarmless(shown, "ledger show");
        assertEquals(shown.lines().count(), shown.lines().filter(line -> line.matches("[0-9]+ [0-9]+ .*")).count());
        assertHarmless(run("ledger", "total", "--dir", state.toString()), "ledger total");
    }

    @Test
    void shouldExportWhatReadsBackTheSame() throws IOException
    {
        final Path state = ledger();

        final JsonNode json = JsonMapper.shared().readTree(run("ledger", "export", "--dir", state.toString()));
        final JsonNode keys = json.at("/epochs/0/keys");

        assertEquals(HOSTILE.size(), keys.size());
        assertEquals(HOSTILE.get(0), keys.get(0).path("run").asString());
        assertEquals(all().replace("\ud800", "?"),
            json.at("/epochs/0/gaps/0/reason").asString().replace("\ufffd", "?"));
        final String csv = run("ledger", "export", "--format", "csv", "--dir", state.toString());
        assertTrue(csv.contains("\"'=cmd|"), "a formula");
        assertTrue(csv.contains("\"\"quoted\"\",comma"), "quotes");
    }

    @Test
    void shouldShowAStatusWithoutObeyingIt() throws IOException
    {
        final Path place = Files.createDirectory(root.resolve("place"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        final String said = quoted(all());
        Files.writeString(place.resolve(MeterPlace.STATUS), "{\"pid\": " + said + ", \"version\": " + said +
            ", \"beginNs\": " + said + ", \"cpuPercent\": " + said + ", \"cpuNs\": " + said + ", \"runsServed\": " +
            said + ", \"runsOrphaned\": " + said + ", \"serving\": [{\"run\": " + said + ", \"directory\": \"" +
            place + "\"}], \"quarantined\": [{\"directory\": " + said + ", \"reason\": " + said + "}]}");

        final StatusReport report = StatusReport.read(place, new ChannelLaneMapper(), Path.of("/proc"), true);

        for (final Messages messages : List.of(Messages.english(), Messages.chinese()))
        {
            assertHarmless(report.text(1, messages), "status");
        }
        assertTrue(report.text(1, Messages.english()).contains("quarantined: "));
        assertTrue(report.text(1, Messages.chinese()).contains("已隔离："));
    }

    @Test
    void shouldShowASummaryWithoutObeyingIt()
    {
        final Path facts = root.resolve("facts.json");
        final String text = """
            {"schema": "flopmeter/run-facts/v1", "run": "r", "node": null, "command": [%s], "exitCode": 0,
             "beginNs": 1, "endNs": 2, "beginMonotonicNs": 1, "endMonotonicNs": 2, "cpuNs": 1, "cpuComplete": true,
             "onlineCpus": 2, "acceleratorsOpened": [%s], "leftovers": [{"pid": 1, "comm": %s}]}
            """.formatted(quoted(all()), quoted(all()), quoted(all()));

        final ResultFiles files = ResultFiles.of(readFacts(facts, text), Fixtures.reading(), Fixtures.PEAK,
            Messages.of(Map.of()));

        assertHarmless(files.summary(), "summary");
        assertTrue(files.summary().lines().allMatch(line -> line.length() < LONG));
        JsonMapper.shared().readTree(files.document());
    }

    private static RunFacts readFacts(final Path file, final String text)
    {
        try
        {
            Files.writeString(file, text);
            return RunFacts.read(file);
        }
        catch (final IOException ex)
        {
            throw new AssertionError(ex);
        }
    }

    /** No length, depth or digits cost memory, and a pipe is not waited for. */
    @Test
    void shouldRefuseDocumentsThatNobodyOfOursWrote() throws Exception
    {
        final Path file = root.resolve("facts.json");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw"))
        {
            sparse.setLength(1L << 30);
        }
        assertTrue(assertThrows(UsageException.class, () -> RunFacts.read(file)).getMessage().contains("longer than"));
        Files.write(file, "[".repeat(100_000).getBytes(StandardCharsets.UTF_8));
        assertThrows(UsageException.class, () -> RunFacts.parse(file));
        Files.write(file, ("{\"run\": " + "9".repeat(1_000_000) + "}").getBytes(StandardCharsets.UTF_8));
        assertThrows(UsageException.class, () -> RunFacts.parse(file));
        final Path pipe = root.resolve("pipe.json");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        assertTrue(assertThrows(UsageException.class, () -> RunFacts.parse(pipe)).getMessage()
            .contains("not a regular file"));
    }

    /** Canary: what a terminal obeys is told apart from what it shows. */
    @Test
    void shouldTellCommandsFromText()
    {
        assertTrue(HOSTILE.stream().limit(9).allMatch(text -> text.codePoints().anyMatch(Printable::isObeyed)));
        assertTrue("über 模型 é 日本 🚀".codePoints().noneMatch(Printable::isObeyed));
        assertEquals("a?b", Printable.of("a\u202eb"));
    }
}
