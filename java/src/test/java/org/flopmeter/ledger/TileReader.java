/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Reads a log from its tiles and knows nothing of ledgers: another program's view of c2sp.org/tlog-tiles, written from
 * the specification. Shares no code with what writes them.
 */
final class TileReader
{
    private static final int HASH = 32;
    private static final int FULL = 256;

    private final Source source;
    private final String checkpoint;
    private final long size;
    private final byte[] root;

    /** Gives the bytes of a path. */
    interface Source
    {
        byte[] get(String path) throws IOException;
    }

    TileReader(final Source source, final String checkpointPath) throws IOException
    {
        this.source = source;
        checkpoint = new String(source.get(checkpointPath), StandardCharsets.UTF_8);
        final String[] lines = checkpoint.split("\n");
        size = Long.parseLong(lines[1]);
        root = Base64.getDecoder().decode(lines[2]);
    }

    long size()
    {
        return size;
    }

    String checkpoint()
    {
        return checkpoint;
    }

    /** Whether every tile of every level and every entry leads to the root of the checkpoint. */
    boolean isWhole() throws IOException
    {
        List<byte[]> below = leaves();
        if (!Arrays.equals(root, hashOf(below)))
        {
            return false;
        }
        for (int level = 0; !below.isEmpty(); level++)
        {
            final List<byte[]> tiles = tiles(level, below.size());
            if (!isEqual(below, tiles))
            {
                return false;
            }
            final List<byte[]> above = new ArrayList<>();
            for (int i = 0; i + FULL <= tiles.size(); i += FULL)
            {
                above.add(hashOf(tiles.subList(i, i + FULL)));
            }
            below = above;
        }
        return true;
    }

    /** Hashes of the entries, from the bundles. */
    private List<byte[]> leaves() throws IOException
    {
        final List<byte[]> leaves = new ArrayList<>();
        for (final byte[] entry : entries())
        {
            leaves.add(sha256(new byte[] { 0 }, entry));
        }
        return leaves;
    }

    List<byte[]> entries() throws IOException
    {
        final List<byte[]> entries = new ArrayList<>();
        for (long n = 0; n * FULL < size; n++)
        {
            final String name = name(n, (int)Math.min(FULL, size - n * FULL));
            byte[] bundle = source.get("tile/entries/" + name);
            final boolean isLong = null == bundle;
            if (isLong)
            {
                bundle = source.get("tile/blocks/" + name);
            }
            final ByteBuffer bytes = ByteBuffer.wrap(bundle);
            while (bytes.hasRemaining())
            {
                final byte[] entry = new byte[isLong ? bytes.getInt() : bytes.getShort() & 0xFFFF];
                bytes.get(entry);
                entries.add(entry);
            }
        }
        return entries;
    }

    private List<byte[]> tiles(final int level, final long count) throws IOException
    {
        final List<byte[]> hashes = new ArrayList<>();
        for (long n = 0; n * FULL < count; n++)
        {
            final int width = (int)Math.min(FULL, count - n * FULL);
            final byte[] tile = source.get("tile/" + level + '/' + name(n, width));
            if (tile.length != width * HASH)
            {
                throw new IOException("tile " + level + '/' + n + " has " + tile.length + " bytes");
            }
            for (int i = 0; i < width; i++)
            {
                hashes.add(Arrays.copyOfRange(tile, i * HASH, (i + 1) * HASH));
            }
        }
        return hashes;
    }

    private static String name(final long n, final int width)
    {
        String digits = Long.toString(n);
        while (0 != digits.length() % 3)
        {
            digits = '0' + digits;
        }
        final StringBuilder name = new StringBuilder();
        for (int i = 0; i < digits.length(); i += 3)
        {
            name.append(i + 3 < digits.length() ? "x" + digits.substring(i, i + 3) + "/" : digits.substring(i, i + 3));
        }
        return FULL == width ? name.toString() : name + ".p/" + width;
    }

    private static boolean isEqual(final List<byte[]> one, final List<byte[]> other)
    {
        for (int i = 0; i < one.size(); i++)
        {
            if (!Arrays.equals(one.get(i), other.get(i)))
            {
                return false;
            }
        }
        return one.size() == other.size();
    }

    /** RFC 6962 section 2.1, word by word. */
    private static byte[] hashOf(final List<byte[]> leaves)
    {
        if (leaves.isEmpty())
        {
            return sha256(new byte[0], new byte[0]);
        }
        if (1 == leaves.size())
        {
            return leaves.get(0);
        }
        int k = 1;
        while (2 * k < leaves.size())
        {
            k *= 2;
        }
        final byte[] left = hashOf(leaves.subList(0, k));
        final byte[] right = hashOf(leaves.subList(k, leaves.size()));
        final byte[] both = Arrays.copyOf(left, 2 * HASH);
        System.arraycopy(right, 0, both, HASH, HASH);
        return sha256(new byte[] { 1 }, both);
    }

    private static byte[] sha256(final byte[] prefix, final byte[] bytes)
    {
        try
        {
            final MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(prefix);
            return digest.digest(bytes);
        }
        catch (final NoSuchAlgorithmException ex)
        {
            throw new AssertionError(ex);
        }
    }
}
