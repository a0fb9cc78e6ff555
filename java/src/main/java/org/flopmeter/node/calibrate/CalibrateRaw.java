/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.text.Printable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What flopmeter-calibrate printed, validated. It is a program of this project, but vendors' libraries run inside it: a
 * document that is not as agreed is refused with the place, and never becomes a certificate.
 */
final class CalibrateRaw
{
    static final String SCHEMA = "flopmeter/calibrate-raw/v1";

    private static final Pattern FLOP = Pattern.compile("0|[1-9][0-9]{0,38}");
    private static final BigInteger FLOP_LIMIT = BigInteger.ONE.shiftLeft(128);
    private static final String UNBOUNDED = "unbounded";

    /** A source and whether it can count here. */
    record SourceState(String source, String basis, String chipKind, String state, String detail, String remedy)
    {
    }

    private final JsonNode document;
    private final List<SourceState> sources = new ArrayList<>();
    private final List<CalibrateReading> readings = new ArrayList<>();
    private final List<CalibrateReading> idle = new ArrayList<>();
    private final List<Path> libraries = new ArrayList<>();

    private CalibrateRaw(final JsonNode document)
    {
        this.document = document;
    }

    static CalibrateRaw parse(final String text)
    {
        final JsonNode document;
        try
        {
            document = JsonMapper.shared().readTree(text);
        }
        catch (final JacksonException e)
        {
            throw bad("", "one JSON document", e.getOriginalMessage());
        }
        if (!document.isObject() || !SCHEMA.equals(document.path("schema").stringValue("")))
        {
            throw bad("/schema", SCHEMA, document.path("schema").toString());
        }
        final CalibrateRaw raw = new CalibrateRaw(document);
        raw.bool(document, "", "quick");
        raw.bool(document, "", "isCut");
        raw.list("sources").forEach(place -> raw.sources.add(raw.source(place)));
        raw.list("idle").forEach(place -> raw.idle.add(raw.reading(place, false)));
        raw.list("readings").forEach(place -> raw.readings.add(raw.reading(place, true)));
        raw.list("kernels").forEach(place ->
        {
            raw.text(document.at(place), place, "name");
            raw.flop(document.at(place), place, "flopPerIteration");
        });
        if (document.has("libraries"))
        {
            raw.list("libraries").forEach(place -> raw.libraries.add(raw.library(place)));
        }
        raw.text(document.path("cpu"), "/cpu", "name");
        raw.text(document.path("gpu"), "/gpu", "state");
        return raw;
    }

    JsonNode document()
    {
        return document;
    }

    List<SourceState> sources()
    {
        return List.copyOf(sources);
    }

    /** What was loaded into the program while it measured, by path; none of an older program. */
    List<Path> libraries()
    {
        return List.copyOf(libraries);
    }

    List<CalibrateReading> readings()
    {
        return List.copyOf(readings);
    }

    List<CalibrateReading> idle()
    {
        return List.copyOf(idle);
    }

    private List<String> list(final String name)
    {
        final JsonNode list = document.path(name);
        if (!list.isArray())
        {
            throw bad("/" + name, "a list", list.toString());
        }
        final List<String> places = new ArrayList<>();
        for (int i = 0; i < list.size(); i++)
        {
            places.add("/" + name + "/" + i);
        }
        return places;
    }

    private Path library(final String place)
    {
        final JsonNode node = document.at(place);
        if (!node.isString() || !node.stringValue().startsWith("/") || 0 <= node.stringValue().indexOf('\0'))
        {
            throw bad(place, "the path of a library", node.toString());
        }
        return Path.of(node.stringValue());
    }

    private SourceState source(final String place)
    {
        final JsonNode node = document.at(place);
        return new SourceState(text(node, place, "source"), text(node, place, "basis"), text(node, place, "chipKind"),
            text(node, place, "state"), text(node, place, "detail"), text(node, place, "remedy"));
    }

    private CalibrateReading reading(final String place, final boolean hasKernel)
    {
        final JsonNode node = document.at(place);
        final List<CalibrateReading.Figure> figures = new ArrayList<>();
        final JsonNode list = node.path("figures");
        if (!list.isArray())
        {
            throw bad(place + "/figures", "a list", list.toString());
        }
        for (int i = 0; i < list.size(); i++)
        {
            figures.add(figure(list.get(i), place + "/figures/" + i));
        }
        return new CalibrateReading(
            text(node, place, "source"),
            text(node, place, "basis"),
            text(node, place, "chipKind"),
            hasKernel ? text(node, place, "kernel") : "",
            hasKernel ? text(node, place, "precision") : "",
            hasKernel ? (int)count(node, place, "pass") : 0,
            text(node, place, "state"),
            text(node, place, "detail"),
            text(node, place, "remedy"),
            flop(node, place, "expected"),
            count(node, place, "timeNs"),
            (int)count(node, place, "gaps"),
            figures);
    }

    private CalibrateReading.Figure figure(final JsonNode node, final String place)
    {
        final BigInteger lower = flop(node, place, "lower");
        final BigInteger point = flop(node, place, "point");
        final BigInteger upper =
            UNBOUNDED.equals(node.path("upper").stringValue("")) ? null : flop(node, place, "upper");
        if (point.compareTo(lower) < 0 || null != upper && upper.compareTo(point) < 0)
        {
            throw bad(place, "lower <= point <= upper", node.toString());
        }
        return new CalibrateReading.Figure(text(node, place, "precision"), lower, point, upper);
    }

    private String text(final JsonNode node, final String place, final String name)
    {
        final JsonNode value = node.path(name);
        if (!value.isString())
        {
            throw bad(place + "/" + name, "a string", value.toString());
        }
        return value.stringValue();
    }

    private boolean bool(final JsonNode node, final String place, final String name)
    {
        final JsonNode value = node.path(name);
        if (!value.isBoolean())
        {
            throw bad(place + "/" + name, "true or false", value.toString());
        }
        return value.booleanValue();
    }

    private long count(final JsonNode node, final String place, final String name)
    {
        final JsonNode value = node.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0)
        {
            throw bad(place + "/" + name, "a whole number from 0", value.toString());
        }
        return value.longValue();
    }

    private BigInteger flop(final JsonNode node, final String place, final String name)
    {
        final String value = node.path(name).stringValue("");
        if (FLOP.matcher(value).matches())
        {
            final BigInteger flopCount = new BigInteger(value);
            if (flopCount.compareTo(FLOP_LIMIT) < 0)
            {
                return flopCount;
            }
        }
        throw bad(place + "/" + name, "a decimal string below 2^128", node.path(name).toString());
    }

    private static EnvironmentException bad(final String place, final String expected, final String found)
    {
        return new EnvironmentException("flopmeter-calibrate printed what it should not: at " +
            (place.isEmpty() ? "its beginning" : place) + " expected " + expected + ", found " +
            Printable.of(found.isEmpty() ? "nothing" : found.substring(0, Math.min(found.length(), 80))));
    }
}
