/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;
import org.flopmeter.node.run.RunResult.ResultFinding;
import org.flopmeter.node.run.RunResult.ResultGap;
import org.flopmeter.node.run.RunResult.ResultWitness;
import org.flopmeter.node.run.RunResult.UpperBasis;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;
import org.flopmeter.node.text.Table;
import org.flopmeter.unit.FlopInterval;

/** The summary at the end of a run. Everything in it is in the result document too. */
public final class Summary
{
    private static final String INDENT = "    ";
    private static final double PERCENT = 100;
    private static final int LIST_LIMIT = 8;

    private final RunResult result;
    private final Messages messages;
    private final StringBuilder text = new StringBuilder();

    private Summary(final RunResult result, final Messages messages)
    {
        this.result = result;
        this.messages = messages;
    }

    public static String of(final RunResult result, final Messages messages)
    {
        final Summary summary = new Summary(result, messages);
        summary.head();
        summary.whole();
        summary.split("summary.byPrecision", result.byPrecision());
        summary.split("summary.byNode", result.byNode());
        summary.sources();
        result.compared().forEach(summary::compared);
        result.witnesses().forEach(summary::onPmu);
        result.witnesses().forEach(summary::ifAll);
        summary.coverage();
        summary.gaps();
        summary.tail();
        return summary.text.toString();
    }

    private void head()
    {
        final RunFacts facts = result.facts();
        final String exit = null == facts.exitCode() ?
            messages.get("summary.exitUnknown") : messages.get("summary.exit", facts.exitCode().toString());
        text.append(messages.get("summary.head", facts.run(), exit, FlopText.duration(facts.endNs() - facts.beginNs())))
            .append('\n');
        text.append("  ").append(Printable.of(String.join(" ", facts.command()))).append('\n');
        for (final ResultFinding finding : result.findings())
        {
            text.append(RunResult.WORK_BEYOND_SHAPES.equals(finding.kind()) ? "  " : "  !!! ")
                .append(finding.kind()).append(": ").append(Printable.of(finding.reason()))
                .append('\n');
        }
        if (0 < result.samples().lost())
        {
            text.append("  !!! ").append(messages.get("summary.lost", Long.toString(result.samples().lost())))
                .append('\n');
        }
    }

    private void whole()
    {
        final FlopInterval flop = result.flop();
        final BigInteger lower = flop.lower().toBigInteger();
        final BigInteger point = flop.point().toBigInteger();
        final Table table = new Table("<>><", "  ");
        table.row(messages.get("summary.counted"), FlopText.grouped(lower), FlopText.rounded(lower, "FLOP"),
            FlopText.rate(lower, result.facts().wallNs()));
        if (!lower.equals(point))
        {
            table.row(messages.get("summary.estimate"), FlopText.grouped(point), FlopText.rounded(point, "FLOP"),
                messages.get("summary.estimateWhy"));
        }
        if (flop.isBounded())
        {
            final BigInteger upper = flop.upper().toBigInteger();
            table.row(messages.get("summary.atMost"), FlopText.grouped(upper), FlopText.rounded(upper, "FLOP"),
                messages.get("summary.atMostWhy"));
        }
        else
        {
            table.row(messages.get("summary.atMost"), messages.get("summary.unbounded"));
        }
        table.appendTo(text);
        text.append(INDENT).append(bound()).append('\n');
    }

    private String bound()
    {
        final UpperBasis basis = result.upperBasis();
        if ("perf".equals(basis.decidedBy()))
        {
            return messages.get("summary.boundByCounters", FlopText.duration(basis.cpuNs().longValueExact()));
        }
        if (null == basis.flopCountMax())
        {
            return Printable.of(basis.why());
        }
        return messages.get("summary.bound",
            Integer.toString(basis.flopPerCycle()),
            basis.isa(),
            BigDecimal.valueOf(basis.clockHz()).movePointLeft(9).setScale(2, RoundingMode.HALF_UP).toPlainString(),
            messages.get("clock." + basis.clockSource().replace(" ", "")),
            FlopText.duration(basis.cpuNs().longValueExact()),
            messages.get("cpuTime." + basis.cpuTimeSource().replace(" ", "")));
    }

