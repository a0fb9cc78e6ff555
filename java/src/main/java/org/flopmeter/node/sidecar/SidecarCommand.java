/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.node.booking.LedgerThread;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.BootId;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.meter.BudgetOption;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Printable;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.LaneMapper;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One aggregator for all runs of this user on this host, and for processes that are in no run. */
@Command(name = "sidecar", description = "One long-running meter for all runs of this user on this host.")
public final class SidecarCommand extends StreamCommand
{
    private static final long HOLD_PATIENCE_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long HOLD_RETRY_NS = TimeUnit.MILLISECONDS.toNanos(20);

    @Option(names = "--dir", paramLabel = "DIR", description = "State directory to serve beside /dev/shm.")
    private Path stateOption;

    @Option(names = "--cpu-budget", paramLabel = "PERCENT", description = "Share of one core for all of it.")
    private Double cpuBudgetPercent;

    @Option(names = "--host-counters",
        description = "Watch the counters of all CPUs, too: what was executed that no lane declares. A cross-check.")
    private boolean isHostWanted;

    @Option(names = "--gpus",
        description = "Read this host's NVIDIA GPUs, too, and book what they did that no run counts itself.")
    private boolean areDevicesWanted;

    @Option(names = "--job-mapping-dir", paramLabel = "DIR",
        description = "With --gpus: where a scheduler writes which job has which GPU, as for dcgm-exporter.")
    private Path mappingOption;

    @Option(names = "--print-env", description = "Print the environment by which services are metered, and end.")
    private boolean isEnvironmentWanted;

    @Option(names = "--place", hidden = true, paramLabel = "DIR", description = "In place of those, for tests.")
    private Path placeOption;

    @Override
    public Integer call() throws IOException
    {
        final long uid = StateDirectory.uid();
        final List<Path> directories = places(uid);
        if (isEnvironmentWanted)
        {
            printEnvironment(directories.get(0));
            return ExitCode.DONE;
        }
        checkMapping();
        serve(directories, uid, BudgetOption.of(cpuBudgetPercent));
        return ExitCode.DONE;
    }

    private void checkMapping()
    {
        if (null != mappingOption && !areDevicesWanted)
        {
            throw new UsageException("--job-mapping-dir: it is read with --gpus only");
        }
        if (null != mappingOption && !Files.isDirectory(mappingOption))
        {
            throw new UsageException("--job-mapping-dir: expected a directory; found " + mappingOption);
        }
    }

    private List<Path> places(final long uid)
    {
        if (null != placeOption)
        {
            return List.of(placeOption.toAbsolutePath());
        }
        final StateDirectory state = StateDirectory.of(stateOption, System.getenv(), uid);
        final Path onDisk = state.state().resolve("meter").toAbsolutePath();
        return Files.isWritable(state.shm().getParent()) ? List.of(state.shm(), onDisk) : List.of(onDisk);
    }

    /** Where services are booked; null where a test says no state directory. */
    private Path ledgerState(final long uid)
    {
        return null != placeOption && null == stateOption ? null :
            StateDirectory.of(stateOption, System.getenv(), uid).state().toAbsolutePath();
    }

    private void printEnvironment(final Path place)
    {
        out().println("FLOPMETER_LANE_DIR=" + place.resolve(RunFacts.SERVICES));
        final String nativePath = System.getProperty("flopmeter.native.path", "");
        final Path library = Path.of(nativePath, "libflopmeter_intercept.so").toAbsolutePath();
        if (!nativePath.isEmpty() && Files.isReadable(library))
        {
            out().println("LD_PRELOAD=" + library);
        }
    }

