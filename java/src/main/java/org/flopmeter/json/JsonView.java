/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.json;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * A value of a document together with its path, so that whoever finds it wrong can say where: {@code $.nodes[3].flop}.
 * Every reading method refuses another JSON type with a {@link JsonFormatException}.
 */
public final class JsonView
{
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]*");

    private final String path;
    private final JsonNode value;

    private JsonView(final String path, final JsonNode value)
    {
        this.path = path;
        this.value = value;
    }

    public static JsonView root(final JsonNode value)
    {
        return new JsonView("$", value);
    }

    public String path()
    {
        return path;
    }

    public JsonNode node()
    {
        return value;
    }

    /** Is the member there? A member that is null is there. */
    public boolean has(final String name)
    {
        return value.has(name);
    }

    /** The member; a document without it is refused. */
    public JsonView member(final String name)
    {
        object();
        final JsonNode member = value.get(name);
        if (null == member)
        {
            throw new JsonFormatException(path, "expected a member \"" + name + '"');
        }
        return new JsonView(path + step(name), member);
    }

    /** The member, or null when it is absent. */
    public JsonView optional(final String name)
    {
        object();
        final JsonNode member = value.get(name);
        return null == member ? null : new JsonView(path + step(name), member);
    }

    /** Names of the members, in document order. */
    public Set<String> names()
    {
        object();
        return (Set<String>)value.propertyNames();
    }

    public List<JsonView> elements()
    {
        if (!value.isArray())
        {
            throw wrong("an array");
        }
        final List<JsonView> elements = new ArrayList<>(value.size());
        for (int i = 0; i < value.size(); i++)
        {
            elements.add(new JsonView(path + '[' + i + ']', value.get(i)));
        }
        return elements;
    }

    public String string()
    {
        if (!value.isString())
        {
            throw wrong("a string");
        }
        return value.asString();
    }

    public JsonView object()
    {
        if (!value.isObject())
        {
            throw wrong("an object");
        }
        return this;
    }

    /** A refusal of this value, for its reader to throw. */
    public JsonFormatException wrong(final String expected)
    {
        return new JsonFormatException(path, "expected " + expected + ", found " + shown());
    }

    private String shown()
    {
        final String text = value.toString();
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }

    static String step(final String name)
    {
        return NAME.matcher(name).matches() ? "." + name : "[\"" + name + "\"]";
    }
}