    private void split(final String title, final Map<String, FlopInterval> intervals)
    {
        if (intervals.isEmpty())
        {
            return;
        }
        final BigInteger whole = result.flop().lower().toBigInteger();
        final Table table = new Table("<>>>", INDENT);
        intervals.entrySet().stream()
            .sorted((one, other) -> other.getValue().lower().compareTo(one.getValue().lower()))
            .limit(LIST_LIMIT)
            .forEach(entry ->
            {
                final BigInteger lower = entry.getValue().lower().toBigInteger();
                table.row(entry.getKey(), FlopText.grouped(lower), FlopText.rounded(lower, "FLOP"),
                    FlopText.share(lower, whole));
            });
        title(title);
        table.appendTo(text);
        more(intervals.size());
    }

    private void sources()
    {
        final Table table = new Table("<>>>", INDENT);
        result.bySource().forEach((name, total) ->
        {
            final BigInteger flopCount = total.flopCount().toBigInteger();
            if (null != total.executed() && 0 < flopCount.signum())
            {
                table.row(name, FlopText.grouped(flopCount), FlopText.rounded(flopCount, "FLOP"),
                    messages.get("summary.executed",
                        FlopText.rounded(total.executed().added().toBigInteger(), "FLOP")));
            }
            else if (0 < total.calls() || 0 < flopCount.signum())
            {
                table.row(name, FlopText.grouped(flopCount), FlopText.rounded(flopCount, "FLOP"), 0 == total.calls() ?
                    messages.get("summary.noCall") :
                    messages.get("summary.calls", FlopText.grouped(BigInteger.valueOf(total.calls()))));
            }
        });
        if (table.isEmpty())
        {
            text.append("  ").append(messages.get("summary.nothing")).append('\n');
            return;
        }
        title("summary.bySource");
        table.appendTo(text);
    }

    private void compared(final Compared compared)
    {
        text.append("  ").append(messages.get("summary.compared", messages.get("device." + compared.device())))
            .append('\n');
        ComparedText.append(text, compared, messages, INDENT);
    }

    /** Events took turns: then the counter's lower end is far below, and its upper one far above, what it saw. */
    private void onPmu(final ResultWitness witness)
    {
        if (null != witness.onPmu() && witness.onPmu().isShared())
        {
            text.append("  ").append(messages.get("summary.onPmu", witness.name(),
                FlopText.partOf(witness.onPmu().runningNs(), witness.onPmu().coveredNs()))).append('\n');
        }
    }

    /** A condition, so it stands beside the totals and not in them. */
    private void ifAll(final ResultWitness witness)
    {
        if (null != witness.ifAll() && !witness.ifAll().flop().point().isZero())
        {
            final FlopInterval flop = witness.ifAll().flop();
            text.append("  ").append(messages.get("summary.ifAll", witness.name(),
                String.join(", ", witness.ifAll().precisions()),
                messages.get(witness.ifAll().isDeclared() ? "summary.declared" : "summary.asCounted"),
                FlopText.rounded(flop.lower().toBigInteger(), "FLOP"), flop.isBounded() ?
                    FlopText.rounded(flop.upper().toBigInteger(), "FLOP") : messages.get("summary.unbounded")))
                .append('\n');
        }
    }

