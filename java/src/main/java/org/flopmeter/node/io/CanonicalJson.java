/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Canonical bytes of a JSON document, so that a digest does not depend on how it was printed: members in the order of
 * their names' UTF-16 code units, no white space, shortest escapes, UTF-8. That is RFC 8785 for documents whose numbers
 * are whole, and no others are written here.
 */
public final class CanonicalJson
{
    private static final int FIRST_PRINTABLE = 0x20;

    private CanonicalJson()
    {
    }

    public static byte[] bytes(final JsonNode document)
    {
        final StringBuilder text = new StringBuilder();
        append(text, document);
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** SHA-256 in lower-case hexadecimal. */
    public static String sha256(final byte[] bytes)
    {
        try
        {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        }
        catch (final NoSuchAlgorithmException e)
        {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void append(final StringBuilder text, final JsonNode node)
    {
        if (node.isObject())
        {
            final TreeMap<String, JsonNode> members = new TreeMap<>();
            node.properties().forEach(member -> members.put(member.getKey(), member.getValue()));
            text.append('{');
            members.forEach((name, value) ->
            {
                separate(text, '{');
                appendString(text, name);
                text.append(':');
                append(text, value);
            });
            text.append('}');
        }
        else if (node.isArray())
        {
            text.append('[');
            node.forEach(value ->
            {
                separate(text, '[');
                append(text, value);
            });
            text.append(']');
        }
        else if (node.isString())
        {
            appendString(text, node.stringValue());
        }
        else if (node.isBoolean() || node.isNull() || node.isIntegralNumber())
        {
            text.append(node);
        }
        else
        {
            throw new IllegalArgumentException("only whole numbers have one form: " + node);
        }
    }

    private static void separate(final StringBuilder text, final char opening)
    {
        final char last = text.charAt(text.length() - 1);
        if (opening != last)
        {
            text.append(',');
        }
    }

    private static void appendString(final StringBuilder text, final String value)
    {
        text.append('"');
        for (int i = 0; i < value.length(); i++)
        {
            final char c = value.charAt(i);
            switch (c)
            {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\b' -> text.append("\\b");
                case '\f' -> text.append("\\f");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default -> text.append(c < FIRST_PRINTABLE ? String.format("\\u%04x", (int)c) : String.valueOf(c));
            }
        }
        text.append('"');
    }
}
