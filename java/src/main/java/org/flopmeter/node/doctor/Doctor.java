/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.doctor;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.flopmeter.node.io.ChildRunner;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Printable;
import org.flopmeter.sampler.CounterProbe;
import org.flopmeter.sampler.CpuPeak;

/** Looks at the machine and says what can be counted. Roots, environment and children are given, for tests. */
final class Doctor
{
    private static final long SHM_BYTES_MIN = 64L * 1024 * 1024;
    private static final String[] LIBRARY_FOLDERS = {
        "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib", "usr/local/lib",
        "usr/local/lib64", "opt/intel/oneapi/mkl/latest/lib" };
    private static final String[] DEVICES = {
        "nvidia0", "nvidiactl", "kfd", "accel/accel0", "davinci0", "neuron0", "hl0", "dri/renderD128" };

    private final Path root;
    private final Path nativePath;
    private final StateDirectory places;
    private final ChildRunner children;
    private final Supplier<CounterProbe> perf;

    Doctor(
        final Path root,
        final Path nativePath,
        final StateDirectory places,
        final ChildRunner children,
        final Supplier<CounterProbe> perf)
    {
        this.root = root;
        this.nativePath = nativePath;
        this.places = places;
        this.children = children;
        this.perf = perf;
    }

    List<DoctorCheck> examine()
    {
        final List<DoctorCheck> checks = new ArrayList<>();
        checks.add(interception());
        checks.add(libraries("blas", "lib(blas|cblas|openblas[a-z0-9_]*|mkl_rt|blis[a-z-]*|[st]?atlas|armpl.*)"));
        checks.add(libraries("lapack", "lib(lapack|openblas[a-z0-9_]*|mkl_rt|flame|armpl.*)"));
        checks.add(libraries("onednn", "lib(dnnl|mkldnn)"));
        checks.add(pythonModule("numpy", "apt-get install python3-numpy, or pip install numpy"));
        checks.add(pythonModule("torch", "apt-get install python3-torch, whose BLAS and oneDNN are shared libraries"));
        checks.add(unseen());
        checks.add(perf());
        checks.add(accelerators());
        checks.addAll(GpuCheck.examine(nativePath, children));
        checks.add(cpu());
        checks.add(sharedMemory());
        checks.add(state());
        checks.add(jvm());
        return checks;
    }

    private DoctorCheck interception()
    {
        final Path library = nativePath.resolve("libflopmeter_intercept.so");
        if (!Files.exists(library))
        {
            return DoctorCheck.no("intercept", library + " is missing", "run: flopmeter setup");
        }
        final ChildRunner.Output output =
            children.run(Map.of("LD_PRELOAD", library.toString()), List.of("/bin/sh", "-c", "exit 7"));
        return 7 == output.exitCode() && output.text().isEmpty() ?
            DoctorCheck.yes("intercept", "a child ran with " + library) :
            DoctorCheck.no("intercept", "a child did not run unchanged with " + library + ": exit code " +
                output.exitCode() + " " + Printable.of(output.text().strip()),
                "compare the architecture of that file with that of /bin/sh; build again: flopmeter setup");
    }

