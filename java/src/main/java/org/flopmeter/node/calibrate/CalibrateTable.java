/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import static org.flopmeter.node.io.DocumentJson.said;

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
        return text(certificate.document(), certificate.figures(), messages);
    }

    /** @param figures what the certificate's readings give, whatever it says itself. */
    static String text(final JsonNode certificate, final List<CalibrateFigure> figures, final Messages messages)
    {
        final StringBuilder text = new StringBuilder();
        text.append(messages.get("calibrate.title", said(certificate.at("/environment/cpu"), "name"),
            certificate.path("kernels").size())).append('\n');
        final JsonNode gpu = certificate.at("/environment/gpu");
        if (CalibrateReading.AVAILABLE.equals(gpu.path("state").stringValue("")))
        {
            text.append("  ").append(messages.get("calibrate.gpu", said(gpu, "name"), said(gpu, "architecture")))
                .append('\n');
        }
        else
        {
            reason(text, messages, "gpu", gpu);
        }
        figures(text, figures, messages);
        for (final JsonNode source : certificate.path("sources"))
        {
            if (!CalibrateReading.AVAILABLE.equals(source.path("state").stringValue("")))
            {
                reason(text, messages, source.path("source").stringValue(""), source);
            }
        }
        if (certificate.path("isCut").booleanValue(false))
        {
            text.append("  ").append(messages.get("calibrate.cut")).append('\n');
        }
        if (!hasCounters(certificate.path("sources")))
        {
            text.append("  ").append(messages.get("calibrate.noCounters")).append('\n');
        }
        if (figures.stream().anyMatch(CalibrateFigure::isMeasured))
        {
            final boolean isOutside = figures.stream().anyMatch(figure -> 0 < figure.outside());
            text.append("  ").append(messages.get(isOutside ? "calibrate.outside" : "calibrate.inside")).append('\n');
        }
        return text.toString();
    }

    /* Interception is always there, the counters' programs may be left out of a build. */
    private static boolean hasCounters(final JsonNode sources)
    {
        for (final JsonNode source : sources)
        {
            if (!"EXACT_BY_SHAPE".equals(source.path("basis").stringValue("")))
            {
                return true;
            }
        }
        return false;
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
            table.row(Printable.of(figure.source()), Printable.of(figure.basis()), Printable.of(figure.chipKind()),
                Printable.of(figure.precision()),
                0 == figure.failed() ? Integer.toString(all) : figure.good() + "/" + all,
                figure.isMeasured() ? figure.errorLowPpm() + " .. " + figure.errorHighPpm() : "-",
                figure.accuracyClass().jsonName(),
                figure.isMeasured() ? figure.good() - figure.outside() + "/" + figure.good() : "-",
                !figure.isMeasured() ? "-" : null == figure.widthPpm() ? "unbounded" : figure.widthPpm().toString());
        }
        table.appendTo(text);
    }

    private static void reason(
        final StringBuilder text, final Messages messages, final String what, final JsonNode probe)
    {
        text.append("  ").append(messages.get(
            "calibrate.cannot", Printable.of(what), said(probe, "state"), said(probe, "detail")));
        if (!said(probe, "remedy").isEmpty())
        {
            text.append("; ").append(messages.get("doctor.remedy", said(probe, "remedy")));
        }
        text.append('\n');
    }

    /** Whoever wrote it, it is shown to people. */
}
