/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import java.util.List;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Printable;
import org.flopmeter.node.text.Table;
import tools.jackson.databind.JsonNode;

/** The certificate for people: one row per (source, chip, precision), then what could not be calibrated and why. */
final class CalibrateTable
{
    private CalibrateTable()
    {
    }

    static String text(final CalibrateCertificate certificate, final Messages messages)
    {
        final JsonNode raw = certificate.raw();
        final StringBuilder text = new StringBuilder();
        text.append(messages.get("calibrate.title", Printable.of(raw.path("cpu").path("name").stringValue("")),
            raw.path("kernels").size())).append('\n');
        final JsonNode gpu = raw.path("gpu");
        if (CalibrateReading.AVAILABLE.equals(gpu.path("state").stringValue("")))
        {
            text.append("  ").append(messages.get("calibrate.gpu", Printable.of(gpu.path("name").stringValue("")),
                gpu.path("architecture").stringValue(""))).append('\n');
        }
        else
        {
            reason(text, messages, "gpu", gpu.path("state").stringValue(""), gpu.path("detail").stringValue(""),
                gpu.path("remedy").stringValue(""));
        }
        figures(text, certificate.figures(), messages);
        for (final CalibrateRaw.SourceState source : certificate.sources())
        {
            if (!CalibrateReading.AVAILABLE.equals(source.state()))
            {
                reason(text, messages, source.source(), source.state(), source.detail(), source.remedy());
            }
        }
        if (raw.path("isCut").booleanValue())
        {
            text.append("  ").append(messages.get("calibrate.cut")).append('\n');
        }
        if (raw.path("sources").isEmpty())
        {
            text.append("  ").append(messages.get("calibrate.noCounters")).append('\n');
        }
        if (certificate.figures().stream().anyMatch(CalibrateFigure::isMeasured))
        {
            text.append("  ").append(messages.get(
                certificate.isTruthOutside() ? "calibrate.outside" : "calibrate.inside")).append('\n');
        }
        return text.toString();
    }

    private static void figures(
        final StringBuilder text, final List<CalibrateFigure> figures, final Messages messages)
    {
        if (figures.isEmpty())
        {
            text.append("  ").append(messages.get("calibrate.nothing")).append('\n');
            return;
        }
        final Table table = new Table("<<<<>><>>", "  ");
        table.row(messages.get("calibrate.source"), messages.get("calibrate.basis"), messages.get("calibrate.chip"),
            messages.get("calibrate.precision"), messages.get("calibrate.readings"), messages.get("calibrate.error"),
            messages.get("calibrate.class"), messages.get("calibrate.truth"), messages.get("calibrate.width"));
        for (final CalibrateFigure figure : figures)
        {
            final int all = figure.good() + figure.failed();
            table.row(figure.source(), figure.basis(), figure.chipKind(), figure.precision(),
                0 == figure.failed() ? Integer.toString(all) : figure.good() + "/" + all,
                figure.isMeasured() ? figure.errorLowPpm() + " .. " + figure.errorHighPpm() : "-",
                figure.accuracyClass().jsonName(),
                figure.isMeasured() ? figure.good() - figure.outside() + "/" + figure.good() : "-",
                !figure.isMeasured() ? "-" : null == figure.widthPpm() ? "unbounded" : figure.widthPpm().toString());
        }
        table.appendTo(text);
    }

    private static void reason(
        final StringBuilder text,
        final Messages messages,
        final String what,
        final String state,
        final String detail,
        final String remedy)
    {
        text.append("  ").append(messages.get(
            "calibrate.cannot", Printable.of(what), Printable.of(state), Printable.of(detail)));
        if (!remedy.isEmpty())
        {
            text.append("; ").append(messages.get("doctor.remedy", Printable.of(remedy)));
        }
        text.append('\n');
    }
}
