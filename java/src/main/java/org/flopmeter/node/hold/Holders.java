/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.hold;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.text.Printable;
import org.flopmeter.wire.LaneMapper;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Who holds counters in a directory and the nested runs in it, and what each says of a wish. The files are where
 * metered programs can write: what makes no sense is somebody who did not answer.
 */
public final class Holders
{
    private static final String SCHEMA = "flopmeter/hold/v1";
    private static final String ANSWERS = "hold-*.json";
    private static final String NESTED = "nested-*";
    private static final int LENGTH_MAX = 4096;
    private static final int HOLDERS_MAX = 65_536;
    private static final int DETAIL_LENGTH_MAX = 120;

    /**
     * One of them.
     *
     * @param name    for people.
     * @param isDone  it has carried the wish out.
     * @param missing why not; "" when it is.
     */
    public record Holder(String name, boolean isDone, String missing)
    {
    }

    private final LaneMapper mapper;
    private final boolean isTidying;

    /** @param isTidying files of the dead are removed. */
    public Holders(final LaneMapper mapper, final boolean isTidying)
    {
        this.mapper = mapper;
        this.isTidying = isTidying;
    }

    /** Those who are alive now, and how far they are. None where the directory is gone: its run is over. */
    public List<Holder> of(final Path directory, final Wish wish) throws IOException
    {
        final List<Holder> holders = new ArrayList<>();
        add(directory, wish, 0, holders);
        return holders;
    }

    private void add(final Path directory, final Wish wish, final int depth, final List<Holder> holders)
        throws IOException
    {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, ANSWERS))
        {
            for (final Path file : files)
            {
                if (holders.size() >= HOLDERS_MAX)
                {
                    throw new IOException(directory + ": more than " + HOLDERS_MAX + " files " + ANSWERS);
                }
                final Holder holder = holder(file, wish);
                if (null != holder)
                {
                    holders.add(holder);
                }
            }
        }
        catch (final NoSuchFileException over)
        {
            return;
        }
        catch (final DirectoryIteratorException ex)
        {
            throw ex.getCause();
        }
        if (depth < AggregatorAgent.NESTING_DEPTH_MAX)
        {
            addNested(directory, wish, depth, holders);
        }
    }

    private void addNested(final Path directory, final Wish wish, final int depth, final List<Holder> holders)
        throws IOException
    {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(directory, NESTED))
        {
            for (final Path folder : folders)
            {
                if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS))
                {
                    add(folder, wish, depth + 1, holders);
                }
            }
        }
        catch (final NoSuchFileException over)
        {
            // Gone with its run.
            return;
        }
        catch (final DirectoryIteratorException ex)
        {
            throw ex.getCause();
        }
    }

    /** Null when it is not there any more: what it held the kernel has taken back. */
    private Holder holder(final Path file, final Wish wish)
    {
        try
        {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
            {
                return Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? unknown(file, "no regular file") : null;
            }
            final JsonNode json = JsonMapper.shared().readTree(
                new String(DocumentFiles.read(file, LENGTH_MAX), StandardCharsets.UTF_8));
            if (!SCHEMA.equals(json.path("schema").asString("")))
            {
                return unknown(file, "expected " + SCHEMA);
            }
            if (!isAlive(json))
            {
                // It was killed, or it would have done so itself: for weeks there would be more and more of them.
                if (isTidying)
                {
                    Files.deleteIfExists(file);
                }
                return null;
            }
            return holder(json, wish);
        }
        catch (final NoSuchFileException over)
        {
            return null;
        }
        catch (final JacksonException ex)
        {
            return unknown(file, "not JSON");
        }
        catch (final IOException ex)
        {
            return unknown(file, ex.getMessage());
        }
    }

    private boolean isAlive(final JsonNode json)
    {
        final int thread = json.path("thread").asInt(0);
        return 0 < thread && mapper.isAlive(
            thread, json.path("startTicks").asLong(0), json.path("pidNamespace").asLong(0));
    }

    private static Holder holder(final JsonNode json, final Wish wish)
    {
        final String name = Printable.of(shortened(json.path("name").asString("?"))) + " (pid " +
            json.path("pid").asInt(0) + ")";
        boolean hasSeen = false;
        for (final JsonNode number : json.path("wishes"))
        {
            hasSeen |= wish.name().equals(number.asString(""));
        }
        final String detail = Printable.of(shortened(json.path("detail").asString("")));
        final boolean isDone =
            hasSeen && detail.isEmpty() && wish.isPause() == json.path("isFree").asBoolean(!wish.isPause());
        final String silent = "no answer";
        return new Holder(name, isDone, isDone ? "" : hasSeen && !detail.isEmpty() ? detail : silent);
    }

    private static Holder unknown(final Path file, final String why)
    {
        return new Holder(Printable.of(file.toString()), false, "no answer of a holder: " + Printable.of(why));
    }

    private static String shortened(final String text)
    {
        return text.length() <= DETAIL_LENGTH_MAX ? text : text.substring(0, DETAIL_LENGTH_MAX);
    }
}