    private void serve(final List<Path> directories, final long uid, final CpuBudget budget) throws IOException
    {
        final LaneMapper mapper = new NativeLaneMapper();
        final List<MeterPlace> places = hold(directories, uid);
        final Sidecar sidecar = new Sidecar(places, mapper, uid, budget, this::log);
        final SidecarStatus status = new SidecarStatus(directories.get(0), this::log);
        final SidecarLoop loop = new SidecarLoop(sidecar, places, uid, mapper, status, this::log);
        sidecar.bookWith(new LedgerThread(LedgerThread.INTERVAL_NS, true, this::log), ledgerState(uid),
            loop::wake);
        final HostCounter counter = isHostWanted ? watchHost(sidecar, directories.get(0), mapper) : null;
        if (areDevicesWanted)
        {
            watchDevices(sidecar, places, mapper);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(loop), "flopmeter-sidecar-end"));
        log("serving " + directories.get(0));
        try
        {
            loop.run();
        }
        finally
        {
            if (null != counter)
            {
                counter.close();
            }
        }
    }

    /** It is started when its directory is served. */
    private void watchDevices(final Sidecar sidecar, final List<MeterPlace> places, final LaneMapper mapper)
    {
        final List<String> command = DeviceCounter.command(System.getProperty("flopmeter.native.path", ""),
            places.stream().map(MeterPlace::directory).toList(), mappingOption);
        if (null == command)
        {
            log("--gpus: nothing is read: flopmeter-counter is missing; build flopmeter: ./flopmeter setup");
            return;
        }
        sidecar.watchDevices(new DeviceCounter(command, DeviceCounter.directoryIn(places.get(0).directory()),
            DeviceCounter.Pauses.REAL, mapper::nanoTime, sidecar::noteChange));
    }

    /** Null when it can't be. */
    private HostCounter watchHost(final Sidecar sidecar, final Path place, final LaneMapper mapper)
    {
        final List<String> command = HostWatch.command(System.getProperty("flopmeter.native.path", ""), place);
        if (null == command || "off".equals(System.getenv("FLOPMETER_PERF")))
        {
            log("--host-counters: nothing is watched: " + (null == command ?
                "flopmeter-counter is missing; build flopmeter: ./flopmeter setup" : "FLOPMETER_PERF=off"));
            return null;
        }
        final String boot = BootId.text();
        final Path file = place.resolve(HostWatch.FILE);
        final HostWatch.Kept kept = HostWatch.keptIn(file, boot, mapper.nanoTime());
        final HostCounter counter =
            new HostCounter(command, null == kept ? null : kept.sum(), HostCounter.Pauses.REAL);
        sidecar.watchHost(
            new HostWatch(counter::start, counter::newest, file, boot, kept, this::log, sidecar::noteChange));
        return counter;
    }

    /** SIGTERM: what is there is committed, and the exit code says that all is well. */
    private static void end(final SidecarLoop loop)
    {
        try
        {
            loop.stop();
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(ExitCode.DONE);
    }

    /** The first place is needed; the others are served where they can be. */
    private List<MeterPlace> hold(final List<Path> directories, final long uid) throws IOException
    {
        final List<MeterPlace> places = new ArrayList<>();
        for (final Path directory : directories)
        {
            try
            {
                final MeterPlace place = hold(directory, uid);
                if (null != place)
                {
                    places.add(place);
                }
                else if (places.isEmpty())
                {
                    throw new EnvironmentException(
                        "another sidecar serves " + directory + "; see: flopmeter status");
                }
            }
            catch (final IOException ex)
            {
                if (places.isEmpty())
                {
                    throw new EnvironmentException("no place for meters: " + ex.getMessage());
                }
                log("not served: " + ex.getMessage());
            }
        }
        return places;
    }

    /** One that is just ending lets go soon, and who asks for the status holds the lock for an instant. */
    private static MeterPlace hold(final Path directory, final long uid) throws IOException
    {
        final long beginNs = System.nanoTime();
        MeterPlace place = MeterPlace.hold(directory, uid);
        while (null == place && System.nanoTime() - beginNs < HOLD_PATIENCE_NS)
        {
            LockSupport.parkNanos(HOLD_RETRY_NS);
            place = MeterPlace.hold(directory, uid);
        }
        return place;
    }

    private void log(final String line)
    {
        err().println("flopmeter sidecar: " + Printable.of(line));
    }
}
