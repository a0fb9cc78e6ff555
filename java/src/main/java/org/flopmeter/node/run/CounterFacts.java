/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import tools.jackson.databind.JsonNode;

/**
 * One counter of the silicon as facts.json tells it, docs/design/0009-perf.md section 4. An entry that can't be
 * understood is a counter that failed, with the reason, and never a zero.
 *
 * @param source    null when it is none that is known.
 * @param basis     null likewise.
 * @param state     AVAILABLE, ABSENT, NO_PERMISSION, TAKEN, WRONG_DRIVER, FAILED or PAUSED.
 * @param isRead    there is a reading: its lower ends hold whatever the state.
 * @param coveredNs CPU time in which the counters watched; 0 = it can't tell.
 * @param runningNs of that, time in which each event was on the PMU at least; null = it can't tell.
 * @param figures   may be empty where the figures are in lanes.
 */
public record CounterFacts(
    String name,
    Source source,
    Basis basis,
    String state,
    String detail,
    boolean isRead,
    long beginMonotonicNs,
    long endMonotonicNs,
    long coveredNs,
    Long runningNs,
    Map<Precision, FlopInterval> figures,
    List<CounterGap> gaps)
{
    public static final String AVAILABLE = "AVAILABLE";
    public static final String FAILED = "FAILED";
    public static final String PAUSED = "PAUSED";

    private static final List<String> STATES =
        List.of(AVAILABLE, "ABSENT", "NO_PERMISSION", "TAKEN", "WRONG_DRIVER", FAILED, PAUSED);
    private static final int ENTRIES_MAX = 64;
    private static final int TEXT_LENGTH_MAX = 256;

    public CounterFacts(
        final String name,
        final Source source,
        final Basis basis,
        final String state,
        final String detail,
        final boolean isRead,
        final long beginMonotonicNs,
        final long endMonotonicNs,
        final long coveredNs,
        final Map<Precision, FlopInterval> figures,
        final List<CounterGap> gaps)
    {
        this(name, source, basis, state, detail, isRead, beginMonotonicNs, endMonotonicNs, coveredNs, null, figures,
            gaps);
    }

    /** An interval in which it could not be read. */
    public record CounterGap(long beginMonotonicNs, long endMonotonicNs, String reason)
    {
    }

    /** Was it watching all the time, with an end that holds? */
    boolean isWhole()
    {
        return AVAILABLE.equals(state) && isRead && gaps.isEmpty();
    }

    public static List<CounterFacts> read(final JsonNode array)
    {
        final List<CounterFacts> counters = new ArrayList<>();
        for (final JsonNode json : array)
        {
            if (ENTRIES_MAX <= counters.size())
            {
                break;
            }
            try
            {
                counters.add(of(json));
            }
            catch (final IllegalArgumentException | FlopOverflowException e)
            {
                counters.add(new CounterFacts(
                    shortened(json.path("name").asString("?")), null, null, FAILED,
                    "counters[" + counters.size() + "] of facts.json: " + shortened(e.getMessage()), false, 0, 0, 0,
                    Map.of(), List.of()));
            }
        }
        return List.copyOf(counters);
    }

    /** One counter: an {@link IllegalArgumentException} or {@link FlopOverflowException} says why it is none. */
    public static CounterFacts of(final JsonNode json)
    {
        final Map<Precision, FlopInterval> figures = new EnumMap<>(Precision.class);
        for (final JsonNode figure : json.path("figures"))
        {
            final Precision precision = named(Precision.values(), Precision::jsonName, figure, "precision");
            if (null != figures.put(precision, interval(figure)))
            {
                throw new IllegalArgumentException("two figures of " + precision.jsonName());
            }
        }
        final List<CounterGap> gaps = new ArrayList<>();
        for (final JsonNode gap : json.path("gaps"))
        {
            final long beginNs = time(gap, "beginMonotonicNs");
            gaps.add(new CounterGap(
                beginNs, Math.max(beginNs, time(gap, "endMonotonicNs")),
                shortened(gap.path("reason").asString(FAILED))));
        }
        final String state = json.path("state").asString("");
        if (!STATES.contains(state))
        {
            throw new IllegalArgumentException("unknown state: " + shortened(state));
        }
        return new CounterFacts(
            shortened(json.path("name").asString("?")),
            named(Source.values(), Source::jsonName, json, "source"),
            named(Basis.values(), Basis::jsonName, json, "basis"),
            state,
            shortened(json.path("detail").asString("")),
            json.path("isRead").asBoolean(false),
            time(json, "beginMonotonicNs"),
            time(json, "endMonotonicNs"),
            time(json, "coveredNs"),
            runningNs(json),
            Map.copyOf(figures),
            List.copyOf(gaps));
    }

    /** Of no time at all, and of one that is longer than what it is part of, nothing can be told. */
    private static Long runningNs(final JsonNode json)
    {
        final long coveredNs = time(json, "coveredNs");
        final long runningNs = time(json, "runningNs");
        if (runningNs > coveredNs)
        {
            throw new IllegalArgumentException("runningNs must be part of coveredNs, is: " + runningNs);
        }
        return 0 == coveredNs || json.path("runningNs").isMissingNode() ? null : runningNs;
    }

    private static FlopInterval interval(final JsonNode json)
    {
        final FlopCount lower = FlopCount.parse(string(json, "lower"));
        final FlopCount point = FlopCount.parse(string(json, "point"));
        final String upper = string(json, "upper");
        return FlopInterval.UNBOUNDED.equals(upper) ?
            FlopInterval.unbounded(lower, point) : FlopInterval.of(lower, point, FlopCount.parse(upper));
    }

    /** A count is a string: a JSON number may have been rounded by whoever wrote it. */
    private static String string(final JsonNode json, final String name)
    {
        return json.path(name).isString() ? json.path(name).asString() : "";
    }

    private static long time(final JsonNode json, final String name)
    {
        final JsonNode value = json.path(name);
        if (value.isMissingNode())
        {
            return 0;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || 0 > value.asLong())
        {
            throw new IllegalArgumentException(name + " must be a time in ns, is: " + shortened(value.toString()));
        }
        return value.asLong();
    }

    private static <T> T named(
        final T[] values, final java.util.function.Function<T, String> nameOf, final JsonNode json, final String field)
    {
        final String name = json.path(field).asString("");
        for (final T value : values)
        {
            if (nameOf.apply(value).equals(name))
            {
                return value;
            }
        }
        throw new IllegalArgumentException("unknown " + field + ": " + shortened(name));
    }

    private static String shortened(final String text)
    {
        return null == text || text.length() <= TEXT_LENGTH_MAX ? text : text.substring(0, TEXT_LENGTH_MAX);
    }
}
