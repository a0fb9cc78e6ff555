/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.assess;

import static org.flopmeter.node.io.DocumentJson.said;

import java.util.function.Function;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Table;
import tools.jackson.databind.JsonNode;

/** GPUs of hosts beside an assessment, for people. */
final class HostGpusText
{
    private static final int BOOKED_MAX = 40;

    private final Messages messages;
    private final Function<JsonNode, String> interval;

    HostGpusText(final Messages messages, final Function<JsonNode, String> interval)
    {
        this.messages = messages;
        this.interval = interval;
    }

    void append(final StringBuilder text, final JsonNode hosts)
    {
        text.append('\n').append(messages.get("assess.gpus")).append('\n');
        for (final JsonNode host : hosts)
        {
            line(text, "  ", messages.get("assess.gpusOfHost", said(host, "host"),
                Integer.toString(host.get("devices").size()), Integer.toString(host.get("notRead").size()),
                interval.apply(host.get("flop"))));
            if (!host.get("isWhole").asBoolean())
            {
                line(text, "    ", messages.get("assess.gpusNotWhole"));
            }
            devices(host).appendTo(text);
            for (final JsonNode one : host.get("notRead"))
            {
                line(text, "    ", messages.get("status.deviceNotRead", said(one, "name"), said(one, "state"),
                    said(one, "detail"), said(one, "remedy")));
            }
            booked(host).appendTo(text);
        }
    }

    private Table devices(final JsonNode host)
    {
        final Table table = new Table("<<<<<<<", "    ");
        for (final JsonNode device : host.get("devices"))
        {
            table.row(said(device, "name"), said(device, "node"), said(device, "kind"), said(device, "product"),
                said(device, "counter") + ' ' + said(device, "state"), messages.get("status.deviceNow",
                    device.has("job") ? "job " + said(device, "job") : said(device, "owner")),
                messages.get("status.deviceGaps", device.get("gaps").toString()) +
                (device.get("isWhole").asBoolean() ? "" : messages.get("assess.gpuNotWhole")));
        }
        return table;
    }

    private Table booked(final JsonNode host)
    {
        final Table table = new Table("<<", "    ");
        int rows = 0;
        for (final JsonNode total : host.get("booked"))
        {
            if (rows++ < BOOKED_MAX)
            {
                table.row(said(total, "run") + " / " + said(total, "node"), interval.apply(total.get("flop")));
            }
        }
        if (rows > BOOKED_MAX)
        {
            table.row(messages.get("assess.more", Integer.toString(rows - BOOKED_MAX)), "");
        }
        for (final JsonNode device : host.get("devices"))
        {
            final JsonNode elsewhere = device.get("elsewhere");
            if (!"0".equals(elsewhere.get("upper").asString()))
            {
                table.row(messages.get("status.deviceElsewhere", said(device, "name")), interval.apply(elsewhere));
            }
        }
        return table;
    }

    private static void line(final StringBuilder text, final String indent, final String line)
    {
        text.append(indent).append(line).append('\n');
    }
}