    /** Cards on which kernels ran. */
    private void coverage()
    {
        if (null == result.coverage())
        {
            return;
        }
        result.coverage().cards().forEach((device, card) ->
        {
            if (0 < card.times().all().signum())
            {
                text.append("  ").append(messages.get("summary.coverage", device,
                    percent(card.shareMin(), RoundingMode.FLOOR), percent(card.shareMax(), RoundingMode.CEILING),
                    duration(card.times().all()), null == card.restMax() ?
                        messages.get("summary.unbounded") : FlopText.rounded(card.restMax(), "FLOP"))).append('\n');
                card(result.coverage().byCard().get(device));
            }
        });
        final FlopInterval flop = result.coverage().flop();
        if (flop.isBounded() && !flop.upper().isZero())
        {
            text.append("  ").append(messages.get("summary.coverageWhole",
                FlopText.rounded(flop.lower().toBigInteger(), "FLOP"),
                FlopText.rounded(flop.upper().toBigInteger(), "FLOP"),
                Integer.toString(result.coverage().processes()))).append('\n');
        }
        result.coverage().faults().forEach(fault ->
            text.append("  ").append(messages.get("summary.coverageFault", Printable.of(fault))).append('\n'));
    }

    /** Null = the notes do not say. */
    private void card(final FlopInterval flop)
    {
        if (null != flop)
        {
            text.append(INDENT).append(messages.get("summary.coverageCard",
                FlopText.rounded(flop.lower().toBigInteger(), "FLOP"), flop.isBounded() ?
                    FlopText.rounded(flop.upper().toBigInteger(), "FLOP") : messages.get("summary.unbounded")))
                .append('\n');
        }
    }

    private static String percent(final BigDecimal share, final RoundingMode mode)
    {
        return share.movePointRight(2).setScale(1, mode).toPlainString();
    }

    private static String duration(final BigInteger ns)
    {
        return FlopText.duration(ns.min(BigInteger.valueOf(Long.MAX_VALUE)).longValueExact());
    }

    private void gaps()
    {
        if (result.gaps().isEmpty())
        {
            text.append("  ").append(messages.get("summary.noGaps")).append('\n');
            return;
        }
        title("summary.gaps");
        final Table table = new Table("<<<", INDENT);
        for (final ResultGap gap : result.gaps().subList(0, Math.min(LIST_LIMIT, result.gaps().size())))
        {
            table.row(gap.source(), gap.reason(), Printable.of(gap.detail()));
        }
        table.appendTo(text);
        more(result.gaps().size());
    }

    private void tail()
    {
        final long ownNs = result.overhead().meterCpuNs() + result.overhead().supervisorCpuNs();
        final long cpuNs = result.facts().cpuNs();
        // Of a program that hardly ran, the share says nothing.
        text.append("  ").append(ownNs >= cpuNs ?
            messages.get("summary.overheadOnly", FlopText.duration(ownNs)) :
            messages.get("summary.overhead", FlopText.duration(ownNs),
                FlopText.share(BigInteger.valueOf(ownNs), BigInteger.valueOf(cpuNs)))).append('\n');
        budget();
        if (0 < result.overhead().meterRestarts())
        {
            text.append("  ").append(messages.get(
                "summary.restarts", Integer.toString(result.overhead().meterRestarts()))).append('\n');
        }
        text.append("  ").append(messages.get("summary.next")).append('\n');
    }

    /** Whether it was kept, and what that did to the samples; of the program it asks nothing: its calls never wait. */
    private void budget()
    {
        final MeterLoop loop = result.overhead().loop();
        if (null != loop.budgetPercent())
        {
            final boolean isKept = loop.cpuNs() * PERCENT <= loop.wallNs() * loop.budgetPercent();
            text.append("  ").append(messages.get(isKept ? "summary.budget" : "summary.budgetOwed",
                FlopText.percent(loop.budgetPercent()), FlopText.duration(loop.cpuNs()),
                FlopText.share(BigInteger.valueOf(loop.cpuNs()), BigInteger.valueOf(loop.wallNs())),
                FlopText.share(
                    BigInteger.valueOf(result.samples().folded()), BigInteger.valueOf(result.samples().produced()))))
                .append('\n');
        }
    }

    private void title(final String key)
    {
        text.append("  ").append(messages.get(key)).append('\n');
    }

    private void more(final int size)
    {
        if (LIST_LIMIT < size)
        {
            text.append(INDENT).append(messages.get("summary.more", Integer.toString(size - LIST_LIMIT))).append('\n');
        }
    }
}
