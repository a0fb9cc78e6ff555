/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.assess;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;
import org.flopmeter.assess.Question;
import org.flopmeter.assess.Verdicts;
import org.flopmeter.node.policy.PolicyWords;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;
import org.flopmeter.node.text.Table;
import tools.jackson.databind.JsonNode;

/** An assessment for people: what it is about, what each pack says, duties, what is open and what is missing. */
final class AssessText
{
    private static final int SHOWN_MAX = 5;
    private static final String CODE = "code";
    private static final String STATUS = "status";

    private final Messages messages;
    private final PolicyWords words;
    private final boolean isExplained;
    private final StringBuilder text = new StringBuilder();

    AssessText(final Messages messages, final boolean isExplained)
    {
        this.messages = messages;
        this.isExplained = isExplained;
        words = new PolicyWords(messages);
    }

    String of(final JsonNode document)
    {
        final String of = list(document.get("of"), Integer.MAX_VALUE);
        line("", say("assess.title", of.isEmpty() ? say("assess.noModel") : of, document.get("now").asString()));
        final JsonNode plan = document.get("plan");
        if (null != plan)
        {
            line("  ", say("assess.plan", interval(plan.get("flop")), plan.get("formula").asString()));
        }
        for (final JsonNode signer : document.path("factsSignedBy"))
        {
            line("  ", say("assess.signed", Printable.of(signer.get("name").asString()),
                signer.get("fingerprint").asString()));
        }
        if (document.has("complete") && !document.get("complete").asBoolean())
        {
            line("  ", say("assess.recordsLost"));
        }
        document.get("packs").forEach(this::addPack);
        if (document.has("sideBySide"))
        {
            addSideBySide(document);
        }
        if (document.has("hostGpus"))
        {
            new HostGpusText(messages, this::interval).append(text, document.get("hostGpus"));
        }
        return text.toString();
    }

    private void addPack(final JsonNode assessment)
    {
        final JsonNode pack = assessment.get("pack");
        text.append('\n');
        line("", say("policy.pack", pack.get("name").asString(), pack.get("version").toString(),
            say("policy." + pack.get(STATUS).asString()), pack.get("authority").asString(),
            pack.get("effective").asString()));
        if (!pack.get("inForce").asBoolean())
        {
            line("  ", say("assess.notInForce", pack.get("effective").asString()));
        }
        addFigures(assessment.get("figures"));
        final Table table = new Table("<<<", "  ");
        for (final Question question : Question.values())
        {
            final JsonNode determination = assessment.get("determinations").get(question.ask());
            if (determination.has("answer"))
            {
                table.row(say("ask." + question.ask()), Verdicts.of(question, determination),
                    determination.get("open").asBoolean() ? say("assess.open") : "");
            }
        }
        table.appendTo(text);
        addDuties(assessment.get("duties"));
        addReasons(assessment.get("findings"));
        addOpen(assessment.get("determinations"));
        if (isExplained)
        {
            addExplanation(assessment);
        }
    }

    private void addFigures(final JsonNode figures)
    {
        final JsonNode view = figures.get("view");
        final Table table = new Table("<<", "  ");
        for (final String name : new String[] { "training", "output", "rate", "compute", "base" })
        {
            if (figures.has(name))
            {
                table.row(say("figure." + name), interval(figures.get(name)));
            }
        }
        table.appendTo(text);
        if (figures.has("computations"))
        {
            line("  ", say("assess.counts", figures.get("computations").toString(),
                Integer.toString(figures.get("leftOut").size()),
                view.isNull() ? say("assess.wholeGraph") :
                    say("assess.view", view.get("name").asString(), say("policy." + view.get(STATUS).asString())),
                figures.get("basis").asString()));
            final Table purposes = new Table("<<", "    ");
            for (final var part : figures.get("byPurpose").properties())
            {
                purposes.row(part.getKey(), interval(part.getValue()));
            }
            purposes.appendTo(text);
        }
    }

