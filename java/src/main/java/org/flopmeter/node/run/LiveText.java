/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Messages;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Source;

/** What the live line says: FLOP so far, rate now, share by node, as much as fits into the width. */
public final class LiveText
{
    private static final String BOLD = "\033[1m";
    private static final String PLAIN = "\033[0m";

    private LiveText()
    {
    }

    /** So far, each FLOP once: what a GPU's counters saw is in it where calls do not explain it. */
    public static FlopCount counted(final Reading reading)
    {
        return countedByNode(reading).values().stream().reduce(FlopCount.ZERO, FlopCount::add);
    }

    private static Map<String, FlopCount> countedByNode(final Reading reading)
    {
        final Map<String, FlopCount> nodes = new TreeMap<>();
        for (final KeyTotal key : reading.keys())
        {
            if (Part.COUNT == key.part() && !Witnesses.isWitness(key))
            {
                nodes.merge(RunResult.nodeOf(key), key.flopCount(), FlopCount::add);
            }
        }
        final FlopCount beyond = beyondCalls(reading);
        if (!beyond.isZero())
        {
            nodes.merge(RunResult.UNATTRIBUTED, beyond, FlopCount::add);
        }
        return nodes;
    }

    /** What a GPU's counters saw beyond all that calls on it, and programs themselves, say so far: the least of it. */
    public static FlopCount beyondCalls(final Reading reading)
    {
        FlopCount said = FlopCount.ZERO;
        final Map<Basis, FlopCount> seen = new EnumMap<>(Basis.class);
        for (final KeyTotal key : reading.keys())
        {
            if (Part.COUNT != key.part() || (Source.CUDA != key.source() && Source.API != key.source()))
            {
                continue;
            }
            if (Witnesses.isWitness(key))
            {
                seen.merge(key.basis(), key.flopCount(), FlopCount::add);
            }
            else
            {
                said = said.add(key.flopCount());
            }
        }
        return Layer.less(seen.values().stream().max(Comparator.naturalOrder()).orElse(FlopCount.ZERO), said);
    }

    /**
     * @param flopDelta  counted since the line before.
     * @param durationNs since the line before.
     */
    public static String line(
        final Reading reading,
        final BigInteger flopDelta,
        final long durationNs,
        final int columns,
        final boolean isColour,
        final Messages messages)
    {
        final BigInteger counted = counted(reading).toBigInteger();
        final String mark = "flopmeter ";
        if (0 == counted.signum())
        {
            return cut(mark + messages.get("live.wait"), columns);
        }
        final String total = FlopText.rounded(counted, "FLOP");
        final String rest = "  " + FlopText.rate(flopDelta, durationNs) + "  " + shares(reading, counted);
        final String plain = cut(mark + total + rest, columns);
        final boolean isTotalWhole = plain.startsWith(mark + total);
        return isColour && isTotalWhole ?
            mark + BOLD + total + PLAIN + plain.substring(mark.length() + total.length()) : plain;
    }

    /** "training 91.2 %, evaluation 8.8 %": largest first. */
    public static String shares(final Reading reading, final BigInteger counted)
    {
        final StringBuilder text = new StringBuilder();
        countedByNode(reading).entrySet().stream()
            .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
            .forEach(entry -> text.append(0 == text.length() ? "" : ", ").append(entry.getKey()).append(' ')
                .append(FlopText.share(entry.getValue().toBigInteger(), counted)));
        return text.toString();
    }

    /** At most columns - 1, so that no terminal wraps the line. */
    public static String cut(final String text, final int columns)
    {
        final StringBuilder cut = new StringBuilder();
        int used = 0;
        for (final int codePoint : text.codePoints().toArray())
        {
            used += Messages.columns(Character.toString(codePoint));
            if (used > columns - 1)
            {
                break;
            }
            cut.appendCodePoint(codePoint);
        }
        return cut.toString();
    }
}
