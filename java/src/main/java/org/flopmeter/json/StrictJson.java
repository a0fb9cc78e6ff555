/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.json;

import java.nio.charset.CharacterCodingException;
import org.flopmeter.unit.StrictUtf8;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads JSON (RFC 8259) without mercy: one value, valid UTF-8, no duplicate keys, at most {@link #DEPTH_MAX} levels and
 * {@link #NUMBER_LENGTH_MAX} characters a number, decimals kept exact. Threads may share it.
 */
public final class StrictJson
{
    /** More nesting than any of our formats has; the tree is walked by recursion. */
    public static final int DEPTH_MAX = 100;

    /** More digits than any number of ours has: converting a number takes time quadratic in its length. */
    public static final int NUMBER_LENGTH_MAX = 400;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                .maxNestingDepth(DEPTH_MAX)
                .maxNumberLength(NUMBER_LENGTH_MAX)
                .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build())
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
        .build();

    private StrictJson()
    {
    }

    /** The value of a whole document. A {@link JsonFormatException} names line and column of what is wrong. */
    public static JsonNode read(final byte[] utf8)
    {
        final String text = decoded(utf8);
        final JsonNode value;
        try
        {
            value = MAPPER.readTree(text);
        }
        catch (final JacksonException ex)
        {
            throw new JsonFormatException(place(ex), words(ex.getOriginalMessage()));
        }
        catch (final NumberFormatException ex)
        {
            // An exponent beyond all reason, which the parser does not report as its own.
            throw new JsonFormatException("the document", words(ex.getMessage()));
        }
        if (null == value || value.isMissingNode())
        {
            throw new JsonFormatException("line 1, column 1", "expected a JSON value, found nothing");
        }
        refuseHalfCharacters(text);
        return value;
    }

    /** Escapes can name half a surrogate pair, which is no text and has no UTF-8 (RFC 7493 2.1). */
    private static void refuseHalfCharacters(final String text)
    {
        int highEnd = -1;
        for (int at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at))
        {
            final boolean isCode = 'u' == text.charAt(at + 1);
            final char code = isCode ? (char)Integer.parseInt(text, at + 2, at + 6, 16) : 0;
            final int end = at + (isCode ? 6 : 2);
            if (Character.isLowSurrogate(code) == (at != highEnd))
            {
                throw halfCharacter(text, Character.isLowSurrogate(code) ? at : highEnd - 6);
            }
            highEnd = Character.isHighSurrogate(code) ? end : -1;
            if (highEnd >= 0 && '\\' != text.charAt(end))
            {
                throw halfCharacter(text, at);
            }
            at = end;
        }
    }

    private static JsonFormatException halfCharacter(final String text, final int at)
    {
        final int lineBegin = text.lastIndexOf('\n', at) + 1;
        final long line = 1 + text.substring(0, lineBegin).chars().filter((c) -> '\n' == c).count();
        return new JsonFormatException("line " + line + ", column " + (1 + at - lineBegin),
            "expected Unicode text, found " + text.substring(at, at + 6) + ", half of a surrogate pair");
    }

    static String decoded(final byte[] utf8)
    {
        try
        {
            return StrictUtf8.decode(utf8);
        }
        catch (final CharacterCodingException ex)
        {
            throw new JsonFormatException("the document", "expected UTF-8: " + ex.getMessage());
        }
    }

    private static String place(final JacksonException ex)
    {
        final TokenStreamLocation location = ex.getLocation();
        return null == location ? "the document" :
            "line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    /** The parser's words without its advice to programmers, which settings would have let the document through. */
    private static String words(final String message)
    {
        return message.lines().findFirst().orElse("not JSON")
            .replaceAll(", from `[^`]*`|: enable `.*|: not allowed as per .*", "")
            .replaceAll(" \\((start marker|maybe a \\(non-standard\\)|bound as|not recognized).*", "")
            .replaceAll(", reason: .*", ": value exceeds limits");
    }
}
