/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.doctor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.assess.Inventories;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.ChildRunner;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.Version;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Table;
import org.flopmeter.sampler.CounterProbe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What can be counted here. Always exit code 0: missing hardware is an answer, not an error. */
@Command(name = "doctor", description = "What can be counted here and what cannot, with reason and remedy.")
public final class DoctorCommand extends StreamCommand
{
    private static final int COLUMNS_MAX = 88;
    private static final long CHILD_TIMEOUT_SEC = 30;
    private static final String NATIVE_PATH_PROPERTY = "flopmeter.native.path";

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean isJson;

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory to look at.")
    private Path stateOption;

    @Override
    public Integer call()
    {
        final StateDirectory places = StateDirectory.of(stateOption, System.getenv(), StateDirectory.uid());
        final Path nativePath = Path.of(System.getProperty(NATIVE_PATH_PROPERTY, "lib"));
        final Path root = Path.of("/");
        final ChildRunner children = ChildRunner.real(CHILD_TIMEOUT_SEC);
        final List<DoctorCheck> checks =
            new Doctor(root, nativePath, places, children, () -> CounterProbe.perf(root)).examine();
        final ObjectNode inventory = HostInventory.of(root, nativePath, children);
        checks.add(HostInventory.check(inventory));
        out().print(isJson ? json(checks, inventory) : table(checks, Messages.of(System.getenv())));
        return ExitCode.DONE;
    }

    static String json(final List<DoctorCheck> checks, final ObjectNode inventory)
    {
        final ObjectNode document = JsonMapper.shared().createObjectNode();
        document.put("schema", Inventories.DOCTOR_SCHEMA);
        document.put("meter", Version.text());
        final ArrayNode array = document.putArray("checks");
        for (final DoctorCheck check : checks)
        {
            array.addObject()
                .put("id", check.id())
                .put("status", check.status())
                .put("detail", check.detail())
                .put("remedy", check.remedy());
        }
        document.set("inventory", inventory);
        return DocumentJson.print(document);
    }

    static String table(final List<DoctorCheck> checks, final Messages messages)
    {
        final StringBuilder text = new StringBuilder(messages.get("doctor.title")).append('\n');
        final Table table = new Table("<<<", "  ");
        for (final DoctorCheck check : checks)
        {
            String status = messages.get("doctor." + check.status());
            String name = messages.get("doctor." + check.id());
            final List<String> lines = new ArrayList<>(wrapped(check.detail()));
            if (!check.remedy().isEmpty())
            {
                lines.addAll(wrapped(messages.get("doctor.remedy", check.remedy())));
            }
            for (final String line : lines)
            {
                table.row(status, name, line);
                status = "";
                name = "";
            }
        }
        table.appendTo(text);
        return text.toString();
    }

    private static List<String> wrapped(final String text)
    {
        final List<String> lines = new ArrayList<>();
        final StringBuilder line = new StringBuilder();
        for (final String word : text.split(" "))
        {
            if (0 < line.length() && COLUMNS_MAX < Messages.columns(line + " " + word))
            {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(0 == line.length() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
