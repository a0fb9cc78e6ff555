/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.function.BiFunction;

/** What was known of a figure over time, up to now. */
final class Timeline
{
    private final Situation situation;
    private final List<Entry> entries;

    private record Entry(Moment at, Quantity total)
    {
    }

    /** A state that began. */
    record Event(Moment at, String state)
    {
        Answer answer()
        {
            return new Answer().put("at", at.text()).put("state", state);
        }
    }

    private Timeline(final Situation situation, final List<Entry> entries)
    {
        this.situation = situation;
        this.entries = entries;
    }

    /** Entries are in time order; later ones than now are checked and not used. */
    static Timeline read(final Fact list, final Situation situation)
    {
        final List<Entry> entries = new ArrayList<>();
        Moment last = null;
        for (final Fact entry : list.elements())
        {
            final Moment at = entry.at("at").moment();
            if (null != last && at.isBefore(last))
            {
                throw entry.at("at").wrong(Refusal.TIME_ORDER, "a time not before " + last);
            }
            last = at;
            final Quantity total = entry.at("total").quantity();
            if (!at.isAfter(situation.now()))
            {
                entries.add(new Entry(at, total));
            }
        }
        if (entries.isEmpty())
        {
            throw Refusal.MISSING_FACT.at(list.path(), "nothing dated up to now");
        }
        return new Timeline(situation, entries);
    }

    /** What is known now. */
    Quantity latest()
    {
        return entries.get(entries.size() - 1).total;
    }

    /**
     * The states that the figure went through: taken whenever it or the pack in force changed. The last one is the
     * present state, because the situation has a pack in force now.
     */
    List<Event> events(final BiFunction<Pack, Quantity, String> stateOf)
    {
        final SortedSet<Moment> moments =
            situation.history().changesWithin(entries.get(0).at, situation.now());
        entries.forEach(entry -> moments.add(entry.at));
        final List<Event> events = new ArrayList<>();
        int next = 0;
        for (final Moment moment : moments)
        {
            while (next < entries.size() && !entries.get(next).at.isAfter(moment))
            {
                next++;
            }
            final Pack pack = situation.history().inForceAt(moment);
            if (null != pack)
            {
                addChange(events, moment, stateOf.apply(pack, entries.get(next - 1).total));
            }
        }
        return events;
    }

    static Event last(final List<Event> events)
    {
        return events.get(events.size() - 1);
    }

    static List<Answer> answers(final List<Event> events)
    {
        return events.stream().map(Event::answer).toList();
    }

    private static void addChange(final List<Event> events, final Moment at, final String state)
    {
        if (events.isEmpty() || !last(events).state.equals(state))
        {
            events.add(new Event(at, state));
        }
    }
}
