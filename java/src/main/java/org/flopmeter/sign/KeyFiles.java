/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/**
 * Files of keys, one line each: a private key as {@link NoteSigner}'s text, a public one as a vkey. A private key is
 * created with mode 0600, whole or not at all, in no other file's place, and is read only from a regular file of this
 * user that nobody else can read. Everything else is a {@link SigningException} that begins with the file's name.
 */
public final class KeyFiles
{
    /** Far more than a key of any algorithm needs. */
    public static final int LENGTH_MAX = 16 * 1024;

    private static final String ATTRIBUTES = "unix:mode,uid,ino,dev,ctime,isRegularFile,isSymbolicLink";
    private static final int OTHERS = 0077;
    private static final int PERMISSIONS = 07777;

    private KeyFiles()
    {
    }

    /** Writes a private key where no file is. */
    public static void create(final Path file, final NoteSigner signer)
    {
        create(file, signer.text() + '\n', "rw-------");
    }

    /** Writes a public key where no file is. */
    public static void createPublic(final Path file, final NoteKey key)
    {
        create(file, key.text() + '\n', "rw-r--r--");
    }

    public static NoteSigner read(final Path file)
    {
        return parsed(file, () -> NoteSigner.parse(line(read(file, true))));
    }

    public static NoteKey readPublic(final Path file)
    {
        return parsed(file, () -> NoteKey.parse(line(read(file, false))));
    }

    private interface Parser<T>
    {
        T parse() throws IOException;
    }

    private static <T> T parsed(final Path file, final Parser<T> parser)
    {
        try
        {
            return parser.parse();
        }
        catch (final SigningException ex)
        {
            throw new SigningException(file + ": " + ex.getMessage());
        }
        catch (final NoSuchFileException ex)
        {
            throw new SigningException(file + ": no such file");
        }
        catch (final IOException ex)
        {
            throw new SigningException(file + ": cannot be read: " + reason(ex));
        }
    }

    private static String line(final byte[] bytes)
    {
        final String text = Bytes.text(bytes);
        if (null == text || !text.endsWith("\n") || text.indexOf('\n') != text.length() - 1)
        {
            throw new SigningException("not a key file: expected one line");
        }
        return text.substring(0, text.length() - 1);
    }

    /**
     * Attributes are looked at before opening (no pipe is waited for) and after reading: what was read is what was
     * looked at, unless its change time went back.
     */
    private static byte[] read(final Path file, final boolean isPrivate) throws IOException
    {
        final Map<String, Object> before = attributes(file);
        refuseWrongKind(before);
        if (isPrivate)
        {
            refuseExposed(file, before);
        }
        final ByteBuffer bytes = ByteBuffer.allocate(LENGTH_MAX + 1);
        try (SeekableByteChannel channel =
            Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)))
        {
            int length = 0;
            while (length >= 0 && bytes.hasRemaining())
            {
                length = channel.read(bytes);
            }
        }
        if (!bytes.hasRemaining())
        {
            throw new SigningException("not a key file: longer than " + LENGTH_MAX + " bytes");
        }
        if (!before.equals(attributes(file)))
        {
            throw new SigningException("the file was changed while it was read");
        }
        final byte[] whole = new byte[bytes.position()];
        bytes.flip().get(whole);
        return whole;
    }

    private static Map<String, Object> attributes(final Path file) throws IOException
    {
        return Files.readAttributes(file, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
    }

    private static void refuseWrongKind(final Map<String, Object> attributes)
    {
        if (Boolean.TRUE.equals(attributes.get("isSymbolicLink")))
        {
            throw new SigningException("a symbolic link, and keys are not read through links; name the file itself");
        }
        if (!Boolean.TRUE.equals(attributes.get("isRegularFile")))
        {
            throw new SigningException("not a regular file");
        }
    }

    private static void refuseExposed(final Path file, final Map<String, Object> attributes) throws IOException
    {
        final Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        if (!uid.equals(attributes.get("uid")))
        {
            throw new SigningException("a private key of another user (uid " + attributes.get("uid") + ", not " + uid +
                ")");
        }
        final int mode = (Integer)attributes.get("mode") & PERMISSIONS;
        if ((mode & OTHERS) != 0)
        {
            throw new SigningException(String.format(
                "a private key that others may use (mode %04o); if none did: chmod 600 %s", mode, file));
        }
    }

    /** Through a link from a name of its own: a crash leaves no half a key, and no other file is replaced. */
    private static void create(final Path file, final String text, final String mode)
    {
        final FileAttribute<?> permissions =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
        final byte[] random = new byte[8];
        new SecureRandom().nextBytes(random);
        final Path beside = file.resolveSibling("." + file.getFileName() + '.' + HexFormat.of().formatHex(random));
        try
        {
            try
            {
                write(beside, text, permissions);
                Files.createLink(file, beside);
            }
            finally
            {
                Files.deleteIfExists(beside);
            }
            syncDirectory(file);
        }
        catch (final FileAlreadyExistsException ex)
        {
            throw new SigningException(file + ": is there already; a key is never overwritten");
        }
        catch (final IOException ex)
        {
            throw new SigningException(file + ": cannot be written: " + reason(ex));
        }
    }

    private static void write(final Path file, final String text, final FileAttribute<?> permissions)
        throws IOException
    {
        try (FileChannel channel = FileChannel.open(
            file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
            permissions))
        {
            final ByteBuffer bytes = ByteBuffer.wrap(Bytes.utf8(text));
            while (bytes.hasRemaining())
            {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    private static void syncDirectory(final Path file) throws IOException
    {
        final Path parent = file.toAbsolutePath().getParent();
        try (FileChannel directory = FileChannel.open(parent, StandardOpenOption.READ))
        {
            directory.force(true);
        }
    }

    private static String reason(final IOException ex)
    {
        final String reason = ex instanceof FileSystemException ? ((FileSystemException)ex).getReason() : null;
        return null != reason ? reason : ex.getClass().getSimpleName() + ": " + ex.getMessage();
    }
}
