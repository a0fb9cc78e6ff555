/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sampler.NativeLaneMapper;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/** Health and cost of the sidecar. Reads what it and its meters have left in files, and touches nothing. */
@Command(name = "status", description = "Is a sidecar running, what does it serve, what is wrong, what does it cost.")
public final class StatusCommand extends StreamCommand
{
    @Option(names = "--json", description = "As a document: flopmeter/status/v1.")
    private boolean isJson;

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory, where /dev/shm can't be used.")
    private Path stateOption;

    @Option(names = "--place", hidden = true, paramLabel = "DIR", description = "In place of those, for tests.")
    private Path placeOption;

    @Override
    public Integer call() throws IOException
    {
        final StatusReport report = StatusReport.read(place(), new NativeLaneMapper(), Path.of("/proc"));
        if (isJson)
        {
            out().println(JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(report.json()));
        }
        else
        {
            out().print(report.text(TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()),
                Messages.of(System.getenv())));
        }
        return ExitCode.DONE;
    }

    private Path place()
    {
        if (null != placeOption)
        {
            return placeOption;
        }
        final StateDirectory state = StateDirectory.of(stateOption, System.getenv(), StateDirectory.uid());
        return Files.isWritable(state.shm().getParent()) ? state.shm() : state.state().resolve("meter");
    }
}
