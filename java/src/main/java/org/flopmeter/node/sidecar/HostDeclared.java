/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.Witnesses;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Source;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What lanes have declared of this host's CPUs since its counters are watched. When a run began before that, or a
 * program says itself what it did (on whichever device), it is not known how much of it belongs here: hence the least
 * and the most. Docs/design/0019-sidecar.md, section 6.
 */
final class HostDeclared
{
    /** Runs that wait for a reading, or to be served again: beyond that they are forgotten. */
    private static final int WAITING_MAX = 4096;

    /**
     * Of one meter directory, cumulative.
     *
     * @param calls counted at calls that run on CPUs.
     * @param all   and what programs recorded themselves.
     */
    record Counted(BigInteger calls, BigInteger all)
    {
        static final Counted NOTHING = new Counted(BigInteger.ZERO, BigInteger.ZERO);

        static Counted of(final Reading reading)
        {
            BigInteger calls = BigInteger.ZERO;
            BigInteger recorded = BigInteger.ZERO;
            for (final KeyTotal key : reading.keys())
            {
                final boolean isCounted =
                    Part.COUNT == key.part() && Source.CUDA != key.source() && !Witnesses.isWitness(key);
                final BigInteger flopCount = isCounted ? key.flopCount().toBigInteger() : BigInteger.ZERO;
                calls = Source.API == key.source() ? calls : calls.add(flopCount);
                recorded = Source.API == key.source() ? recorded.add(flopCount) : recorded;
            }
            return new Counted(calls, calls.add(recorded));
        }
    }

    /** Of one directory: what is before the window, at most and at least, and what was counted last. */
    private static final class Share
    {
        private final boolean isInside;
        private final boolean isKnown;
        private BigInteger fromCalls;
        private final BigInteger fromAll;
        private Counted last;

        Share(final boolean isInside, final boolean isKnown, final BigInteger fromCalls, final BigInteger fromAll)
        {
            this.isInside = isInside;
            this.isKnown = isKnown;
            this.fromCalls = fromCalls;
            this.fromAll = fromAll;
        }

        BigInteger least()
        {
            return last.calls().subtract(fromCalls).max(BigInteger.ZERO);
        }

        BigInteger most()
        {
            return last.all().subtract(fromAll).max(BigInteger.ZERO);
        }
    }

    private record Ended(long atNs, BigInteger calls)
    {
    }

    /** Of the sidecar before this one, or of runs that were let go, until they are served again. */
    private final Map<String, Counted> before = new HashMap<>();
    private final Map<String, Share> shares = new HashMap<>();
    private final Deque<Ended> waiting = new ArrayDeque<>();
    private BigInteger settledLeast = BigInteger.ZERO;
    private BigInteger settledMost = BigInteger.ZERO;
    private BigInteger certain = BigInteger.ZERO;
    private boolean isStarted;

    /** Go on from what a sidecar before this one wrote; nothing where that makes no sense. */
    static HostDeclared resume(final JsonNode json)
    {
        final HostDeclared declared = new HostDeclared();
        declared.isStarted = true;
        declared.settledLeast = number(json, "least");
        declared.settledMost = number(json, "most");
        declared.certain = number(json, "certain");
        json.path("directories").properties().forEach(entry -> declared.before.put(
            entry.getKey(), new Counted(number(entry.getValue(), "calls"), number(entry.getValue(), "all"))));
        return declared;
    }

    private static BigInteger number(final JsonNode json, final String name)
    {
        final String text = json.path(name).asString("0");
        return text.matches("[0-9]{1,60}") ? new BigInteger(text) : BigInteger.ZERO;
    }

    ObjectNode json()
    {
        final ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("least", least().toString()).put("most", most().toString()).put("certain", certain.toString());
        final Map<String, Counted> counted = new TreeMap<>(before);
        shares.forEach((name, share) -> counted.put(name, share.last));
        final ObjectNode directories = json.putObject("directories");
        counted.forEach((name, last) -> directories.putObject(name)
            .put("calls", last.calls().toString()).put("all", last.all().toString()));
        return json;
    }

    /** @param isInside the run began after the counters did, so all of it belongs here. */
    void observe(final String directory, final boolean isInside, final Counted counted)
    {
        shares.computeIfAbsent(directory, name -> share(before.remove(name), isInside, counted)).last = counted;
    }

    private Share share(final Counted then, final boolean isInside, final Counted now)
    {
        if (null != then)
        {
            // Between that and now nobody looked, but it was in the window.
            return new Share(false, true, then.calls(), then.all());
        }
        return isInside ? new Share(true, true, BigInteger.ZERO, BigInteger.ZERO) :
            new Share(false, false, now.calls(), isStarted ? BigInteger.ZERO : now.all());
    }

    /** The counters are about to be opened: what was counted until now was before them. */
    void start()
    {
        isStarted = true;
    }

    /** The first reading is there: whatever was counted until now may have been before it. */
    void begin()
    {
        shares.values().stream().filter(share -> !share.isKnown).forEach(share -> share.fromCalls = share.last.calls());
    }

    /** A run has ended: nobody looks at it any more. */
    void leave(final String directory, final long nowNs)
    {
        final Share share = shares.remove(directory);
        if (null == share)
        {
            return;
        }
        settledLeast = settledLeast.add(share.least());
        settledMost = settledMost.add(share.most());
        if (share.isInside)
        {
            waiting.addLast(new Ended(nowNs, share.least()));
        }
        if (waiting.size() > WAITING_MAX)
        {
            waiting.removeFirst();
        }
    }

    /** A run that is not over is let go: when it is served again, it goes on from here. */
    void letGo(final String directory, final long nowNs)
    {
        final Share share = shares.get(directory);
        leave(directory, nowNs);
        if (null != share && before.size() < WAITING_MAX)
        {
            before.put(directory, share.last);
        }
    }

    /** These are served no more, and nothing goes on from them: they would take the room of those that are. */
    void forget(final Predicate<String> gone)
    {
        before.keySet().removeIf(gone);
    }

    BigInteger least()
    {
        return shares.values().stream().map(Share::least).reduce(settledLeast, BigInteger::add);
    }

    BigInteger most()
    {
        return shares.values().stream().map(Share::most).reduce(settledMost, BigInteger::add);
    }

    /** What calls of runs say that began and ended inside the time that a reading covers: it was executed in it. */
    BigInteger certain(final long readingEndNs)
    {
        while (!waiting.isEmpty() && waiting.peekFirst().atNs() - readingEndNs <= 0)
        {
            certain = certain.add(waiting.removeFirst().calls());
        }
        return certain;
    }
}
