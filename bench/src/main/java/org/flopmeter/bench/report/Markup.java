/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/** Writes elements that are well-formed both as XHTML and as HTML, every text and attribute escaped. */
final class Markup
{
    /** Elements without a content and, in HTML, without an end tag. */
    private static final Set<String> EMPTY = Set.of("meta", "br", "hr");

    private final StringBuilder text = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();

    /** Begin an element with attributes name, value, name, value ... */
    Markup open(final String name, final String... attributes)
    {
        text.append('<').append(name);
        for (int i = 0; i < attributes.length; i += 2)
        {
            text.append(' ').append(attributes[i]).append("=\"").append(escaped(attributes[i + 1])).append('"');
        }
        if (EMPTY.contains(name))
        {
            text.append("/>");
            return this;
        }
        text.append('>');
        open.push(name);
        return this;
    }

    /** Text inside of the element that is open. */
    Markup text(final String words)
    {
        text.append(escaped(words));
        return this;
    }

    /** End the element that was begun last. */
    Markup close()
    {
        final String name = open.pop();
        text.append("</").append(name).append('>');
        if (!Set.of("text", "title", "tspan", "td", "th", "span", "b", "code").contains(name))
        {
            text.append('\n');
        }
        return this;
    }

    /** An element with nothing but text. */
    Markup element(final String name, final String words, final String... attributes)
    {
        return open(name, attributes).text(words).close();
    }

    /** CSS, which must contain nothing that would need an escape. */
    Markup style(final String css)
    {
        if (css.contains("<") || css.contains("&"))
        {
            throw new IllegalArgumentException("style sheets are written as they are: no < and no &");
        }
        open("style");
        text.append(css);
        return close();
    }

    /** Everything, when every element is closed. */
    @Override
    public String toString()
    {
        if (!open.isEmpty())
        {
            throw new IllegalStateException("not closed: " + open);
        }
        return text.toString();
    }

    static String escaped(final String words)
    {
        final StringBuilder safe = new StringBuilder(words.length());
        words.codePoints().forEach((point) ->
        {
            switch (point)
            {
                case '<':
                    safe.append("&lt;");
                    break;
                case '>':
                    safe.append("&gt;");
                    break;
                case '&':
                    safe.append("&amp;");
                    break;
                case '"':
                    safe.append("&quot;");
                    break;
                default:
                    // XML has no way to write other control characters or lone surrogates.
                    safe.appendCodePoint(isXml(point) ? point : 0xFFFD);
                    break;
            }
        });
        return safe.toString();
    }

    private static boolean isXml(final int point)
    {
        final boolean isSurrogate = point >= 0xD800 && point <= 0xDFFF;
        return '\n' == point || '\t' == point || point >= 0x20 && point < 0xFFFE && !isSurrogate || point > 0xFFFF;
    }
}
