/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One inventory out of several: what hosts found of themselves (flopmeter doctor) and what people declare. Between
 * hosts nobody but people knows the links: a pair of which none is declared may be linked at any speed, unless the
 * declared links are said to be all there are.
 */
public final class Inventories
{
    public static final String SCHEMA = "flopmeter/inventory/v1";
    public static final String DOCTOR_SCHEMA = "flopmeter/doctor/v1";

    static final String UNKNOWN = "unknown";
    static final String AT_LEAST = "atLeast";
    static final String AT_MOST = "atMost";

    /** Member of a link that stands for one between hosts: their names. */
    static final String OF = "of";
    static final String BETWEEN = " - ";

    private static final Shape BOUNDS = Facts.object(AT_LEAST, Shape.RATIO, AT_MOST, Shape.RATIO);

    /** Speed of a link, bounds of it, or that nothing is known. */
    private static final Shape SPEED = value ->
    {
        if (value.node().isString() && UNKNOWN.equals(value.string()))
        {
            return value.node();
        }
        if (value.node().isObject())
        {
            return BOUNDS.read(value);
        }
        if (value.node().isString() && !Shape.Numbers.isRatio(value) && null == Shape.Numbers.whole(value.string()))
        {
            throw value.wrong("Gbit/s as a count or p/q, bounds {atLeast, atMost}, or unknown");
        }
        return Shape.RATIO.read(value);
    };

    /** What an inventory may hold, where it may be. */
    static final Shape INVENTORY = Facts.object(
        "schema", Shape.oneOf(SCHEMA),
        "host", Shape.ANY_TEXT,
        "models", Shape.mapOf(Facts.object("dense", Shape.mapOf(Shape.QUANTITY), "declared", Shape.QUANTITY)),
        "groups", Shape.list(Facts.object("id", Shape.ANY_TEXT, "count", Shape.INTEGER, "model", Shape.ANY_TEXT,
            "internalGbps", SPEED, "site", Shape.ANY_TEXT)),
        "links", Shape.list(Facts.object("a", Shape.ANY_TEXT, "b", Shape.ANY_TEXT, "gbps", SPEED)),
        "linksComplete", Shape.FLAG,
        "ports", Shape.list(Facts.object("name", Shape.ANY_TEXT, "gbps", SPEED)),
        "peaks", Shape.list(Facts.object("model", Shape.ANY_TEXT, "format", Shape.ANY_TEXT, "basis", Shape.ANY_TEXT,
            "status", Shape.ANY_TEXT, "source", Shape.ANY_TEXT)));

    private final ObjectNode models = JsonNodeFactory.instance.objectNode();
    private final Map<String, String> declaredModels = new LinkedHashMap<>();
    private final Map<String, ObjectNode> groups = new LinkedHashMap<>();
    private final Map<String, String> groupPlaces = new LinkedHashMap<>();
    private final Map<String, List<String>> hosts = new LinkedHashMap<>();
    private final Map<String, String> hostOfGroup = new LinkedHashMap<>();
    private final List<Link> links = new ArrayList<>();
    private boolean isComplete;

    /**
     * An inventory and where it is from.
     *
     * @param place for people: a file, or the part of one.
     */
    public record Part(String place, JsonNode inventory)
    {
    }

    private record Link(String place, String path, String left, String right, JsonNode speed)
    {
    }

    private Inventories()
    {
    }

    /** An inventory of a document: of flopmeter doctor, or one alone. */
    public static JsonNode read(final JsonView document)
    {
        final JsonView schema = document.object().optional("schema");
        if (null != schema && schema.node().isString() && DOCTOR_SCHEMA.equals(schema.string()))
        {
            if (!document.has("inventory"))
            {
                throw new JsonFormatException("$.inventory",
                    "not there: an older doctor wrote this; run flopmeter doctor --json again on that host");
            }
            return INVENTORY.read(document.member("inventory"));
        }
        return INVENTORY.read(document);
    }

    /** All of them in one, in the form of the policy but for links whose speed isn't known exactly. */
    public static ObjectNode merged(final List<Part> parts)
    {
        final Inventories inventories = new Inventories();
        parts.forEach(inventories::add);
        return inventories.json();
    }

    private void add(final Part part)
    {
        final JsonNode host = part.inventory().get("host");
        if (null != host && null != hosts.putIfAbsent(host.asString(), new ArrayList<>()))
        {
            throw new JsonFormatException("$.host", "host " + host.asString() + " is in " +
                part.place() + " and in a file before it");
        }
        for (final var model : part.inventory().path("models").properties())
        {
            addModel(part, model.getKey(), model.getValue(), null != host);
        }
        for (final JsonNode group : part.inventory().path("groups"))
        {
            addGroup(part, (ObjectNode)group, null == host ? null : host.asString());
        }
        int index = 0;
        for (final JsonNode link : part.inventory().path("links"))
        {
            final String path = "$.links[" + index++ + ']';
            links.add(new Link(part.place(), path, text(link, "a", path), text(link, "b", path), link.get("gbps")));
        }
        isComplete |= part.inventory().path("linksComplete").asBoolean(false);
    }