    private void addDuties(final JsonNode duties)
    {
        line("  ", duties.isEmpty() ? say("assess.noDuties") : say("assess.duties"));
        final Table table = new Table("<<<<", "    ");
        for (final JsonNode duty : duties)
        {
            final String owedTo = list(duty.path("owedTo"), SHOWN_MAX);
            final String by = duty.path("by").asString("");
            table.row(duty.get(CODE).asString(), say("strength." + duty.get("strength").asString()),
                words.code("duty", duty.get(CODE).asString()),
                (duty.has("part") ? say("part." + duty.get("part").asString()) + ' ' : "") +
                (owedTo.isEmpty() ? "" : '[' + owedTo + "] ") + (by.isEmpty() ? "" : say("assess.by", by)));
        }
        table.appendTo(text);
    }

    private void addReasons(final JsonNode findings)
    {
        final Map<String, String> from = new LinkedHashMap<>();
        for (final JsonNode finding : findings)
        {
            final String ask = say("ask." + finding.get("from").asString());
            from.merge(finding.get(CODE).asString(), ask,
                (one, other) -> one.contains(other) ? one : one + ", " + other);
        }
        if (!from.isEmpty())
        {
            line("  ", say("assess.findings"));
            final Table table = new Table("<<<", "    ");
            from.forEach((code, asks) -> table.row(code, words.code("reason", code), "(" + asks + ')'));
            table.appendTo(text);
        }
    }

    private void addOpen(final JsonNode determinations)
    {
        final Map<String, String> settles = new LinkedHashMap<>();
        final Map<String, String> missing = new LinkedHashMap<>();
        for (final var entry : determinations.properties())
        {
            final String ask = say("ask." + entry.getKey());
            for (final JsonNode settle : entry.getValue().path("settles"))
            {
                settles.merge(settling(settle), ask, (one, other) -> one.contains(other) ? one : one + ", " + other);
            }
            final String put = entry.getValue().path("missing").asString("");
            if (!put.isEmpty())
            {
                final String untimed = entry.getValue().path("untimed").asString("");
                missing.put(ask, untimed.isEmpty() ?
                    say("MODEL".equals(put) ? "assess.putModel" : "assess.put", put) :
                    say("assess.untimed", Printable.of(untimed)));
            }
        }
        if (!settles.isEmpty())
        {
            line("  ", say("assess.settle"));
            settles.forEach((settling, asks) -> line("    ", settling + " (" + asks + ')'));
        }
        if (!missing.isEmpty())
        {
            line("  ", say("assess.notAnswered"));
            missing.forEach((ask, put) -> line("    ", ask + ": " + put));
        }
    }

    private String settling(final JsonNode settle)
    {
        final JsonNode what = settle.has("links") ? settle.get("links") : settle.has("models") ? settle.get("models") :
            settle.path("computations");
        return say("settle." + settle.get(CODE).asString(),
            settle.has("fact") ? settle.get("fact").asString() : say("path." + settle.get("figure").asString()),
            list(what, SHOWN_MAX));
    }

    private void addExplanation(final JsonNode assessment)
    {
        line("  ", say("assess.why"));
        for (final Question question : Question.values())
        {
            final JsonNode determination = assessment.get("determinations").get(question.ask());
            if (!determination.has("answer"))
            {
                continue;
            }
            line("    ", say("ask." + question.ask()) + ": " + Verdicts.of(question, determination));
            for (final JsonNode threshold : determination.get("thresholds"))
            {
                addThreshold(threshold);
            }
            addComponents(determination.get("answer").path("components"));
            if (determination.get("answer").has("possible"))
            {
                line("      ", say("assess.possible"));
                addComponents(determination.get("answer").get("possible"));
            }
            for (final JsonNode fact : determination.get("facts"))
            {
                if ("FACTS".equals(fact.get("origin").asString()))
                {
                    line("      ", say("assess.fact", fact.get("fact").asString(), shown(fact.get("value"))));
                }
            }
        }
        addComputations(assessment.get("figures"));
    }

    private void addThreshold(final JsonNode threshold)
    {
        line("      ", say("comparison." + threshold.get("comparison").asString(),
            say("field." + threshold.get("field").asString()), grouped(threshold.get("value").asString())));
        line("        ", threshold.get("citation").isNull() ? say("assess.noCitation") :
            threshold.get("citation").asString() + " (" + say("policy." + threshold.get(STATUS).asString()) + ')');
        if (threshold.has("figure"))
        {
            line("        ", say("path." + threshold.get("figure").asString()) + ": " +
                interval(threshold.get("flop")) + ": " + say("relation." + threshold.get("relation").asString()));
        }
    }

