/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Which devices are one cluster, against a model that knows no groups: it joins devices one by one. */
class ClusterDeterminationTest
{
    private static final long SEED = 18;
    private static final int FAST_GBPS = 100;
    private static final int PEAK = 10;
    private static final int CAPABILITY = 45;

    /** @param site null when it is not given, internalGbps likewise. */
    private record Group(String id, int count, Integer internalGbps, String site)
    {
        String json()
        {
            return "{'id': '" + id + "', 'count': " + count + ", 'model': 'X'" +
                (null == internalGbps ? "" : ", 'internalGbps': '" + internalGbps + "'") +
                (null == site ? "" : ", 'site': '" + site + "'") + "}";
        }
    }

    private record Link(Group left, Group right, int gbps)
    {
        String json()
        {
            return "{'a': '" + left.id + "', 'b': '" + right.id + "', 'gbps': '" + gbps + "'}";
        }
    }

    private record Scene(List<Group> groups, List<Link> links, boolean isAtLeast, boolean isCoLocatedOnly)
    {
        boolean isFast(final int gbps)
        {
            return gbps > FAST_GBPS || (gbps == FAST_GBPS && isAtLeast);
        }
    }

    @Test
    void shouldJoinWhatTheModelJoins()
    {
        final Random random = new Random(SEED);
        for (int round = 0; round < Suite.rounds(2000, 50_000); round++)
        {
            final Scene scene = randomScene(random);
            assertEquals(deviceByDevice(scene, false), determined(scene), scene::toString);
        }
    }

    /** Each basis reads its own figure; a figure that is missing is unknown, and an empty list of formats is none. */
    @Test
    void shouldTakeThePeakThatThePackNames()
    {
        final String model = "{'declared': '50', 'dense': {'bf16': '40', 'fp8': {'lower': '30', 'point': '44', " +
            "'upper': '45'}}}";
        final String known = "false []";
        assertEquals("50 50 REQUIRED false [\"AT_OR_ABOVE_CAPABILITY\"]", peak("VENDOR_DECLARED", model));
        assertEquals("40 40 NOT_REQUIRED " + known, peak("BF16_DENSE", model));
        final String open = "UNDETERMINED true [\"MAY_REACH_CAPABILITY\"";
        assertEquals("40 45 " + open + "]", peak("MAX_DENSE", model));
        for (final String basis : List.of("VENDOR_DECLARED", "BF16_DENSE", "MAX_DENSE"))
        {
            assertEquals("0 unbounded " + open + ",\"PEAK_UNKNOWN\"]", peak(basis, "{}"), basis);
            assertEquals("0 unbounded " + open + ",\"PEAK_UNKNOWN\"]", peak(basis, "{'dense': {}}"), basis);
        }
    }

    private static String peak(final String basis, final String model)
    {
        final JsonNode cluster = Cases.determine(
            "{'base': 'seed', 'clusterCapability': '" + CAPABILITY + "', 'peakBasis': '" + basis + "'}", "cluster",
            "'inventory': {'models': {'X': " + model + "}, 'groups': [{'id': 'A', 'count': 1, 'model': 'X'}]}");
        final JsonNode peak = cluster.at("/components/0/peak");
        return peak.get("lower").asString() + ' ' + peak.get("upper").asString() + ' ' +
            cluster.get("state").asString() + ' ' + cluster.get("provisional") + ' ' + cluster.get("reasons");
    }

    /** Canary: the scenes tell a link that joins devices of a slow group among themselves from one that doesn't. */
    @Test
    void shouldSeeDevicesThatALinkJoinsInsideTheirGroup()
    {
        final Random random = new Random(SEED);
        int different = 0;
        for (int round = 0; round < 500; round++)
        {
            final Scene scene = randomScene(random);
            different += deviceByDevice(scene, true).equals(determined(scene)) ? 0 : 1;
        }
        assertTrue(different > 50, "only " + different + " of 500 scenes see it");
    }

