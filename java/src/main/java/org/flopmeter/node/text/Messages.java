/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.MessageFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/**
 * Words for people, English or Chinese by LC_ALL, LC_MESSAGES, LANG as every other program chooses. Documents and their
 * codes are never translated. Files are UTF-8; the English one is plain ASCII, because LANG=C promises nothing more.
 */
public final class Messages
{
    private static final int[][] WIDE_RANGES = {
        { 0x1100, 0x115F }, { 0x2E80, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF }, { 0xFE30, 0xFE4F },
        { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x20000, 0x3FFFD } };

    private final Properties texts = new Properties();

    private Messages(final String... resources)
    {
        for (final String resource : resources)
        {
            try (InputStream stream = Messages.class.getResourceAsStream(resource);
                InputStreamReader reader = new InputStreamReader(stream, StandardCharsets.UTF_8))
            {
                texts.load(reader);
            }
            catch (final IOException e)
            {
                throw new UncheckedIOException(e);
            }
        }
    }

    public static Messages english()
    {
        return new Messages("messages.properties", "policy.properties", "assess.properties");
    }

    public static Messages chinese()
    {
        return new Messages("messages_zh.properties", "policy_zh.properties", "assess_zh.properties");
    }

    public static Messages of(final Map<String, String> environment)
    {
        for (final String name : new String[] { "LC_ALL", "LC_MESSAGES", "LANG" })
        {
            final String value = environment.getOrDefault(name, "");
            if (!value.isEmpty())
            {
                return value.startsWith("zh") ? chinese() : english();
            }
        }
        return english();
    }

    public Set<String> keys()
    {
        return texts.stringPropertyNames();
    }

    public String get(final String key, final Object... arguments)
    {
        final String text = texts.getProperty(key);
        if (null == text)
        {
            throw new IllegalArgumentException("no message: " + key);
        }
        return 0 == arguments.length ? text : new MessageFormat(text, Locale.ROOT).format(arguments);
    }

    /** Columns that the text takes on a terminal: East Asian wide characters take two. */
    public static int columns(final String text)
    {
        return text.codePoints().map(Messages::columnsOf).sum();
    }

    private static int columnsOf(final int codePoint)
    {
        for (final int[] range : WIDE_RANGES)
        {
            if (range[0] <= codePoint && codePoint <= range[1])
            {
                return 2;
            }
        }
        return 1;
    }
}
