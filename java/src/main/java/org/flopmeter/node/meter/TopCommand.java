/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.sampler.NativeTerminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Running meters, from another terminal. Reads what they have committed and touches nothing. */
@Command(name = "top", description = "Running meters, from another terminal.")
public final class TopCommand extends StreamCommand
{
    private static final String SCREEN_BEGIN = "\033[?1049h\033[?25l";
    private static final String SCREEN_END = "\033[?25h\033[?1049l";
    private static final String HOME_AND_CLEAR = "\033[H\033[2J";
    private static final long REFRESH_MS = 1000;
    private static final long KEY_POLL_MS = 50;
    private static final int STDOUT = 1;
    private static final long STTY_TIMEOUT_S = 2;

    @Option(names = "--once", description = "Print once and end; also what happens when stdout is not a terminal.")
    private boolean isOnce;

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory to look in beside /dev/shm.")
    private Path stateOption;

    @Override
    public Integer call() throws IOException, InterruptedException
    {
        final Map<String, String> environment = System.getenv();
        final Messages messages = Messages.of(environment);
        final TopView view = new TopView(
            StateDirectory.of(stateOption, environment, StateDirectory.uid()), Path.of("/proc"),
            new NativeLaneMapper(), messages);
        final NativeTerminal terminal = new NativeTerminal(STDOUT);
        if (isOnce || !terminal.isTerminal() || !LiveLine.isPossible(environment))
        {
            out().print(view.render(epochNs(), 0, false));
            return ExitCode.DONE;
        }
        watch(view, terminal, environment, messages);
        return ExitCode.DONE;
    }

    private void watch(
        final TopView view, final NativeTerminal terminal, final Map<String, String> environment,
        final Messages messages) throws IOException, InterruptedException
    {
        final boolean isColour = environment.getOrDefault("NO_COLOR", "").isEmpty();
        final boolean hasKeys = stty("-icanon", "-echo", "min", "0", "time", "0");
        final Thread restore = new Thread(() -> restore(hasKeys), "flopmeter-top-restore");
        Runtime.getRuntime().addShutdownHook(restore);
        out().print(SCREEN_BEGIN);
        boolean isWanted = true;
        while (isWanted)
        {
            final int columns = terminal.columns();
            out().print(HOME_AND_CLEAR +
                view.render(epochNs(), 0 == columns ? LiveLine.columns(environment) : columns, isColour) +
                "\n" + messages.get("top.keys") + "\n");
            out().flush();
            isWanted = !isLeaving(hasKeys);
        }
        // main() ends by System.exit(), which runs the hook.
    }

    /** Waits for the next refresh. True when the user pressed q meanwhile. */
    private static boolean isLeaving(final boolean hasKeys) throws IOException, InterruptedException
    {
        for (long waitedMs = 0; waitedMs < REFRESH_MS; waitedMs += KEY_POLL_MS)
        {
            TimeUnit.MILLISECONDS.sleep(KEY_POLL_MS);
            while (hasKeys && 0 < System.in.available())
            {
                final int key = System.in.read();
                if ('q' == key || 'Q' == key)
                {
                    return true;
                }
            }
        }
        return false;
    }

    private void restore(final boolean hasKeys)
    {
        out().print(SCREEN_END);
        out().flush();
        if (hasKeys)
        {
            stty("icanon", "echo");
        }
    }

    private static boolean stty(final String... arguments)
    {
        final String[] command = new String[arguments.length + 1];
        command[0] = "stty";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        try
        {
            final Process process = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
            return process.waitFor(STTY_TIMEOUT_S, TimeUnit.SECONDS) && 0 == process.exitValue();
        }
        catch (final IOException e)
        {
            return false;
        }
        catch (final InterruptedException e)
        {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static long epochNs()
    {
        return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    }
}