    private void addComponents(final JsonNode components)
    {
        int shown = 0;
        for (final JsonNode component : components)
        {
            if (shown++ < SHOWN_MAX)
            {
                final boolean isAlone = !"1".equals(component.get("copies").toString());
                line("      ", say(isAlone ? "assess.copies" : "assess.component",
                    list(component.get("members"), SHOWN_MAX), component.get(isAlone ? "copies" : "devices").toString(),
                    interval(component.get("peak")), component.get("state").asString()));
            }
        }
        if (shown > SHOWN_MAX)
        {
            line("      ", say("assess.more", Integer.toString(shown - SHOWN_MAX)));
        }
    }

    private void addComputations(final JsonNode figures)
    {
        final JsonNode counted = figures.path("counted");
        if (counted.isEmpty())
        {
            return;
        }
        line("    ", say("assess.madeOf"));
        final Table table = new Table("<<<<", "      ");
        int shown = 0;
        for (final JsonNode item : counted)
        {
            if (shown++ < SHOWN_MAX)
            {
                table.row(printable(item.get("computation")), item.get("purpose").asString(),
                    item.get("basis").asString(), interval(item.get("flop")));
            }
        }
        table.appendTo(text);
        if (counted.size() > SHOWN_MAX)
        {
            line("      ", say("assess.more", Integer.toString(counted.size() - SHOWN_MAX)));
        }
    }

    private void addSideBySide(final JsonNode document)
    {
        text.append('\n');
        line("", say("assess.sideBySide"));
        for (final var row : document.get("sideBySide").properties())
        {
            line("  ", say("ask." + row.getKey()));
            final Table table = new Table("<<", "    ");
            row.getValue().properties().forEach(cell -> table.row(cell.getKey(),
                "NO_RULE".equals(cell.getValue().asString()) ? "-" : cell.getValue().asString()));
            table.appendTo(text);
        }
        if (!document.has("views"))
        {
            return;
        }
        line("", say("assess.views"));
        for (final JsonNode view : document.get("views"))
        {
            line("  ", view.get("name").asString() + " (" + say("policy." + view.get(STATUS).asString()) + "): " +
                interval(view.get("total")));
            final Table table = new Table("<<<", "    ");
            for (final JsonNode item : view.get("leftOut"))
            {
                table.row("- " + printable(item.get("computation")), interval(item.get("flop")),
                    item.get("purpose").asString() + ": " + item.get("why").asString());
            }
            table.appendTo(text);
        }
    }

    private String interval(final JsonNode flop)
    {
        final String lower = flop.get("lower").asString();
        final String point = flop.get("point").asString();
        final String upper = flop.get("upper").asString();
        if (lower.equals(upper))
        {
            return grouped(point);
        }
        return grouped(point) + " [" + grouped(lower) + ", " +
            ("unbounded".equals(upper) ? say("assess.unbounded") : grouped(upper)) + ']';
    }

    private static String grouped(final String digits)
    {
        return digits.matches("[0-9]+") ? FlopText.grouped(new BigInteger(digits)) : digits;
    }

    private static String shown(final JsonNode value)
    {
        return Printable.of(value.isString() ? value.asString() : value.toString());
    }

    private static String printable(final JsonNode name)
    {
        return Printable.of(name.asString());
    }

    /** Names with commas; of many the first ones and how many more there are. */
    private String list(final JsonNode names, final int max)
    {
        final StringBuilder list = new StringBuilder();
        int shown = 0;
        for (final JsonNode name : names)
        {
            if (shown++ < max)
            {
                list.append(list.isEmpty() ? "" : ", ").append(printable(name));
            }
        }
        return list + (shown > max ? " " + say("assess.more", Integer.toString(shown - max)) : "");
    }

    private String say(final String key, final String... arguments)
    {
        return words.say(key, arguments);
    }

    private void line(final String indent, final String words)
    {
        text.append(indent).append(words).append('\n');
    }
}
