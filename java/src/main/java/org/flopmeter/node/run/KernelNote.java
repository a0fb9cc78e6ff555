/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.wire.SlotKey;
import tools.jackson.databind.JsonNode;

/**
 * What one process tells of the kernels on its GPUs: flopmeter/kernels/v1, docs/design/0024-kernel-activity.md. Written
 * by the metered program's own process, so nothing in it is taken for granted.
 *
 * @param isClosed  false: the process was killed, or the run ended before it did.
 * @param isRunning at the end of the note kernels may have been at work, of which nothing more was seen.
 * @param unseenNs  time in which kernels may have run unseen, on any of the cards.
 */
record KernelNote(
    String state,
    boolean isClosed,
    boolean isRunning,
    long beginMonotonicNs,
    long endMonotonicNs,
    long unseenNs,
    long recordsDropped,
    List<Card> cards)
{
    static final String SCHEMA = "flopmeter/kernels/v1";

    private static final List<String> STATES =
        List.of("AVAILABLE", "ABSENT", "NO_PERMISSION", "TAKEN", "WRONG_DRIVER", "FAILED");
    private static final int CARDS_MAX = 64;
    private static final int SHARES_MAX = 4096;
    private static final int DIGITS_MAX = 38;

    /**
     * Kernel time by what launched it.
     *
     * @param covered a call that is counted by shape.
     * @param mixed   a graph that holds counted work.
     */
    record Times(BigInteger kernels, BigInteger covered, BigInteger mixed, BigInteger uncovered)
    {
        static final Times NONE = new Times(BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO);

        Times plus(final Times other)
        {
            return new Times(kernels.add(other.kernels), covered.add(other.covered), mixed.add(other.mixed),
                uncovered.add(other.uncovered));
        }

        BigInteger all()
        {
            return covered.add(mixed).add(uncovered);
        }
    }

    /** @param node "" = none. */
    record Share(String run, String node, Times times)
    {
    }

    /**
     * @param peakFlopPerSec null = not known.
     * @param stated         what calls counted on it; null = the note does not say.
     */
    record Card(
        String device,
        String chip,
        BigInteger peakFlopPerSec,
        Times times,
        List<Share> shares,
        FlopInterval stated)
    {
        Card(
            final String device,
            final String chip,
            final BigInteger peakFlopPerSec,
            final Times times,
            final List<Share> shares)
        {
            this(device, chip, peakFlopPerSec, times, shares, null);
        }
    }

    /** @throws IllegalArgumentException what is odd about it. */
    static KernelNote of(final JsonNode json)
    {
        final String state = json.path("state").asString("");
        if (!SCHEMA.equals(json.path("schema").asString("")) || !STATES.contains(state))
        {
            throw new IllegalArgumentException("expected " + SCHEMA + " with a state");
        }
        final List<Card> cards = new ArrayList<>();
        for (final JsonNode card : json.path("devices"))
        {
            cards.add(card(card));
        }
        if (CARDS_MAX < cards.size())
        {
            throw new IllegalArgumentException("expected at most " + CARDS_MAX + " devices");
        }
        final KernelNote note = new KernelNote(
            state, json.path("closed").asBoolean(false), json.path("running").asBoolean(true),
            number(json, "beginMonotonicNs"), number(json, "endMonotonicNs"), number(json, "unseenNs"),
            number(json, "recordsDropped"), List.copyOf(cards));
        if (note.endMonotonicNs < note.beginMonotonicNs)
        {
            throw new IllegalArgumentException("ends before it begins");
        }
        return note;
    }

    /** Did it tell of everything up to its end, after which there was nothing? */
    boolean isWhole()
    {
        return isClosed && !isRunning;
    }

    private static Card card(final JsonNode json)
    {
        final String peak = json.path("peakFlopPerSec").asString("");
        if (!peak.matches("[0-9]{1," + DIGITS_MAX + "}"))
        {
            throw new IllegalArgumentException("expected peakFlopPerSec to be digits");
        }
        final List<Share> shares = new ArrayList<>();
        Times sum = Times.NONE;
        for (final JsonNode share : json.path("nodes"))
        {
            if (SHARES_MAX <= shares.size())
            {
                throw new IllegalArgumentException("expected at most " + SHARES_MAX + " nodes");
            }
            shares.add(new Share(id(share, "run"), id(share, "node"), times(share)));
            sum = sum.plus(shares.get(shares.size() - 1).times);
        }
        final Times whole = times(json);
        if (0 < sum.covered.compareTo(whole.covered) || 0 < sum.mixed.compareTo(whole.mixed) ||
            0 < sum.uncovered.compareTo(whole.uncovered))
        {
            throw new IllegalArgumentException("nodes have more time than their device");
        }
        final BigInteger flopPerSec = new BigInteger(peak);
        return new Card(
            text(json, "device", "[0-9A-Za-z-]{1,64}"), text(json, "chip", "[0-9A-Za-z]{0,32}"),
            0 == flopPerSec.signum() ? null : flopPerSec, whole, List.copyOf(shares),
            json.path("lower").isMissingNode() ? null : stated(json));
    }

    private static FlopInterval stated(final JsonNode json)
    {
        return FlopInterval.of(flop(json, "lower"), flop(json, "point"), flop(json, "upper"));
    }

    private static FlopCount flop(final JsonNode json, final String name)
    {
        final String digits = json.path(name).asString("");
        if (!digits.matches("0|[1-9][0-9]{0," + (DIGITS_MAX - 1) + "}"))
        {
            throw new IllegalArgumentException("expected " + name + " to be digits");
        }
        return FlopCount.parse(digits);
    }

    private static Times times(final JsonNode json)
    {
        return new Times(
            BigInteger.valueOf(number(json, "kernels")), BigInteger.valueOf(number(json, "coveredNs")),
            BigInteger.valueOf(number(json, "mixedNs")), BigInteger.valueOf(number(json, "uncoveredNs")));
    }

    private static String id(final JsonNode json, final String name)
    {
        final String id = json.path(name).asString("?");
        if (!id.isEmpty() && !SlotKey.isId(id))
        {
            throw new IllegalArgumentException("expected " + name + " to be an id");
        }
        return id;
    }

    private static String text(final JsonNode json, final String name, final String pattern)
    {
        final String text = json.path(name).asString("?");
        if (!text.matches(pattern))
        {
            throw new IllegalArgumentException("expected " + name + " to be " + pattern);
        }
        return text;
    }

    private static long number(final JsonNode json, final String name)
    {
        final JsonNode value = json.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || 0 > value.asLong())
        {
            throw new IllegalArgumentException("expected " + name + " to be a number that is not negative");
        }
        return value.asLong();
    }
}
