/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import org.flopmeter.node.assess.AssessCommand;
import org.flopmeter.node.calibrate.CalibrateCommand;
import org.flopmeter.node.command.Choices;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.doctor.DoctorCommand;
import org.flopmeter.node.graph.GraphCommand;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.io.Version;
import org.flopmeter.node.ledger.LedgerCommand;
import org.flopmeter.node.ledger.VerifyCommand;
import org.flopmeter.node.ledger.WitnessCommand;
import org.flopmeter.node.meter.AggregateCommand;
import org.flopmeter.node.meter.DemoCheckCommand;
import org.flopmeter.node.meter.ResultCommand;
import org.flopmeter.node.meter.TopCommand;
import org.flopmeter.node.pause.PauseCommand;
import org.flopmeter.node.pause.ResumeCommand;
import org.flopmeter.node.policy.PolicyCommand;
import org.flopmeter.node.sidecar.SidecarCommand;
import org.flopmeter.node.sidecar.StatusCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Command line of the meter. `run` and `demo` are the supervisor's, which starts this program beside COMMAND. */
@Command(
    name = "flopmeter",
    description = "An electricity meter for compute.",
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    scope = CommandLine.ScopeType.INHERIT)
public final class Main implements Callable<Integer>
{
    private static final List<Class<?>> COMMANDS = List.of(
        AggregateCommand.class,
        ResultCommand.class,
        DoctorCommand.class,
        TopCommand.class,
        SidecarCommand.class,
        StatusCommand.class,
        PauseCommand.class,
        ResumeCommand.class,
        CalibrateCommand.class,
        GraphCommand.class,
        PolicyCommand.class,
        AssessCommand.class,
        LedgerCommand.class,
        VerifyCommand.class,
        WitnessCommand.class,
        DemoCheckCommand.class);

    @Override
    public Integer call()
    {
        throw new UsageException("a command is missing; try: flopmeter --help");
    }

    public static void main(final String[] args)
    {
        final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        final PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        final int exitCode = run(out, err, args);
        out.flush();
        System.exit(exitCode);
    }

    /** Documents to `out`, words to `err`. Return the exit code of CONTRACT.md. */
    public static int run(final PrintStream out, final PrintStream err, final String... args)
    {
        final CommandLine commandLine = commandLine(new CommandFactory(out, err), args)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .setParameterExceptionHandler((e, ignored) -> refuse(err, e.getMessage(), ExitCode.USAGE))
            .setExecutionExceptionHandler((e, ignored, parsed) -> refuse(err, e));
        Choices.register(commandLine);
        try
        {
            return commandLine.execute(args);
        }
        catch (final OutOfMemoryError e)
        {
            return refuse(err, "not enough memory for this; _JAVA_OPTIONS=-Xmx4g gives it 4 GiB",
                ExitCode.ENVIRONMENT);
        }
    }

    /**
     * Only the command that is asked for, where its name comes first: to look at the options of all of them takes as
     * long as many a command itself.
     */
    private static CommandLine commandLine(final CommandLine.IFactory factory, final String... args)
    {
        final CommandLine root = new CommandLine(new Main(), factory);
        final List<Class<?>> asked = COMMANDS.stream()
            .filter(type -> args.length > 0 && type.getAnnotation(Command.class).name().equals(args[0]))
            .toList();
        (asked.isEmpty() ? COMMANDS : asked).forEach(root::addSubcommand);
        return root;
    }

    private static int refuse(final PrintStream err, final Exception e) throws Exception
    {
        if (e instanceof UsageException)
        {
            return refuse(err, e.getMessage(), ExitCode.USAGE);
        }
        if (e instanceof EnvironmentException)
        {
            return refuse(err, e.getMessage(), ExitCode.ENVIRONMENT);
        }
        throw e;
    }

    private static int refuse(final PrintStream err, final String message, final int exitCode)
    {
        err.println("flopmeter: " + message.replaceAll("\\s*\\R\\s*", " "));
        return exitCode;
    }

    /** Gives commands their streams, so that tests see what users see. */
    private record CommandFactory(PrintStream out, PrintStream err) implements CommandLine.IFactory
    {
        @Override
        public <K> K create(final Class<K> type) throws Exception
        {
            final K created = CommandLine.defaultFactory().create(type);
            if (created instanceof StreamCommand command)
            {
                command.streams(out, err);
            }
            return created;
        }
    }
}
