/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.pause;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.flopmeter.aggregate.MeterDirectory;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.hold.Holders;
import org.flopmeter.node.hold.NestedRuns;
import org.flopmeter.node.hold.Wish;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.sidecar.MeterPlace;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.LaneMapper;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What pausing and resuming have in common: wish it, then wait until each holder has said that it is so. */
abstract class WishCommand extends StreamCommand
{
    private static final String CONTROL = "control";
    private static final String STANDING = "standing";
    private static final String SIDECAR_LOCK = "sidecar.lock";
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int WAIT_S_MAX = 3600;

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory to look in beside /dev/shm.")
    private Path stateOption;

    @Option(names = "--place", hidden = true, paramLabel = "DIR", description = "In place of those, for tests.")
    private Path placeOption;

    @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "10",
        description = "How long holders have for their answers: ${DEFAULT-VALUE}.")
    private int waitS;

    @Parameters(arity = "0..1", paramLabel = "METERDIR",
        description = "Of one run, or a sidecar's. Default: all that run now, for this user.")
    private Path target;

    private final LaneMapper mapper = new NativeLaneMapper();

    /** The wish, made anew for each directory. */
    abstract Wish wish(long nowNs);

    /** "paused". */
    abstract String done();

    abstract String commandName();

    /** What to do when somebody does not answer. */
    abstract String advice();

    @Override
    public Integer call()
    {
        if (waitS < 0 || waitS > WAIT_S_MAX)
        {
            throw new UsageException("--wait: expected 0 to " + WAIT_S_MAX + " seconds, found " + waitS);
        }
        // Bad words are said also where nothing is running.
        wish(mapper.nanoTime());
        final Map<Path, Wish> wishes = new LinkedHashMap<>();
        for (final Path directory : null == target ? running() : named(target))
        {
            final Wish wish = write(directory);
            if (null != wish)
            {
                wishes.put(directory, wish);
            }
        }
        return await(wishes);
    }

    /** Null where the run is over and nobody has named it. */
    private Wish write(final Path directory)
    {
        final long nowNs = mapper.nanoTime();
        final Wish wish = wish(nowNs);
        try
        {
            wish.write(directory, nowNs);
            // Who is taken back with the run that it is in must not stay paused by a wish of its own.
            for (final Path nested : wish.isPause() ? List.<Path>of() : NestedRuns.living(directory, mapper))
            {
                final Wish own = Wish.read(nested);
                if (null != own && own.isInForce(nowNs))
                {
                    wish(nowNs).write(nested, nowNs);
                }
            }
        }
        catch (final IOException ex)
        {
            if (null == target && !Files.exists(directory))
            {
                return null;
            }
            throw new EnvironmentException(directory + ": the wish cannot be written: " + ex.getMessage());
        }
        return wish;
    }

    private int await(final Map<Path, Wish> wishes)
    {
        final Holders holders = new Holders(mapper, true);
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(waitS);
        int exitCode = ExitCode.DONE;
        for (final Map.Entry<Path, Wish> entry : wishes.entrySet())
        {
            final Path directory = entry.getKey();
            String hindrance = hindrance(directory, entry.getValue());
            List<Holders.Holder> all = look(holders, directory, latest(directory, entry.getValue()));
            while (hindrance.isEmpty() && !all.stream().allMatch(Holders.Holder::isDone) &&
                System.nanoTime() - deadlineNs < 0)
            {
                LockSupport.parkNanos(POLL_NS);
                all = look(holders, directory, latest(directory, entry.getValue()));
                hindrance = hindrance(directory, entry.getValue());
            }
            if (!hindrance.isEmpty())
            {
                err().println("flopmeter: " + commandName() + ": " + directory + ": " + hindrance);
            }
            exitCode = hindrance.isEmpty() && report(directory, all) ? exitCode : ExitCode.ANSWER_IS_NO;
        }
        return exitCode;
    }

    /** Why nobody can carry it out now; "" = nothing is in the way. */
    private String hindrance(final Path directory, final Wish wish)
    {
        final Wish last = Wish.read(directory);
        if (null != last && last.isPause() != wish.isPause())
        {
            return "another command has wished the opposite meanwhile";
        }
        try
        {
            final Path around = wish.isPause() ? null : NestedRuns.pausedAround(directory, mapper);
            return null == around ? "" : "it stays paused with the run that it is in: flopmeter resume " + around;
        }
        catch (final IOException over)
        {
            return "";
        }
    }

    /** Others wish at the same time: holders answer the last wish, and one of the same kind is as good as ours. */
    private Wish latest(final Path directory, final Wish wish)
    {
        final Wish last = Wish.read(directory);
        return null != last && last.isPause() == wish.isPause() ? last : wish;
    }

    private static List<Holders.Holder> look(final Holders holders, final Path directory, final Wish wish)
    {
        try
        {
            return holders.of(directory, wish);
        }
        catch (final IOException ex)
        {
            throw new EnvironmentException(directory + ": " + ex.getMessage());
        }
    }

    private boolean report(final Path directory, final List<Holders.Holder> all)
    {
        final List<Holders.Holder> missing = all.stream().filter(holder -> !holder.isDone()).toList();
        for (final Holders.Holder holder : missing)
        {
            err().println("flopmeter: " + commandName() + ": " + directory + ": " + holder.name() + ": " +
                holder.missing() + " within " + waitS + " s; " + advice());
        }
        if (missing.isEmpty())
        {
            out().println(done() + " " + directory + ": " + (all.isEmpty() ? "nothing holds counters" :
                all.stream().map(Holders.Holder::name).collect(Collectors.joining(", "))));
        }
        return missing.isEmpty();
    }

    private List<Path> named(final Path directory)
    {
        if (Files.isRegularFile(directory.resolve(SIDECAR_LOCK)))
        {
            return ofSidecar(directory);
        }
        if (!Files.isRegularFile(directory.resolve(CONTROL)))
        {
            throw new UsageException(directory +
                ": no meter directory and no sidecar's: it has neither a file \"control\" nor \"sidecar.lock\"");
        }
        if (!isLive(directory))
        {
            throw new UsageException(directory + ": its run is over");
        }
        return List.of(directory);
    }

    private boolean isLive(final Path directory)
    {
        // A supervisor that was killed leaves runs in its own: they hold counters, and obey its folder.
        return Files.exists(directory.resolve(STANDING)) || mapper.isLocked(directory, MeterDirectory.OWNER_LOCK) ||
            !NestedRuns.living(directory, mapper).isEmpty();
    }

    /** The host's counters, the GPUs, and services that are metered without a run. */
    private static List<Path> ofSidecar(final Path place)
    {
        final List<Path> directories = new ArrayList<>();
        directories.add(place);
        for (final String standing : List.of(RunFacts.DEVICES, RunFacts.SERVICES))
        {
            if (Files.isRegularFile(place.resolve(standing).resolve(CONTROL)))
            {
                directories.add(place.resolve(standing));
            }
        }
        return directories;
    }

    private List<Path> running()
    {
        final StateDirectory state = null != placeOption ? new StateDirectory(placeOption, placeOption) :
            StateDirectory.of(stateOption, System.getenv(), StateDirectory.uid());
        final List<Path> directories = new ArrayList<>();
        for (final Path place : state.places())
        {
            if (MeterPlace.isHeld(place) || Wish.isIn(place))
            {
                directories.addAll(ofSidecar(place));
            }
        }
        state.meterDirectories().stream().filter(this::isLive).forEach(directories::add);
        if (directories.isEmpty())
        {
            throw new UsageException("no meter of this user is running in " + state.shm() + " or " +
                state.state().resolve("meter"));
        }
        return directories;
    }
}