    /** "members devices copies state" of each component, in order. */
    private static String determined(final Scene scene)
    {
        final JsonNode cluster = Cases.determine(
            "{'base': 'seed', 'peakBasis': 'VENDOR_DECLARED', 'clusterCapability': '" + CAPABILITY +
            "', 'linkComparison': '" + (scene.isAtLeast ? "AT_LEAST" : "ABOVE") + "', 'coLocatedOnly': " +
            scene.isCoLocatedOnly + "}",
            "cluster",
            "'inventory': {'models': {'X': {'declared': '" + PEAK + "'}}, 'groups': [" +
            String.join(", ", scene.groups.stream().map(Group::json).toList()) + "], 'links': [" +
            String.join(", ", scene.links.stream().map(Link::json).toList()) + "]}");
        final StringBuilder lines = new StringBuilder();
        for (final JsonNode component : cluster.get("components"))
        {
            lines.append(component.get("members")).append(' ').append(component.get("devices")).append(' ')
                .append(component.get("copies")).append(' ').append(component.get("state").asString()).append('\n');
            final int peak = Integer.parseInt(component.get("peak").get("point").asString());
            assertEquals(component.get("devices").asInt() * PEAK, peak);
        }
        return lines.toString();
    }

    /** @param isGroupLeftApart the planted mistake: a link joins only the first devices of its groups. */
    private static String deviceByDevice(final Scene scene, final boolean isGroupLeftApart)
    {
        final Map<String, Integer> clusterOf = new TreeMap<>();
        for (final Group group : scene.groups)
        {
            for (int i = 0; i < group.count; i++)
            {
                clusterOf.put(group.id + i, clusterOf.size());
            }
            if (null == group.internalGbps || scene.isFast(group.internalGbps))
            {
                join(clusterOf, group, group);
            }
        }
        for (final Link link : scene.links)
        {
            final boolean isApart = scene.isCoLocatedOnly && null != link.left.site && null != link.right.site &&
                !link.left.site.equals(link.right.site);
            if (scene.isFast(link.gbps) && !isApart)
            {
                join(clusterOf, isGroupLeftApart ? first(link.left) : link.left,
                    isGroupLeftApart ? first(link.right) : link.right);
            }
        }
        return lines(clusterOf);
    }

    private static Group first(final Group group)
    {
        return new Group(group.id, 1, group.internalGbps, group.site);
    }

    private static void join(final Map<String, Integer> clusterOf, final Group left, final Group right)
    {
        final Integer cluster = clusterOf.get(left.id + 0);
        for (final Group group : List.of(left, right))
        {
            for (int i = 0; i < group.count; i++)
            {
                final Integer other = clusterOf.get(group.id + i);
                clusterOf.replaceAll((device, its) -> its.equals(other) ? cluster : its);
            }
        }
    }

    private static String lines(final Map<String, Integer> clusterOf)
    {
        final Map<Integer, List<String>> clusters = new HashMap<>();
        clusterOf.forEach((device, cluster) ->
            clusters.computeIfAbsent(cluster, id -> new ArrayList<>()).add(device));
        final Map<String, Integer> copies = new TreeMap<>();
        for (final List<String> devices : clusters.values())
        {
            final TreeSet<String> members = new TreeSet<>();
            devices.forEach(device -> members.add('"' + device.substring(0, 1) + '"'));
            copies.merge("[" + String.join(",", members) + "] " + devices.size(), 1, Integer::sum);
        }
        final StringBuilder lines = new StringBuilder();
        copies.forEach((component, count) ->
        {
            final int devices = Integer.parseInt(component.substring(component.indexOf(' ') + 1));
            lines.append(component).append(' ').append(count).append(' ')
                .append(devices * PEAK >= CAPABILITY ? "REQUIRED" : "NOT_REQUIRED").append('\n');
        });
        return lines.toString();
    }

    private static Scene randomScene(final Random random)
    {
        final List<Group> groups = new ArrayList<>();
        for (final String id : List.of("C", "A", "D", "B"))
        {
            final boolean isSpeedGiven = random.nextBoolean();
            groups.add(new Group(
                id,
                1 + random.nextInt(4),
                isSpeedGiven ? (Integer)(99 + random.nextInt(3)) : null,
                random.nextBoolean() ? "s" + random.nextInt(2) : null));
        }
        final List<Link> links = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--)
        {
            links.add(new Link(groups.get(random.nextInt(4)), groups.get(random.nextInt(4)), 99 + random.nextInt(3)));
        }
        return new Scene(groups, links, random.nextBoolean(), random.nextBoolean());
    }
}
