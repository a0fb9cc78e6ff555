/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.flopmeter.unit.Ratio;

/** Groups of devices and the links between them: which devices are one cluster is decided here. */
final class Inventory
{
    private final Map<String, Group> groups = new LinkedHashMap<>();
    private final Map<Group, Group> parents = new LinkedHashMap<>();

    /** Devices of one kind at one place. They are joined among themselves, or become so by a link of the group. */
    static final class Group
    {
        private final String id;
        private final BigInteger count;
        private final String model;
        private final String site;
        private boolean isJoinedInside;

        Group(
            final String id,
            final BigInteger count,
            final String model,
            final String site,
            final boolean isJoinedInside)
        {
            this.id = id;
            this.count = count;
            this.model = model;
            this.site = site;
            this.isJoinedInside = isJoinedInside;
        }

        String id()
        {
            return id;
        }

        BigInteger count()
        {
            return count;
        }

        String model()
        {
            return model;
        }
    }

    /** Groups that are joined. A group that is not joined even inside is so many copies of one device. */
    record Component(List<Group> groups)
    {
        boolean isJoined()
        {
            return groups.size() > 1 || groups.get(0).isJoinedInside;
        }

        BigInteger devices()
        {
            return isJoined() ? groups.stream().map(Group::count).reduce(BigInteger.ZERO, BigInteger::add) :
                BigInteger.ONE;
        }

        BigInteger copies()
        {
            return isJoined() ? BigInteger.ONE : groups.get(0).count;
        }

        /** How many devices of the group are in one copy. */
        Ratio devicesOf(final Group group)
        {
            return isJoined() ? Ratio.of(group.count) : Ratio.ONE;
        }

        List<String> members()
        {
            return groups.stream().map(Group::id).toList();
        }
    }

    private Inventory()
    {
    }

    /** Reads the inventory and joins what the pack says is joined. */
    static Inventory read(final Fact fact, final Pack pack)
    {
        final Inventory inventory = new Inventory();
        for (final Fact group : fact.at("groups").elements())
        {
            inventory.add(group, pack);
        }
        for (final Fact link : fact.at("links").elementsOrNone())
        {
            final Group left = inventory.groupOf(link.at("a"));
            final Group right = inventory.groupOf(link.at("b"));
            if (isFast(link.at("gbps"), pack) && !(pack.isCoLocatedOnly() && areApart(left, right)))
            {
                inventory.join(left, right);
            }
        }
        return inventory;
    }

    /** Components in the order of their members, which are in the order of their ids. */
    List<Component> components()
    {
        final SortedMap<String, Group> byId = new TreeMap<>(CodePoints.ORDER);
        byId.putAll(groups);
        final Map<Group, List<Group>> byRoot = new LinkedHashMap<>();
        byId.values().forEach(group -> byRoot.computeIfAbsent(rootOf(group), root -> new ArrayList<>()).add(group));
        return byRoot.values().stream().map(Component::new).toList();
    }

    private void add(final Fact fact, final Pack pack)
    {
        final String id = fact.at("id").text();
        final BigInteger count = fact.at("count").integer();
        if (0 == count.signum() || groups.containsKey(id))
        {
            throw fact.wrong(Refusal.BAD_INVENTORY, "a group with an id of its own and at least one device");
        }
        final Fact internal = fact.at("internalGbps");
        final Fact site = fact.at("site");
        final Group group = new Group(
            id,
            count,
            fact.at("model").text(),
            site.isThere() ? site.text() : null,
            !internal.isThere() || isFast(internal, pack));
        groups.put(id, group);
        parents.put(group, group);
    }

    private Group groupOf(final Fact end)
    {
        final Group group = groups.get(end.text());
        if (null == group)
        {
            throw end.wrong(Refusal.BAD_INVENTORY, "the id of a group");
        }
        return group;
    }

    private static boolean isFast(final Fact gbps, final Pack pack)
    {
        final int comparison = gbps.ratio().compareTo(pack.rule(PackField.LINK_GBPS_MIN));
        final boolean isEqualEnough =
            Choices.LinkComparison.AT_LEAST == pack.rule(PackField.LINK_COMPARISON);
        return comparison > 0 || (0 == comparison && isEqualEnough);
    }

    private static boolean areApart(final Group left, final Group right)
    {
        return null != left.site && null != right.site && !left.site.equals(right.site);
    }

    private void join(final Group left, final Group right)
    {
        left.isJoinedInside = true;
        right.isJoinedInside = true;
        parents.put(rootOf(left), rootOf(right));
    }

    /** The group that stands for all that are joined with this one; paths are halved on the way. */
    private Group rootOf(final Group group)
    {
        Group current = group;
        while (parents.get(current) != current)
        {
            parents.put(current, parents.get(parents.get(current)));
            current = parents.get(current);
        }
        return current;
    }
}