    private DoctorCheck libraries(final String id, final String pattern)
    {
        final TreeSet<String> found = new TreeSet<>();
        for (final String folder : LIBRARY_FOLDERS)
        {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(root.resolve(folder), "lib*.so*"))
            {
                for (final Path file : files)
                {
                    final String name = file.getFileName().toString();
                    final String stem = name.substring(0, name.indexOf(".so"));
                    if (stem.matches(pattern))
                    {
                        found.add(stem);
                    }
                }
            }
            catch (final IOException e)
            {
                // This system does not keep libraries there.
                continue;
            }
        }
        return found.isEmpty() ?
            DoctorCheck.no(id, "no shared library of it in the system's folders",
                "programs that bring their own shared one are counted all the same; else: apt-get install " +
                ("onednn".equals(id) ? "libdnnl2" : "libopenblas0")) :
            DoctorCheck.yes(id, String.join(" ", found));
    }

    private DoctorCheck pythonModule(final String module, final String remedy)
    {
        final String script = "import sys, importlib.util as u\n" +
            "if u.find_spec('" + module + "') is None: sys.exit(3)\n" +
            "import " + module + " as m, re\n" +
            "names = {l.split()[-1].rsplit('/', 1)[-1] for l in open('/proc/self/maps') if '/' in l}\n" +
            "print(m.__version__, *sorted(n for n in names if re.search('blas|lapack|mkl|dnnl|armpl', n)" +
            " and not n.startswith(('libtorch', '_'))))";
        final ChildRunner.Output output = children.run(Map.of(), List.of("python3", "-c", script));
        if (3 == output.exitCode())
        {
            return DoctorCheck.no(module, "python3 has no module " + module, remedy);
        }
        if (0 != output.exitCode() || output.text().isBlank())
        {
            return DoctorCheck.no(module, -1 == output.exitCode() ?
                "python3 is missing, or the import took too long" :
                "the import failed: " + Printable.of(lastLine(output.text())), remedy);
        }
        final String[] words = lastLine(output.text()).split(" ", 2);
        return 2 == words.length ?
            DoctorCheck.yes(module, words[0] + " with " + words[1]) :
            DoctorCheck.no(module, words[0] + " loads no shared BLAS: it is linked in statically and cannot be seen; " +
                "its work widens the upper end only", remedy);
    }

    private static DoctorCheck unseen()
    {
        return DoctorCheck.partly("otherCode",
            "loops written by hand, static and setuid programs, symbols taken by dlsym: not seen; they widen the " +
                "upper end",
            "a runtime that knows its shapes records them through flopmeter/flopmeter.h");
    }

    private DoctorCheck perf()
    {
        final CounterProbe probe = perf.get();
        final String remedy = probe.remedy().isEmpty() ?
            "none; without counters the upper end is clock x CPU time" : probe.remedy();
        switch (probe.state())
        {
            case AVAILABLE:
                return DoctorCheck.yes(
                    "perf", probe.detail() + ": what a run executes is counted, whatever executes it");
            case TAKEN:
                return DoctorCheck.partly("perf", probe.detail(), remedy);
            default:
                return DoctorCheck.no("perf", probe.detail(), remedy);
        }
    }

    private DoctorCheck accelerators()
    {
        final List<String> present = new ArrayList<>();
        for (final String device : DEVICES)
        {
            if (Files.exists(root.resolve("dev").resolve(device)))
            {
                present.add("/dev/" + device);
            }
        }
        return present.isEmpty() ?
            DoctorCheck.no("accelerators", "no device node of one: nothing to count, nothing to bound", "") :
            DoctorCheck.no("accelerators", String.join(" ", present) +
                ": no source for them yet; a run that opens one has an unbounded upper end",
                "hide them from the program where only the CPU matters, e.g. CUDA_VISIBLE_DEVICES=");
    }

    private DoctorCheck cpu()
    {
        final CpuPeak peak = CpuPeak.probe(root);
        return peak.isBounded() ?
            DoctorCheck.yes("cpuBound", peak.model() + ": " + peak.flopPerCycle() + " FLOP/cycle (" + peak.isa() +
                ") x " + peak.clockHz() / 1_000_000 + " MHz (" + peak.clockSource() + "); " + peak.why()) :
            DoctorCheck.no("cpuBound", peak.model() + ": " + peak.why() + "; upper ends are unbounded",
                "add a row to cpu-peak.csv with its source");
    }

    private DoctorCheck sharedMemory()
    {
        final Path shm = root.resolve("dev/shm");
        if (!Files.isDirectory(shm))
        {
            return DoctorCheck.partly("sharedMemory",
                "no /dev/shm: lanes go to " + places.state().resolve("meter"), "mount a tmpfs there");
        }
        // Not Files.getFileStore: it looks the mount up in a table, and a chroot's root is not in it.
        final long free = shm.toFile().getUsableSpace();
        final String detail = "/dev/shm has " + free / (1024 * 1024) + " MiB free";
        return SHM_BYTES_MIN <= free ? DoctorCheck.yes("sharedMemory", detail) :
            DoctorCheck.partly("sharedMemory", detail + ": lanes go to " + places.state().resolve("meter"),
                "give it 64 MiB, e.g. mount -o remount,size=256M /dev/shm; in a container: --shm-size");
    }

    private DoctorCheck state()
    {
        Path existing = places.state().toAbsolutePath();
        while (null != existing && !Files.exists(existing))
        {
            existing = existing.getParent();
        }
        return null != existing && Files.isDirectory(existing) && Files.isWritable(existing) ?
            DoctorCheck.yes("stateDirectory", places.state().toString()) :
            DoctorCheck.no("stateDirectory", places.state() + " cannot be made or written",
                "set FLOPMETER_DIR, or give --dir, to a folder of yours");
    }

    private static DoctorCheck jvm()
    {
        final String detail = "Java " + Runtime.version().feature() + " of " + System.getProperty("java.home");
        final boolean isOpen = Object.class.getModule().isOpen("jdk.internal.misc", Doctor.class.getModule());
        return isOpen ? DoctorCheck.yes("jvm", detail) : DoctorCheck.no("jvm", detail + " was started without a flag",
            "--add-opens java.base/jdk.internal.misc=ALL-UNNAMED, as the launcher gives it");
    }

    private static String lastLine(final String text)
    {
        final String[] lines = text.strip().split("\\R");
        return lines[lines.length - 1];
    }
}
