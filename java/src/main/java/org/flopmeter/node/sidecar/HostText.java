/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.flopmeter.node.io.DocumentJson.said;

import org.flopmeter.node.run.CounterFacts;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Table;
import tools.jackson.databind.JsonNode;

/** The host's counters in the status, for people. */
final class HostText
{
    private HostText()
    {
    }

    /** @param host missing when nobody asked for them. */
    static void append(final StringBuilder text, final JsonNode host, final Messages messages)
    {
        if (!host.isObject())
        {
            return;
        }
        if (!CounterFacts.AVAILABLE.equals(host.path("state").asString("")))
        {
            text.append(messages.get("status.hostState", said(host, "state"), said(host, "detail")));
            if (!said(host, "remedy").isEmpty())
            {
                text.append("; ").append(messages.get("doctor.remedy", said(host, "remedy")));
            }
            text.append('\n');
        }
        if (host.path("isRead").asBoolean(false))
        {
            final long watchedNs =
                host.path("endMonotonicNs").asLong(0) - host.path("beginMonotonicNs").asLong(0);
            text.append(messages.get("status.host", said(host, "cpusWatched"), said(host, "cpusOnline"),
                FlopText.duration(watchedNs), Integer.toString(host.path("gaps").size()))).append('\n');
            final long coveredNs = host.path("coveredNs").asLong(0);
            final long runningNs = host.path("runningNs").asLong(coveredNs);
            if (runningNs < coveredNs)
            {
                text.append("  ").append(messages.get("summary.onPmu", said(host, "name"),
                    FlopText.partOf(runningNs, coveredNs))).append('\n');
            }
            table(host, messages).appendTo(text);
        }
        host.path("findings").forEach(finding -> text.append("!!! ").append(said(finding, "kind")).append(": ")
            .append(said(finding, "reason")).append('\n'));
    }

    private static Table table(final JsonNode host, final Messages messages)
    {
        final Table table = new Table("<>>>", "  ");
        table.row("", messages.get("status.hostLower"), messages.get("status.hostPoint"),
            messages.get("status.hostUpper"));
        for (final JsonNode figure : host.path("figures"))
        {
            row(table, messages.get("status.hostExecuted") + ' ' + said(figure, "precision"), figure);
        }
        row(table, messages.get("status.hostExecuted"), host.path("executed"));
        table.row(messages.get("status.hostDeclared"), said(host.path("declared"), "lower"), "",
            said(host.path("declared"), "upper"));
        row(table, messages.get("status.hostUnattributed"), host.path("unattributed"));
        return table;
    }

    private static void row(final Table table, final String name, final JsonNode interval)
    {
        table.row(name, said(interval, "lower"), said(interval, "point"), said(interval, "upper"));
    }
}
