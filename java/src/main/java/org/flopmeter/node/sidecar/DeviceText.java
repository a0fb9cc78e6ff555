/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.flopmeter.node.io.DocumentJson.said;

import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Table;
import tools.jackson.databind.JsonNode;

/** A host's devices in the status, for people. */
final class DeviceText
{
    private static final int ROWS_MAX = 40;

    private DeviceText()
    {
    }

    /**
     * @param devices missing where there never was a counter of them.
     * @param process what the sidecar says of it; missing where it was not asked for.
     */
    static void append(
        final StringBuilder text, final JsonNode devices, final JsonNode process, final Messages messages)
    {
        if (DeviceCounter.FAILED.equals(process.path("state").asString("")))
        {
            line(text, messages.get("status.devicesFail", said(process, "detail")));
        }
        if (!devices.isObject())
        {
            return;
        }
        if (!process.isObject())
        {
            line(text, messages.get("status.devicesIdle"));
        }
        if (devices.has("error"))
        {
            line(text, "!!! " + said(devices, "error"));
        }
        line(text, messages.get("status.devices", Integer.toString(devices.path("devices").size()),
            Integer.toString(devices.path("notRead").size())));
        devices.path("notRead").forEach(one -> line(text, "  " + messages.get("status.deviceNotRead",
            said(one, "name"), said(one, "state"), said(one, "detail"), said(one, "remedy"))));
        cards(devices, messages).appendTo(text);
        totals(devices, messages).appendTo(text);
        for (final JsonNode total : devices.path("totals"))
        {
            if (!"0".equals(total.path("sharedUpper").asString("0")))
            {
                line(text, "  " + messages.get("status.deviceShared"));
                break;
            }
        }
    }

    private static Table cards(final JsonNode devices, final Messages messages)
    {
        final Table table = new Table("<<<<<>", "  ");
        for (final JsonNode one : devices.path("devices"))
        {
            final String tenant = said(one, "tenant");
            table.row(said(one, "name"), said(one, "node"), said(one, "product"),
                said(one, "provider") + ' ' + said(one, "state"),
                messages.get("status.deviceNow", "job".equals(tenant) ? "job " + said(one, "job") : tenant),
                messages.get("status.deviceGaps", said(one, "gaps")));
        }
        return table;
    }

    private static Table totals(final JsonNode devices, final Messages messages)
    {
        final Table table = new Table("<>>>", "  ");
        int rows = 0;
        for (final JsonNode total : devices.path("totals"))
        {
            if (0 == rows)
            {
                table.row("", messages.get("status.hostLower"), messages.get("status.hostPoint"),
                    messages.get("status.hostUpper"));
            }
            if (rows++ < ROWS_MAX)
            {
                row(table, said(total, "run") + " / " + said(total, "node"), total.path("flop"));
            }
        }
        if (rows > ROWS_MAX)
        {
            table.row(messages.get("status.more", Integer.toString(rows - ROWS_MAX)), "", "", "");
        }
        if (rows > 1)
        {
            row(table, messages.get("status.deviceAll"), devices.path("all"));
        }
        for (final JsonNode one : devices.path("devices"))
        {
            if (!"0".equals(one.path("elsewhere").path("upper").asString("0")))
            {
                row(table, messages.get("status.deviceElsewhere", said(one, "name")), one.path("elsewhere"));
            }
        }
        return table;
    }

    private static void row(final Table table, final String name, final JsonNode interval)
    {
        table.row(name, said(interval, "lower"), said(interval, "point"), said(interval, "upper"));
    }

    private static void line(final StringBuilder text, final String line)
    {
        text.append(line).append('\n');
    }
}
