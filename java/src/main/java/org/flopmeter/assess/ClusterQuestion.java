/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.math.BigInteger;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.flopmeter.json.JsonView;
import org.flopmeter.policy.Pack;
import org.flopmeter.policy.PolicyCase;
import org.flopmeter.policy.Reason;
import org.flopmeter.unit.Ratio;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Cluster capability where the speed of some links is known by bounds or not at all. A faster link can only join more,
 * and more devices only have a higher peak: so the policy is asked twice, once with each link as slow and once with
 * each as fast as it may be, and what both say holds.
 */
final class ClusterQuestion
{
    /** Faster than any link. */
    private static final String FASTEST = "9".repeat(Shape.DIGITS_MAX);

    private static final String STATE = "state";
    private static final String COMPONENTS = "components";
    private static final String POSSIBLE = "possible";
    private static final String UNDETERMINED = "UNDETERMINED";

    private final ObjectNode pack;
    private final ObjectNode facts;

    ClusterQuestion(final Pack pack, final ObjectNode facts)
    {
        this.pack = pack.document();
        this.facts = facts;
    }

    /** The policy's answer; with {@code possible}, the components if each link is as fast as it may be. */
    ObjectNode answer()
    {
        final ObjectNode slow = answer(ClusterQuestion::slowest);
        if (!isAnySpeedOpen())
        {
            return slow;
        }
        final ObjectNode fast = answer(ClusterQuestion::fastest);
        if (slow.get(STATE).equals(fast.get(STATE)))
        {
            final ObjectNode answer = "REQUIRED".equals(slow.get(STATE).asString()) ? slow : fast;
            final JsonNode possible = fast.get(COMPONENTS);
            answer.set(COMPONENTS, slow.get(COMPONENTS));
            answer.set(POSSIBLE, possible);
            return answer;
        }
        final Set<String> reasons = new TreeSet<>();
        slow.get("reasons").forEach(reason -> reasons.add(reason.asString()));
        fast.get("reasons").forEach(reason -> reasons.add(reason.asString()));
        reasons.remove(Reason.AT_OR_ABOVE_CAPABILITY.name());
        reasons.add(Reason.MAY_REACH_CAPABILITY.name());
        reasons.add(Reason.LINK_UNKNOWN.name());
        final ObjectNode answer = slow.deepCopy().put(STATE, UNDETERMINED).put("provisional", true);
        reasons.forEach(answer.putArray("reasons")::add);
        answer.set(POSSIBLE, fast.get(COMPONENTS));
        return answer;
    }

    /** What would settle an answer that is open: speeds of links, peaks of models. */
    void settle(final JsonNode answer, final ArrayNode into)
    {
        final Set<String> links = openLinks();
        if (!links.isEmpty() && UNDETERMINED.equals(answer.get(STATE).asString()))
        {
            add(into, Thresholds.Settling.LINK_UNKNOWN, "$.inventory.links", "links", links);
        }
        final Set<String> unknown = new LinkedHashSet<>();
        final Set<String> wide = new LinkedHashSet<>();
        for (final String model : modelsOf(answer.get(answer.has(POSSIBLE) ? POSSIBLE : COMPONENTS)))
        {
            final JsonNode peaks = facts.path("inventory").path("models").path(model);
            final List<JsonNode> figures = figures(peaks);
            if (figures.isEmpty() ||
                figures.stream().anyMatch(figure -> "unbounded".equals(Peaks.bound(figure, "upper"))))
            {
                unknown.add(model);
            }
            else if (figures.stream().anyMatch(
                figure -> !Peaks.bound(figure, "lower").equals(Peaks.bound(figure, "upper"))))
            {
                wide.add(model);
            }
        }
        if (!unknown.isEmpty())
        {
            add(into, Thresholds.Settling.PEAK_UNKNOWN, "$.inventory.models", "models", unknown);
        }
        else if (!wide.isEmpty())
        {
            add(into, Thresholds.Settling.PEAK_STRADDLES, "$.inventory.models", "models", wide);
        }
    }

    private static void add(
        final ArrayNode into, final Thresholds.Settling code, final String fact, final String name,
        final Set<String> what)
    {
        final ArrayNode array = into.addObject().put("code", code.name()).put("fact", fact).putArray(name);
        what.forEach(array::add);
    }

