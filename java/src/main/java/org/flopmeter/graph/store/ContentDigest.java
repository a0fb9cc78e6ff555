/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.util.HexFormat;

/** SHA-256 of an artifact's bytes: what connects who wrote it with who reads it. */
public record ContentDigest(String hex)
{
    public static final int LENGTH = 32;

    /** Of no bytes at all. It is everywhere, and connects nobody. */
    public static final ContentDigest EMPTY =
        new ContentDigest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    /** In place of a digest that could not be had. */
    static final ContentDigest NONE = new ContentDigest("0".repeat(2 * LENGTH));

    public ContentDigest
    {
        if (!hex.matches("[0-9a-f]{64}"))
        {
            throw new IllegalArgumentException("expected 64 hexadecimal digits, found \"" + hex + '"');
        }
    }

    public static ContentDigest of(final byte[] bytes)
    {
        return new ContentDigest(HexFormat.of().formatHex(bytes));
    }

    byte[] bytes()
    {
        return HexFormat.of().parseHex(hex);
    }

    /** As in ids of the graph. */
    @Override
    public String toString()
    {
        return "sha256:" + hex;
    }
}
