/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;

/**
 * Finds and loads the project's native libraries: in the directory of -Dflopmeter.native.path, else from the jar, by
 * way
 * of a cache directory where each version lies under the digest of its bytes.
 */
public final class NativeLibrary
{
    /** Directory with the libraries; wins over those in the jar. */
    public static final String PATH_PROPERTY = "flopmeter.native.path";

    private static final String RESOURCE_FOLDER = "/META-INF/native/";

    private NativeLibrary()
    {
    }

    /** The file of a library. An UnsatisfiedLinkError says what is missing and how to get it. */
    public static Path path(final String name)
    {
        final String directory = System.getProperty(PATH_PROPERTY);
        if (null != directory && !directory.isEmpty())
        {
            final Path file = Path.of(directory, name);
            if (!Files.isRegularFile(file))
            {
                throw new UnsatisfiedLinkError("no " + name + " in -D" + PATH_PROPERTY + "=" + directory);
            }
            return file.toAbsolutePath();
        }
        try
        {
            return extracted(name, cacheDirectory(System.getenv(), System.getProperty("user.home")));
        }
        catch (final IOException ex)
        {
            throw linkError("can't unpack " + name + " from the jar, set -D" + PATH_PROPERTY + ": " + ex, ex);
        }
    }

    static com.sun.jna.NativeLibrary load(final String name)
    {
        final Path file = path(name);
        try
        {
            return com.sun.jna.NativeLibrary.getInstance(file.toString());
        }
        catch (final UnsatisfiedLinkError ex)
        {
            final boolean isNoExec = String.valueOf(ex.getMessage()).contains("failed to map segment");
            throw linkError(
                isNoExec ?
                    file.getParent() + " is on a file system mounted noexec; set XDG_CACHE_HOME or -D" + PATH_PROPERTY :
                    "can't load " + file + ": " + ex.getMessage(),
                ex);
        }
    }

    /** As names of resources spell it: linux-x86_64, linux-aarch64. */
    static String platform()
    {
        final String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return "linux-" + ("amd64".equals(arch) ? "x86_64" : arch);
    }

    static Path cacheDirectory(final Map<String, String> environment, final String home)
    {
        final String cache = environment.get("XDG_CACHE_HOME");
        return null != cache && cache.startsWith("/") ?
            Path.of(cache, "flopmeter") : Path.of(home, ".cache", "flopmeter");
    }

    static Path extracted(final String name, final Path cache) throws IOException
    {
        final byte[] library;
        final String resource = RESOURCE_FOLDER + platform() + "/" + name;
        try (InputStream in = NativeLibrary.class.getResourceAsStream(resource))
        {
            if (null == in)
            {
                throw new IOException("no resource " + resource);
            }
            library = in.readAllBytes();
        }
        return extracted(name, library, cache);
    }

    /** What lies in the cache is used only when it is, byte by byte, what the jar holds. */
    static Path extracted(final String name, final byte[] library, final Path cache) throws IOException
    {
        final Path directory = cache.resolve(digest(library));
        final Path file = directory.resolve(name);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || !Arrays.equals(library, Files.readAllBytes(file)))
        {
            Files.createDirectories(cache);
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS))
            {
                Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            final Path temporary = Files.createTempFile(directory, name, ".tmp");
            Files.write(temporary, library);
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwx------"));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        }
        return file;
    }

    private static String digest(final byte[] bytes)
    {
        try
        {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        }
        catch (final NoSuchAlgorithmException ex)
        {
            throw new IllegalStateException("every Java has SHA-256", ex);
        }
    }

    private static UnsatisfiedLinkError linkError(final String message, final Throwable cause)
    {
        final UnsatisfiedLinkError error = new UnsatisfiedLinkError(message);
        error.initCause(cause);
        return error;
    }
}
