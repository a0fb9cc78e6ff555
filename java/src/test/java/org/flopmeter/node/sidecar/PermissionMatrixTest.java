/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerWriter;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Links, foreign owners, loose modes and names that lead elsewhere, for everything that a meter opens, as another user
 * than root, whom the kernel stops at nothing.
 */
final class PermissionMatrixTest
{
    private static final int NOBODY = 65534;
    private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
    private static final long PATIENCE_S = 120;

    private final Map<String, Boolean> expected = new TreeMap<>();
    private final List<Path> links = new ArrayList<>();
    private Path root;
    private Path scene;

    @BeforeEach
    void setUp() throws IOException
    {
        assumeTrue(0 == StateDirectory.uid(), "SKIPPED: only root can become another user");
        assumeTrue(Files.isExecutable(SETPRIV), "SKIPPED: no " + SETPRIV + " (util-linux)");
        root = Files.createTempDirectory("flopmeter-permissions-");
        mode(root, "rwxr-xr-x");
        scene = Files.createDirectory(root.resolve("scene"));
        mode(scene, "rwxr-xr-x");
    }

    @AfterEach
    void tearDown() throws IOException
    {
        if (null != root)
        {
            SidecarScene.delete(root);
        }
    }

    private static void mode(final Path file, final String permissions) throws IOException
    {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    private static void give(final Path file, final int uid) throws IOException
    {
        Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    }

    /** A case of its own: a directory of nobody's. */
    private Path newCase(final String name, final boolean isAccepted) throws IOException
    {
        expected.put(name, isAccepted);
        final Path directory = Files.createDirectory(scene.resolve(name));
        mode(directory, "rwx------");
        return directory;
    }

    private static Path directoryIn(final Path parent, final String name, final String permissions) throws IOException
    {
        final Path directory = Files.createDirectory(parent.resolve(name));
        mode(directory, permissions);
        return directory;
    }

    private static Path fileIn(final Path parent, final String name, final String permissions) throws IOException
    {
        final Path file = Files.createFile(parent.resolve(name));
        mode(file, permissions);
        return file;
    }

    private static void key(final Path directory) throws IOException
    {
        KeyFiles.create(directory.resolve(LedgerHome.KEY), new NoteSigner(
            LedgerWriter.origin(new Id(1, 2)), SigningKey.generate(SignatureAlgorithm.ED25519)));
    }

    private void directories(final String kind, final String name) throws IOException
    {
        newCase(kind + ".absent", true);
        directoryIn(newCase(kind + ".own", true), name, "rwx------");
        directoryIn(newCase(kind + ".groupWritable", false), name, "rwxrwx---");
        directoryIn(newCase(kind + ".worldWritable", false), name, "rwxrwxrwx");
        links.add(directoryIn(newCase(kind + ".foreign", false), name, "rwxr-xr-x"));
        fileIn(newCase(kind + ".file", false), name, "rw-------");
        final Path linked = newCase(kind + ".link", false);
        Files.createSymbolicLink(linked.resolve(name), directoryIn(linked, "elsewhere", "rwx------"));
        Files.createSymbolicLink(newCase(kind + ".dangling", false).resolve(name), Path.of("/nowhere/at/all"));
    }

    /** A run's directory, as a sidecar finds it in its place, and the files in it that a meter writes to. */
    private void meters() throws IOException
    {
        directories("meter", "meter");
        expected.put("meter.absent", false);
        for (final String name : new String[] { "account-1", ".account.lock" })
        {
            final String kind = "meter." + name.replaceAll("[^a-z]", "");
            final Path victim = fileIn(newCase(kind + "Link", false), "target", "rw-------");
            Files.createSymbolicLink(
                directoryIn(victim.getParent(), "meter", "rwx------").resolve(name), victim);
            final Path foreign = directoryIn(newCase(kind + "Foreign", false), "meter", "rwx------");
            links.add(fileIn(foreign, name, "rw-r--r--"));
            final Path directory = directoryIn(newCase(kind + "Directory", false), "meter", "rwx------");
            directoryIn(directory, name, "rwx------");
        }
        // It holds no account, so another generation is begun: nothing is written to it.
        expected.put("meter.accountForeign", true);
        final Path dangling = directoryIn(newCase("meter.accountDangling", false), "meter", "rwx------");
        Files.createSymbolicLink(dangling.resolve("account-1"), Path.of("/nowhere/at/all"));
    }

    private void ledgerFiles() throws IOException
    {
        for (final String name : new String[] { "00000001.ledger", "lock" })
        {
            final String kind = "ledger." + name.replace('.', '-');
            final Path link = directoryIn(newCase(kind + "-link", false), "ledger", "rwx------");
            Files.createSymbolicLink(link.resolve(name), fileIn(link, "target", "rw-------"));
        }
        final Path segments = directoryIn(newCase("ledger.segmentHardLink", false), "ledger", "rwx------");
        Files.createLink(segments.resolve("00000001.ledger"), fileIn(segments, "target", "rw-------"));
        final Path loose = directoryIn(newCase("ledger.segmentLoose", false), "ledger", "rwx------");
        fileIn(loose, "00000001.ledger", "rw-rw-rw-");
        final Path foreign = directoryIn(newCase("ledger.segmentForeign", false), "ledger", "rwx------");
        links.add(fileIn(foreign, "00000001.ledger", "rw-r--r--"));
        newCase("name.traversal", false);
    }

    private void keys() throws IOException
    {
        key(newCase("key.own", true));
        final Path loose = newCase("key.loose", false);
        key(loose);
        mode(loose.resolve(LedgerHome.KEY), "rw-r-----");
        final Path foreign = newCase("key.foreign", false);
        key(foreign);
        mode(foreign.resolve(LedgerHome.KEY), "rw-r--r--");
        links.add(foreign.resolve(LedgerHome.KEY));
        final Path unreadable = newCase("key.unreadable", false);
        key(unreadable);
        links.add(unreadable.resolve(LedgerHome.KEY));
        final Path link = newCase("key.link", false);
        key(link);
        Files.move(link.resolve(LedgerHome.KEY), link.resolve("other"));
        Files.createSymbolicLink(link.resolve(LedgerHome.KEY), link.resolve("other"));
    }

    private void results() throws IOException
    {
        final Path victim = fileIn(root, "victim", "rw-rw-rw-");
        Files.writeString(victim, "precious");
        final Path result = newCase("result.throughLink", true);
        Files.createSymbolicLink(result.resolve(".result.json.tmp"), victim);
        Files.createSymbolicLink(result.resolve("result.json"), victim);
        final Path big = directoryIn(newCase("meter.oversizedStart", false), "meter", "rwx------");
        try (var channel = java.nio.channels.FileChannel.open(fileIn(big, RunFacts.RUN, "rw-------"),
            java.nio.file.StandardOpenOption.WRITE))
        {
            channel.write(java.nio.ByteBuffer.wrap(new byte[] { '1' }), (1L << 30) - 1);
        }
        final Path deep = directoryIn(newCase("meter.deepStart", false), "meter", "rwx------");
        Files.writeString(fileIn(deep, RunFacts.RUN, "rw-------"), "[".repeat(100_000));
        final Path digits = directoryIn(newCase("meter.longNumber", false), "meter", "rwx------");
        Files.writeString(fileIn(digits, RunFacts.RUN, "rw-------"), "9".repeat(1_000_000));
    }

    /** All is nobody's but what is to be foreign. */
    private void giveAway() throws IOException
    {
        try (Stream<Path> files = Files.walk(scene))
        {
            for (final Path file : files.toList())
            {
                give(file, NOBODY);
            }
        }
        give(scene, 0);
        for (final Path foreign : links)
        {
            give(foreign, 0);
        }
    }

    /** Classes where nobody can read them. */
    private String classPath() throws IOException
    {
        final List<String> copies = new ArrayList<>();
        final Path copied = Files.createDirectory(root.resolve("classes"));
        for (final String entry : System.getProperty("java.class.path").split(File.pathSeparator))
        {
            if (Files.exists(Path.of(entry)))
            {
                final Path target = copied.resolve(copies.size() + "-" + Path.of(entry).getFileName());
                copy(Path.of(entry), target);
                copies.add(target.toString());
            }
        }
        return String.join(File.pathSeparator, copies);
    }

    private static void copy(final Path source, final Path target) throws IOException
    {
        try (Stream<Path> files = Files.walk(source))
        {
            for (final Path file : files.toList())
            {
                final Path to = target.resolve(source.relativize(file).toString());
                if (Files.isDirectory(file))
                {
                    Files.createDirectories(to);
                    mode(to, "rwxr-xr-x");
                }
                else
                {
                    Files.copy(file, file.equals(source) ? target : to);
                    mode(file.equals(source) ? target : to, "rw-r--r--");
                }
            }
        }
    }

    private Map<String, String> probe() throws Exception
    {
        final Process process = new ProcessBuilder(SETPRIV.toString(), "--reuid=" + NOBODY, "--regid=" + NOBODY,
            "--clear-groups", "--inh-caps=-all",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "-Xmx64m",
            "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED", "-cp", classPath(),
            PermissionProbe.class.getName(), scene.toString()).directory(root.toFile())
            .redirectErrorStream(true).start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS) && 0 == process.exitValue(), said);
        final Map<String, String> answers = new LinkedHashMap<>();
        for (final String line : said.strip().split("\n"))
        {
            answers.put(line.substring(0, line.indexOf(' ')), line.substring(line.indexOf(' ') + 1));
        }
        return answers;
    }

    @Test
    void shouldRefuseWhatIsNotItsOwnAlone() throws Exception
    {
        directories("ledger", LedgerHome.DIRECTORY);
        directories("place", "place");
        directories("services", RunFacts.SERVICES);
        meters();
        ledgerFiles();
        keys();
        results();
        giveAway();

        final Map<String, String> answers = probe();

        assertEquals(expected.keySet(), new TreeMap<>(answers).keySet());
        final List<String> wrong = new ArrayList<>();
        answers.forEach((name, answer) ->
        {
            if (expected.get(name) != "ACCEPTED".equals(answer) || answer.contains("Error"))
            {
                wrong.add(name + ": " + answer);
            }
        });
        assertEquals(List.of(), wrong);
        assertEquals("precious", Files.readString(root.resolve("victim")), "written through a link");
        System.out.println("permissions: " + answers.size() + " cases as uid " + NOBODY);
    }

    /** Canary: as root, whom nothing is foreign to but what we check ourselves, the same scene is told apart too. */
    @Test
    void shouldSeeForeignOwnersAsRootToo() throws Exception
    {
        directories("ledger", LedgerHome.DIRECTORY);
        give(scene.resolve("ledger.own").resolve(LedgerHome.DIRECTORY), NOBODY);

        boolean isRefused = false;
        try
        {
            LedgerHome.open(scene.resolve("ledger.own"), "probe").close();
        }
        catch (final IOException expectedRefusal)
        {
            isRefused = expectedRefusal.getMessage().contains("belongs to uid " + NOBODY);
        }
        assertTrue(isRefused);
        LedgerHome.open(scene.resolve("ledger.foreign"), "probe").close();
    }
}
