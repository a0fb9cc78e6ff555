/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.json;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads the part of YAML 1.2 that means the same to everybody: maps, lists and scalars of one document. No anchors,
 * aliases, tags, merge keys or duplicate keys, at most {@link StrictJson#DEPTH_MAX} levels. A plain scalar is
 * true, false, null, an integer of at most 15 digits, or else the text as it stands: no digit is ever lost.
 */
public final class StrictYaml
{
    private static final int LENGTH_MAX = 4 << 20;
    private static final Pattern INTEGER = Pattern.compile("-?(0|[1-9][0-9]{0,14})");

    private final Map<String, Integer> lines = new HashMap<>();
    private final Iterator<Event> events;
    private JsonNode value;

    private StrictYaml(final Iterator<Event> events)
    {
        this.events = events;
    }

    /** A whole document; a {@link JsonFormatException} names the line of what is wrong. */
    public static StrictYaml read(final byte[] utf8)
    {
        final LoadSettings settings =
            LoadSettings.builder().setAllowDuplicateKeys(false).setCodePointLimit(LENGTH_MAX).build();
        final StrictYaml yaml =
            new StrictYaml(new Parse(settings).parseString(StrictJson.decoded(utf8)).iterator());
        try
        {
            yaml.readDocument();
        }
        catch (final MarkedYamlEngineException ex)
        {
            throw new JsonFormatException(
                ex.getProblemMark().map(mark -> "line " + (mark.getLine() + 1)).orElse("the document"),
                "expected YAML: " + ex.getProblem());
        }
        catch (final YamlEngineException ex)
        {
            throw new JsonFormatException("the document", "expected YAML: " + ex.getMessage());
        }
        return yaml;
    }

    public JsonNode value()
    {
        return value;
    }

    /** What a step makes of the value; a path that it refuses gets its line. */
    public <T> T located(final Supplier<T> step)
    {
        try
        {
            return step.get();
        }
        catch (final JsonFormatException ex)
        {
            final String message = ex.getMessage();
            final int colon = message.indexOf(": ");
            final Integer line = colon < 0 ? null : lines.get(message.substring(0, colon));
            throw null == line ? ex : new JsonFormatException("line " + line, message);
        }
    }

    private void readDocument()
    {
        Event event = events.next();
        while (Event.ID.StreamStart == event.getEventId() || Event.ID.Comment == event.getEventId())
        {
            event = events.next();
        }
        if (Event.ID.DocumentStart != event.getEventId())
        {
            throw new JsonFormatException("line 1", "expected a document, found nothing");
        }
        value = node(events.next(), "$", 0);
        events.next();
        final Event end = events.next();
        if (Event.ID.StreamEnd != end.getEventId())
        {
            throw at(end, "expected one document, found another");
        }
    }

    private JsonNode node(final Event event, final String path, final int depth)
    {
        refuse(event, depth);
        lines.putIfAbsent(path, line(event));
        switch (event.getEventId())
        {
            case MappingStart:
                return mapping(path, depth);
            case SequenceStart:
                final ArrayNode array = JsonNodeFactory.instance.arrayNode();
                for (Event next = events.next(); Event.ID.SequenceEnd != next.getEventId(); next = events.next())
                {
                    array.add(node(next, path + '[' + array.size() + ']', depth + 1));
                }
                return array;
            case Scalar:
                return scalar((ScalarEvent)event);
            default:
                throw at(event, "expected a value");
        }
    }

    private JsonNode mapping(final String path, final int depth)
    {
        final ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (Event next = events.next(); Event.ID.MappingEnd != next.getEventId(); next = events.next())
        {
            refuse(next, depth);
            if (Event.ID.Scalar != next.getEventId())
            {
                throw at(next, "expected a name, found a structure as a key");
            }
            final String name = ((ScalarEvent)next).getValue();
            if ("<<".equals(name))
            {
                throw at(next, "merge keys are not allowed");
            }
            if (object.has(name))
            {
                throw at(next, "duplicate key \"" + name + '"');
            }
            final String inside = path + JsonView.step(name);
            lines.put(inside, line(next));
            object.set(name, node(events.next(), inside, depth + 1));
        }
        return object;
    }

    private static JsonNode scalar(final ScalarEvent event)
    {
        final String text = event.getValue();
        final JsonNodeFactory nodes = JsonNodeFactory.instance;
        if (ScalarStyle.PLAIN != event.getScalarStyle())
        {
            return nodes.stringNode(text);
        }
        switch (text)
        {
            case "true":
                return nodes.booleanNode(true);
            case "false":
                return nodes.booleanNode(false);
            case "":
            case "~":
            case "null":
                return nodes.nullNode();
            default:
                return INTEGER.matcher(text).matches() ?
                    nodes.numberNode(Long.parseLong(text)) : nodes.stringNode(text);
        }
    }

    private static void refuse(final Event event, final int depth)
    {
        if (depth > StrictJson.DEPTH_MAX)
        {
            throw at(event, "more than " + StrictJson.DEPTH_MAX + " levels");
        }
        if (event instanceof AliasEvent)
        {
            throw at(event, "aliases are not allowed");
        }
        if (event instanceof NodeEvent node && node.getAnchor().isPresent())
        {
            throw at(event, "anchors are not allowed");
        }
        if (event instanceof ScalarEvent scalar && !StandardCharsets.UTF_8.newEncoder().canEncode(scalar.getValue()))
        {
            throw at(event, "expected Unicode text, found half of a surrogate pair");
        }
        final Optional<String> tag = event instanceof ScalarEvent scalar ? scalar.getTag() :
            event instanceof CollectionStartEvent start ? start.getTag() :
            Optional.empty();
        if (tag.isPresent())
        {
            throw at(event, "tags are not allowed");
        }
    }

    private static int line(final Event event)
    {
        return event.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }

    private static JsonFormatException at(final Event event, final String words)
    {
        return new JsonFormatException("line " + line(event), words);
    }
}
