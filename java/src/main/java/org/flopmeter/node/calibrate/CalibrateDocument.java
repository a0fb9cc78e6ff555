/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.node.io.CanonicalJson;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A certificate that came from somewhere else. Its figures are worked out again from its readings: what it says must
 * follow from what it shows, whoever signed it.
 */
final class CalibrateDocument
{
    private static final Pattern FLOP = Pattern.compile("0|[1-9][0-9]{0,38}");
    private static final BigInteger FLOP_LIMIT = BigInteger.ONE.shiftLeft(128);
    /* Members of a figure that are there or not; any other that v1 does not know is a later version's. */
    private static final Set<String> SOMETIMES = Set.of("pointErrorPpm", "interval", "elsewherePpm", "widthPpm");

    private final JsonNode json;
    private final List<CalibrateFigure> figures;
    private final List<String> faults = new ArrayList<>();

    private CalibrateDocument(final JsonNode json, final List<CalibrateFigure> figures)
    {
        this.json = json;
        this.figures = figures;
    }

    /** A {@link JsonFormatException} says where it is no certificate. */
    static CalibrateDocument read(final JsonView root)
    {
        if (!CalibrateCertificate.SCHEMA.equals(root.member("schema").string()))
        {
            throw root.member("schema").wrong('"' + CalibrateCertificate.SCHEMA + '"');
        }
        final Map<List<String>, String> bases = new HashMap<>();
        root.member("sources").elements().forEach(source -> bases.put(
            List.of(source.member("source").string(), source.member("chipKind").string()),
            source.member("basis").string()));
        final List<CalibrateReading> readings = new ArrayList<>();
        root.member("readings").elements().forEach(reading -> readings.add(reading(reading, bases)));
        final CalibrateDocument document = new CalibrateDocument(root.node(), CalibrateFigure.of(
            readings, CalibrateCertificate.isWhole(root.node())));
        final JsonView environment = root.member("environment");
        environment.member("cpu").member("name").string();
        environment.member("gpu").member("state").string();
        document.compareFigures(root.member("figures").elements());
        document.compareTruth(root.member("isTruthInside"));
        document.compareDigest(root.member("digest"));
        return document;
    }

    JsonNode json()
    {
        return json;
    }

    /** As they follow from the readings. */
    List<CalibrateFigure> figures()
    {
        return List.copyOf(figures);
    }

    /** What it says that does not follow from what it shows, each with its place. */
    List<String> faults()
    {
        return List.copyOf(faults);
    }

    String digest()
    {
        return json.at("/digest/value").stringValue();
    }

    private static CalibrateReading reading(final JsonView view, final Map<List<String>, String> bases)
    {
        final String source = view.member("source").string();
        final String chipKind = view.member("chipKind").string();
        final String basis = bases.get(List.of(source, chipKind));
        if (null == basis)
        {
            throw view.member("source").wrong("a source of $.sources");
        }
        final List<CalibrateReading.Figure> figures = new ArrayList<>();
        view.member("figures").elements().forEach(figure -> figures.add(figure(figure)));
        return new CalibrateReading(
            source,
            basis,
            chipKind,
            view.member("kernel").string(),
            view.member("precision").string(),
            count(view.member("pass")),
            view.member("state").string(),
            view.member("detail").string(),
            view.member("remedy").string(),
            flop(view.member("expected")),
            0,
            count(view.member("gaps")),
            figures);
    }

    private static CalibrateReading.Figure figure(final JsonView view)
    {
        final BigInteger lower = flop(view.member("lower"));
        final BigInteger point = flop(view.member("point"));
        final BigInteger upper =
            "unbounded".equals(view.member("upper").string()) ? null : flop(view.member("upper"));
        if (point.compareTo(lower) < 0 || null != upper && upper.compareTo(point) < 0)
        {
            throw view.wrong("lower <= point <= upper");
        }
        return new CalibrateReading.Figure(view.member("precision").string(), lower, point, upper);
    }

    private static BigInteger flop(final JsonView view)
    {
        final BigInteger flopCount = FLOP.matcher(view.string()).matches() ? new BigInteger(view.string()) : FLOP_LIMIT;
        if (flopCount.compareTo(FLOP_LIMIT) >= 0)
        {
            throw view.wrong("a decimal string below 2^128");
        }
        return flopCount;
    }

    private static int count(final JsonView view)
    {
        if (!view.node().isIntegralNumber() || !view.node().canConvertToInt() || view.node().intValue() < 0)
        {
            throw view.wrong("a whole number from 0");
        }
        return view.node().intValue();
    }

    private void compareFigures(final List<JsonView> said)
    {
        if (said.size() != figures.size())
        {
            faults.add("$.figures: " + said.size() + " of them, its readings give " + figures.size());
            return;
        }
        for (int i = 0; i < said.size(); i++)
        {
            compare(said.get(i), CalibrateCertificate.figure(figures.get(i)));
        }
    }

    private void compare(final JsonView said, final ObjectNode given)
    {
        final Set<String> names = new TreeSet<>(SOMETIMES);
        names.retainAll(said.names());
        given.propertyNames().forEach(names::add);
        for (final String name : names)
        {
            final JsonView member = said.optional(name);
            final JsonNode expected = given.path(name);
            if (null != member && member.node().isObject() && expected.isObject())
            {
                compare(member, (ObjectNode)expected);
            }
            else if (null == member || expected.isMissingNode() || !isSame(member, expected))
            {
                faults.add(said.path() + '.' + name + ": is " + (null == member ? "absent" : member.node()) +
                    ", its readings give " + (expected.isMissingNode() ? "none" : expected));
            }
        }
    }

    private static boolean isSame(final JsonView said, final JsonNode expected)
    {
        return Arrays.equals(canonical(said), CanonicalJson.bytes(expected));
    }

    private void compareTruth(final JsonView said)
    {
        final boolean isTruthInside = figures.stream().allMatch(figure -> 0 == figure.outside());
        if (!said.node().isBoolean() || said.node().booleanValue() != isTruthInside)
        {
            faults.add(said.path() + ": is " + said.node() + ", its readings give " + isTruthInside);
        }
    }

    private void compareDigest(final JsonView said)
    {
        final ObjectNode bare = ((ObjectNode)json).deepCopy();
        bare.remove("digest");
        final String value = CanonicalJson.sha256(canonical(JsonView.root(bare)));
        if (!value.equals(said.member("value").string()))
        {
            faults.add(said.path() + ".value: is " + said.member("value").string() + ", its bytes give " + value);
        }
    }

    private static byte[] canonical(final JsonView view)
    {
        try
        {
            return CanonicalJson.bytes(view.node());
        }
        catch (final IllegalArgumentException ex)
        {
            throw new JsonFormatException(view.path(), ex.getMessage());
        }
    }
}
