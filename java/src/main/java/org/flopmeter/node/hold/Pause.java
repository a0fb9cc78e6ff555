/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.hold;

import static org.flopmeter.node.io.DocumentJson.said;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;
import org.flopmeter.wire.LaneMapper;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A pause that is in force in a directory, for those who look at it and change nothing. It is read where metered
 * programs can write: a lie about its time or its user is shown as such a file has it.
 *
 * @param sinceNs Epoch: when it was wished first.
 * @param untilNs Epoch: when it ends by itself; 0 = it does not.
 * @param by      the user who wished it last; "" = not known.
 * @param holders how many there are who hold counters, or would.
 * @param missing those who have not let go, with their reasons.
 */
public record Pause(long sinceNs, long untilNs, String by, int holders, List<String> missing)
{
    public static final String RUN = "run";
    private static final String HOST = "host";
    private static final String PAUSED = "PAUSED";
    private static final String PAUSING = "PAUSING";

    /** Null when nobody wishes one that is not over. */
    public static Pause of(final Path directory, final LaneMapper mapper, final long epochNs)
    {
        final long nowNs = mapper.nanoTime();
        final Wish wish = Wish.read(directory);
        if (null == wish || !wish.isInForce(nowNs))
        {
            return null;
        }
        final Path file = directory.resolve(Wish.FILE);
        long sinceNs = epochNs;
        String by = "";
        try
        {
            sinceNs = Math.min(epochNs,
                Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).to(TimeUnit.NANOSECONDS));
            by = Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).getName();
        }
        catch (final IOException ignore)
        {
            // It was replaced or taken away: the next look has it.
        }
        final long leftNs = wish.untilNs() - nowNs;
        final boolean hasEnd = 0 < leftNs && leftNs < Long.MAX_VALUE - epochNs;
        final List<Holders.Holder> holders = holders(directory, mapper, wish);
        return new Pause(sinceNs, hasEnd ? epochNs + leftNs : 0, by, holders.size(), holders.stream()
            .filter(holder -> !holder.isDone()).map(holder -> holder.name() + ": " + holder.missing()).toList());
    }

    private static List<Holders.Holder> holders(final Path directory, final LaneMapper mapper, final Wish wish)
    {
        try
        {
            return new Holders(mapper, false).of(directory, wish);
        }
        catch (final IOException ex)
        {
            return List.of(new Holders.Holder(Printable.of(directory.toString()), false, ex.getMessage()));
        }
    }

    /** What a sidecar has beside runs, by "host", "devices", "services". */
    public static Map<String, Pause> inPlace(final Path place, final LaneMapper mapper, final long epochNs)
    {
        final Map<String, Pause> pauses = new LinkedHashMap<>();
        pauses.put(HOST, of(place, mapper, epochNs));
        for (final String standing : List.of(RunFacts.DEVICES, RunFacts.SERVICES))
        {
            pauses.put(standing, of(place.resolve(standing), mapper, epochNs));
        }
        pauses.values().removeIf(pause -> null == pause);
        return pauses;
    }

    /** For a document. @param what "run", or a key of {@link #inPlace}. @param run its id; null = it is none. */
    public ObjectNode json(final String what, final String run)
    {
        final ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("what", what);
        if (null != run)
        {
            json.put("run", run);
        }
        json.put("state", missing.isEmpty() ? PAUSED : PAUSING).put("since", instant(sinceNs).toString());
        if (0 != untilNs)
        {
            json.put("until", instant(untilNs).toString());
        }
        if (!by.isEmpty())
        {
            json.put("by", by);
        }
        json.put("holders", holders);
        final ArrayNode array = json.putArray("missing");
        missing.forEach(array::add);
        return json;
    }

    /** One line, of what {@link #json} has. */
    public static String text(final JsonNode json, final long epochNs, final Messages messages)
    {
        final boolean isPaused = PAUSED.equals(json.path("state").asString(""));
        final Instant since = Instant.parse(json.path("since").asString(""));
        final List<String> missing = new ArrayList<>();
        json.path("missing").forEach(one -> missing.add(Printable.of(one.asString(""))));
        return messages.get(!isPaused ? "pause.begins" : 0 == json.path("holders").asInt(0) ? "pause.idle" : "pause.on",
            subject(json, messages),
            FlopText.duration(Math.max(0, Duration.between(since, instant(epochNs)).toNanos())), seconds(since),
            said(json, "by", "?"), json.has("until") ?
            seconds(Instant.parse(json.path("until").asString(""))) : messages.get("pause.untilResume"),
            String.join("; ", missing));
    }

    private static String subject(final JsonNode json, final Messages messages)
    {
        if (!json.has("run"))
        {
            return messages.get("pause." + json.path("what").asString(""));
        }
        return json.has("nestedIn") ?
            messages.get("pause.nested", said(json, "run"), said(json, "folder"), said(json, "nestedIn")) :
            said(json, "run");
    }

    private static Instant instant(final long epochNs)
    {
        return Instant.ofEpochSecond(0, epochNs);
    }

    private static String seconds(final Instant time)
    {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
