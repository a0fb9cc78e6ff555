/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** When states change, against an implementation that looks at every second. */
class TimelineTest
{
    private static final long SEED = 6;
    private static final int SECONDS = 50;

    /** A limit that is offered: at which second, effective from which, and whether its version is taken. */
    private record Offer(int at, int effective, int version, int limit)
    {
        int effectiveFrom()
        {
            return Math.max(at, effective);
        }
    }

    /** A total that was reached, the latest one counts. */
    private record Entry(int at, int total)
    {
    }

    private record Story(int installed, int now, List<Offer> offers, List<Entry> entries)
    {
    }

    @Test
    void shouldAgreeWithALookAtEverySecond()
    {
        final Random random = new Random(SEED);
        for (int round = 0; round < Suite.rounds(2000, 50_000); round++)
        {
            final Story story = randomStory(random);
            assertEquals(everySecond(story, 0), determined(story), story::toString);
        }
    }

    /** Canary: the stories tell a pack that is in force from its moment on from one that is after it. */
    @Test
    void shouldTellAMomentFromTheOneAfter()
    {
        final Random random = new Random(SEED);
        int different = 0;
        for (int round = 0; round < 500; round++)
        {
            final Story story = randomStory(random);
            different += everySecond(story, 1).equals(determined(story)) ? 0 : 1;
        }
        assertTrue(different > 50, "only " + different + " of 500 stories see it");
    }

    private static String determined(final Story story)
    {
        final StringBuilder offers = new StringBuilder();
        for (final Offer offer : story.offers)
        {
            offers.append(offers.isEmpty() ? "" : ", ").append("{'at': '").append(time(offer.at))
                .append("', 'signers': ['i1'], 'pack': {'base': 'seed', 'authority': 'INTL', 'version': ")
                .append(offer.version).append(", 'effective': '").append(time(offer.effective))
                .append("', 'trainingLimit': '").append(offer.limit).append("'}}");
        }
        final StringBuilder done = new StringBuilder();
        for (final Entry entry : story.entries)
        {
            done.append(done.isEmpty() ? "" : ", ").append("{'at': '").append(time(entry.at))
                .append("', 'total': '").append(entry.total).append("'}");
        }
        final String pack =
            "{'base': 'seed', 'trainingLimit': '10', 'effective': '" + time(story.installed) + "'}";
        final JsonNode cap = Cases.evaluate(pack, "cap", "'now': '" + time(story.now) +
            "', 'authorities': {'INTL': {'level': 'INTERNATIONAL', 'keys': ['i1'], 'quorum': 1}}, 'offers': [" +
            offers + "], 'run': {'done': [" + done + "]}").get("determinations").get("cap");
        final StringBuilder events = new StringBuilder();
        cap.get("events").forEach(event ->
            events.append(event.get("at").asString()).append(' ').append(event.get("state").asString()).append('\n'));
        return events + cap.get("state").asString() + ' ' + cap.get("limit").asString();
    }

    /** @param lateness seconds by which a pack would come into force too late. */
    private static String everySecond(final Story story, final int lateness)
    {
        final StringBuilder events = new StringBuilder();
        String state = "";
        int limit = 0;
        for (int second = story.entries.get(0).at; second <= story.now; second++)
        {
            limit = limitAt(story, second, lateness);
            if (0 == limit)
            {
                continue;
            }
            int total = 0;
            for (final Entry entry : story.entries)
            {
                total = entry.at <= second ? entry.total : total;
            }
            final String next = total > limit ? "EXCEEDED" : "WITHIN";
            if (!next.equals(state))
            {
                events.append(time(second)).append(' ').append(next).append('\n');
            }
            state = next;
        }
        return events + state + ' ' + limit;
    }

    /** 0 where no pack is in force. */
    private static int limitAt(final Story story, final int second, final int lateness)
    {
        int limit = story.installed <= second ? 10 : 0;
        int highest = 1;
        for (final Offer offer : story.offers)
        {
            if (offer.version > highest)
            {
                highest = offer.version;
                limit = offer.effectiveFrom() + lateness <= second ? offer.limit : limit;
            }
        }
        return limit;
    }

    private static Story randomStory(final Random random)
    {
        final int now = 20 + random.nextInt(SECONDS - 20);
        final List<Offer> offers = new ArrayList<>();
        int at = random.nextInt(10);
        for (int i = random.nextInt(5); i > 0 && at <= now; i--)
        {
            offers.add(new Offer(at, random.nextInt(SECONDS), 1 + random.nextInt(6), 1 + random.nextInt(20)));
            at += random.nextInt(10);
        }
        final List<Entry> entries = new ArrayList<>();
        int entryAt = random.nextInt(20);
        for (int i = 1 + random.nextInt(5); i > 0; i--)
        {
            entries.add(new Entry(entryAt, random.nextInt(20)));
            entryAt += random.nextInt(12);
        }
        return new Story(random.nextInt(20), now, offers, entries);
    }

    private static String time(final int second)
    {
        return String.format("2026-05-05T05:05:%02dZ", second);
    }
}
