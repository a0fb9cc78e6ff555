/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.wire.SlotKey;

/**
 * What the program says that it read and wrote: the file {@code artifacts} of a meter directory as it grows,
 * docs/design/0021-mapped-index.md section 4. The program can write anything there.
 */
public final class ArtifactNotes
{
    public static final String FILE = "artifacts";

    static final int HEADER_LENGTH = 40;
    static final int NAME_LENGTH_MAX = 4095;
    static final int MAGIC = 0x52414C46;
    static final int READ = 1;
    static final int WRITTEN = 2;
    static final int SEGMENT_BEGUN = 3;
    static final int SEGMENT_ENDED = 4;

    /** What a program may say in all: the library writes no more either. */
    static final long LENGTH_MAX = 16L << 20;

    /** That of zeros stands for none in the records. */
    private static final Pattern DIGEST = Pattern.compile("sha256:(?!0{64})[0-9a-f]{64}");
    private static final NodeKind[] KINDS = { null, NodeKind.DATASET, NodeKind.MODEL, NodeKind.OUTPUT };

    private final Path file;
    private long offset;
    private boolean isDamaged;

    /**
     * One call.
     *
     * @param call {@link #READ} and so on.
     * @param name of the file, the content or the segment.
     * @param link name of the link in the meter directory that leads to the file; null for a digest.
     * @param kind what the written file is; null when it was read.
     */
    record Note(int call, String name, String link, NodeKind kind, long epochNs)
    {
        boolean isOfSegment()
        {
            return call >= SEGMENT_BEGUN;
        }
    }

    ArtifactNotes(final Path meterDirectory)
    {
        file = meterDirectory.resolve(FILE);
    }

    /** Has the program said anything? */
    public static boolean areIn(final Path meterDirectory)
    {
        return Files.isRegularFile(meterDirectory.resolve(FILE), LinkOption.NOFOLLOW_LINKS);
    }

    /** Some of it is none of the library's: what was said there is not known. */
    boolean isDamaged()
    {
        return isDamaged;
    }

    /**
     * What was noted since the last time.
     *
     * @param isLast nobody writes any more: half a note at the end is damage.
     */
    List<Note> next(final boolean isLast) throws IOException
    {
        final List<Note> notes = new ArrayList<>();
        // A FIFO would be opened, and waited for.
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
        {
            return notes;
        }
        try (FileChannel channel = FileChannel.open(
            file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)))
        {
            final long end = Math.min(channel.size(), LENGTH_MAX);
            isDamaged |= channel.size() > LENGTH_MAX;
            final ByteBuffer bytes =
                ByteBuffer.allocate((int)Math.max(0, end - offset)).order(ByteOrder.LITTLE_ENDIAN);
            while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) > 0)
            {
                continue;
            }
            offset += parse(bytes.flip(), notes, isLast);
        }
        return notes;
    }

    /** Takes whole notes, and returns how many bytes need not be looked at again. */
    private int parse(final ByteBuffer bytes, final List<Note> notes, final boolean isLast)
    {
        int at = 0;
        while (at < bytes.limit())
        {
            final int length = length(bytes, at);
            if (length > bytes.limit() - at || (0 == length && bytes.limit() - at < HEADER_LENGTH))
            {
                // Half of it is there: the rest comes, or a write was cut short.
                if (!isLast)
                {
                    return at;
                }
                isDamaged = true;
                at++;
            }
            else if (0 == length)
            {
                isDamaged = true;
                at++;
            }
            else
            {
                final Note note = note(bytes, at);
                if (note.isOfSegment() ? SlotKey.isId(note.name()) :
                    null != note.link() || DIGEST.matcher(note.name()).matches())
                {
                    notes.add(note);
                }
                else
                {
                    isDamaged = true;
                }
                at += length;
            }
        }
        return at;
    }

    /** Length of the note there by its header, or 0 when that is none. */
    private static int length(final ByteBuffer bytes, final int at)
    {
        if (bytes.limit() - at < HEADER_LENGTH || MAGIC != bytes.getInt(at))
        {
            return 0;
        }
        final int call = bytes.getInt(at + 24);
        final int kind = bytes.getInt(at + 28);
        final int nameLength = bytes.getInt(at + 36);
        final boolean isCall = WRITTEN == call ? kind > 0 && kind < KINDS.length :
            call >= READ && call <= SEGMENT_ENDED && 0 == kind;
        final boolean isNote = isCall && nameLength > 0 && nameLength <= NAME_LENGTH_MAX &&
            bytes.getInt(at + 4) == ((HEADER_LENGTH + nameLength + 7) & -8);
        return isNote ? bytes.getInt(at + 4) : 0;
    }

    private static Note note(final ByteBuffer bytes, final int at)
    {
        final long link = bytes.getLong(at + 16);
        final byte[] name = new byte[bytes.getInt(at + 36)];
        bytes.get(at + HEADER_LENGTH, name);
        return new Note(bytes.getInt(at + 24), new String(name, StandardCharsets.UTF_8), 0 == link ? null :
            String.format("artifact-%016x", link), KINDS[bytes.getInt(at + 28)], bytes.getLong(at + 8));
    }
}