    private static String text(final JsonNode json, final String name, final String path)
    {
        final JsonNode value = json.get(name);
        if (null == value)
        {
            throw new JsonFormatException(path, "expected a member \"" + name + '"');
        }
        return value.asString();
    }

    /** What people declare stands instead of what hosts found; of hosts that differ the widest holds. */
    private void addModel(final Part part, final String name, final JsonNode model, final boolean isFound)
    {
        final String path = "$.models" + "[\"" + name + "\"]";
        final String before = declaredModels.get(name);
        if (isFound)
        {
            if (null == before)
            {
                models.set(name, models.has(name) ? Peaks.hull(models.get(name), model) : model);
            }
            return;
        }
        if (null != before && !models.get(name).equals(model))
        {
            throw new JsonFormatException(path, "declared in " + before + " and otherwise in " + part.place());
        }
        declaredModels.put(name, part.place());
        models.set(name, model);
    }

    private void addGroup(final Part part, final ObjectNode group, final String host)
    {
        final String id = text(group, "id", "$.groups");
        final String before = groupPlaces.putIfAbsent(id, part.place());
        if (null != before)
        {
            throw new JsonFormatException("$.groups", "expected ids that differ: \"" + id + "\" is in " + before +
                (before.equals(part.place()) ? " twice" : " and in " + part.place()));
        }
        groups.put(id, group);
        if (null != host)
        {
            hosts.get(host).add(id);
            hostOfGroup.put(id, host);
        }
    }

    private ObjectNode json()
    {
        final ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.set("models", models);
        final ArrayNode all = json.putArray("groups");
        groups.values().forEach(all::add);
        final ArrayNode joined = json.putArray("links");
        for (final Link link : links)
        {
            final List<String> left = ends(link, link.left);
            final List<String> right = ends(link, link.right);
            add(joined, left, right, link.left + BETWEEN + link.right, link.speed);
        }
        if (!isComplete)
        {
            addUnknown(joined);
        }
        return json;
    }

    private static void add(
        final ArrayNode into, final List<String> left, final List<String> right, final String of, final JsonNode speed)
    {
        for (final String one : left)
        {
            for (final String other : right)
            {
                final ObjectNode json = into.addObject().put("a", one).put("b", other);
                if (!of.equals(one + BETWEEN + other))
                {
                    json.put(OF, of);
                }
                if (null != speed)
                {
                    json.set("gbps", speed);
                }
            }
        }
    }

    /** A link to a host reaches every device of it. */
    private List<String> ends(final Link link, final String end)
    {
        if (groups.containsKey(end))
        {
            return List.of(end);
        }
        if (hosts.containsKey(end))
        {
            return hosts.get(end);
        }
        throw new JsonFormatException(link.path, link.place + ": expected the id of a group or the name of a host, " +
            "found \"" + end + "\"; there are " + String.join(", ", Stream.concat(
                hosts.keySet().stream(), groups.keySet().stream()).limit(9).toList()));
    }

    /**
     * Links that nobody declared and that may be there. No more than join what may be joined: where A may be linked to
     * B and B to C, a link from A to C changes nothing.
     */
    private void addUnknown(final ArrayNode into)
    {
        final Set<String> declared = new LinkedHashSet<>();
        for (final Link link : links)
        {
            final String left = hostOfGroup.getOrDefault(link.left, link.left);
            final String right = hostOfGroup.getOrDefault(link.right, link.right);
            declared.add(pair(left, right));
            declared.add(pair(right, left));
        }
        final List<String> names = List.copyOf(hosts.keySet());
        final int[] roots = new int[names.size()];
        for (int i = 0; i < roots.length; i++)
        {
            roots[i] = i;
            for (int j = 0; j < i; j++)
            {
                if (root(roots, i) != root(roots, j) && !declared.contains(pair(names.get(i), names.get(j))))
                {
                    roots[root(roots, j)] = root(roots, i);
                    add(into, hosts.get(names.get(j)), hosts.get(names.get(i)),
                        names.get(j) + BETWEEN + names.get(i), JsonNodeFactory.instance.stringNode(UNKNOWN));
                }
            }
        }
    }

    private static String pair(final String one, final String other)
    {
        return one + '\0' + other;
    }

    private static int root(final int[] roots, final int of)
    {
        int at = of;
        while (roots[at] != at)
        {
            roots[at] = roots[roots[at]];
            at = roots[at];
        }
        return at;
    }
}