    private ObjectNode answer(final UnaryOperator<JsonNode> speed)
    {
        final ObjectNode asked = JsonNodeFactory.instance.objectNode();
        asked.set("pack", pack);
        asked.putArray("ask").add(Question.CLUSTER.ask());
        final ObjectNode with = facts.deepCopy();
        for (final JsonNode group : with.path("inventory").path("groups"))
        {
            replace(group, "internalGbps", speed);
        }
        for (final JsonNode link : with.path("inventory").path("links"))
        {
            replace(link, "gbps", speed);
        }
        asked.set("facts", with);
        return (ObjectNode)PolicyCase.evaluate(JsonView.root(asked)).get("determinations")
            .get(Question.CLUSTER.ask());
    }

    private static void replace(final JsonNode of, final String name, final UnaryOperator<JsonNode> speed)
    {
        if (of.has(name))
        {
            ((ObjectNode)of).set(name, speed.apply(of.get(name)));
        }
    }

    private static JsonNode slowest(final JsonNode speed)
    {
        return bound(speed, Inventories.AT_LEAST, "0");
    }

    private static JsonNode fastest(final JsonNode speed)
    {
        return bound(speed, Inventories.AT_MOST, FASTEST);
    }

    private static JsonNode bound(final JsonNode speed, final String name, final String otherwise)
    {
        final boolean isUnknown = speed.isString() && Inventories.UNKNOWN.equals(speed.asString());
        return speed.isObject() && speed.has(name) ? speed.get(name) :
            speed.isObject() || isUnknown ? JsonNodeFactory.instance.stringNode(otherwise) : speed;
    }

    private boolean isAnySpeedOpen()
    {
        return !openLinks().isEmpty();
    }

    /** Links that may join and may not, by the names of their ends. */
    private Set<String> openLinks()
    {
        final Set<String> open = new LinkedHashSet<>();
        for (final JsonNode group : facts.path("inventory").path("groups"))
        {
            if (isOpen(group.get("internalGbps")))
            {
                open.add(group.path("id").asString(""));
            }
        }
        for (final JsonNode link : facts.path("inventory").path("links"))
        {
            if (isOpen(link.get("gbps")))
            {
                open.add(link.path(Inventories.OF).asString(
                    link.path("a").asString("") + Inventories.BETWEEN + link.path("b").asString("")));
            }
        }
        return open;
    }

    private boolean isOpen(final JsonNode speed)
    {
        return null != speed && pack.has("linkGbpsMin") && isFast(slowest(speed)) != isFast(fastest(speed));
    }

    private boolean isFast(final JsonNode speed)
    {
        final int order = ratio(speed.asString()).compareTo(ratio(pack.get("linkGbpsMin").asString()));
        return order > 0 || 0 == order && "AT_LEAST".equals(pack.path("linkComparison").asString(""));
    }

    private static Ratio ratio(final String text)
    {
        final int slash = text.indexOf('/');
        return slash < 0 ? Ratio.of(new BigInteger(text)) :
            Ratio.of(new BigInteger(text.substring(0, slash)), new BigInteger(text.substring(slash + 1)));
    }

    /** Models of the components that are not decided. */
    private Set<String> modelsOf(final JsonNode components)
    {
        final Set<String> members = new LinkedHashSet<>();
        for (final JsonNode component : components)
        {
            if (UNDETERMINED.equals(component.get(STATE).asString()))
            {
                component.get("members").forEach(member -> members.add(member.asString()));
            }
        }
        final Set<String> models = new TreeSet<>();
        for (final JsonNode group : facts.path("inventory").path("groups"))
        {
            if (members.contains(group.path("id").asString("")))
            {
                models.add(group.path("model").asString(""));
            }
        }
        return models;
    }

    /** Figures of a model that the pack's basis looks at. */
    private List<JsonNode> figures(final JsonNode model)
    {
        return switch (pack.path("peakBasis").asString(""))
        {
            case "BF16_DENSE" -> model.path("dense").has("bf16") ? List.of(model.get("dense").get("bf16")) : List.of();
            case "VENDOR_DECLARED" -> model.has("declared") ? List.of(model.get("declared")) : List.of();
            default -> model.path("dense").valueStream().toList();
        };
    }
}
