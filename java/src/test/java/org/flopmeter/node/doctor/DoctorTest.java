/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.flopmeter.node.io.ChildRunner;
import org.flopmeter.node.io.ChildRunner.Output;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sampler.CounterProbe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DoctorTest
{
    @TempDir
    private Path root;
    private CounterProbe perf = new CounterProbe(CounterProbe.State.FAILED, "errno 5", "");

    @Test
    void shouldFindNothingOnAnEmptyMachineAndStillAnswer()
    {
        final Map<String, DoctorCheck> checks = examine((environment, command) -> Output.FAILED);

        assertEquals("no", checks.get("intercept").status());
        assertEquals("no", checks.get("blas").status());
        assertEquals("no", checks.get("numpy").status());
        assertEquals("no", checks.get("cpuBound").status());
        assertEquals("partly", checks.get("sharedMemory").status());
        for (final DoctorCheck check : checks.values())
        {
            assertFalse(check.detail().isBlank(), check.id());
            assertTrue(!"no".equals(check.status()) || "accelerators".equals(check.id()) || !check.remedy().isBlank(),
                check.id() + " says no and offers no remedy");
        }
    }

    @Test
    void shouldFindWhatIsThere() throws IOException
    {
        touch("lib/libflopmeter_intercept.so");
        touch("usr/lib/x86_64-linux-gnu/libopenblas.so.0");
        touch("usr/lib/x86_64-linux-gnu/libdnnl.so.2");
        touch("usr/lib/x86_64-linux-gnu/libblastrampoline.so");
        touch("dev/shm/x");
        final Map<String, DoctorCheck> checks = examine((environment, command) ->
            command.get(0).equals("/bin/sh") ? new Output(7, "") :
                new Output(0, "some warning\n1.24.2 libblas.so.3 liblapack.so.3\n"));

        assertEquals("yes", checks.get("intercept").status());
        assertEquals("libopenblas", checks.get("blas").detail());
        assertEquals("libopenblas", checks.get("lapack").detail());
        assertEquals("yes", checks.get("onednn").status());
        assertEquals("1.24.2 with libblas.so.3 liblapack.so.3", checks.get("numpy").detail());
        assertFalse(checks.get("sharedMemory").detail().contains("no /dev/shm"));
    }

    @Test
    void shouldTellAMissingPmuFromAMissingRight()
    {
        perf = new CounterProbe(CounterProbe.State.ABSENT, "the kernel has no PMU (ENOENT)", "a machine with one");
        final DoctorCheck absent = examine((environment, command) -> Output.FAILED).get("perf");
        perf = new CounterProbe(CounterProbe.State.NO_PERMISSION, "not permitted (EACCES)", "sysctl");
        final DoctorCheck forbidden = examine((environment, command) -> Output.FAILED).get("perf");
        perf = new CounterProbe(CounterProbe.State.AVAILABLE, "intel 6/143, 14 events", "");
        final DoctorCheck present = examine((environment, command) -> Output.FAILED).get("perf");

        assertEquals("no", absent.status());
        assertEquals("a machine with one", absent.remedy());
        assertTrue(absent.detail().contains("ENOENT"), absent.detail());
        assertEquals("no", forbidden.status());
        assertTrue(forbidden.detail().contains("EACCES"), forbidden.detail());
        assertEquals("sysctl", forbidden.remedy());
        assertEquals("yes", present.status());
        assertTrue(present.detail().contains("14 events"), present.detail());
    }

    /** Whatever this machine is: the native side answers, with a reason. */
    @Test
    void shouldAskTheKernelOfThisMachine()
    {
        final CounterProbe probe = CounterProbe.perf(Path.of("/"));

        assertFalse(probe.detail().isBlank(), probe.toString());
        assertFalse(CounterProbe.State.ABSENT == probe.state() && probe.detail().contains("EACCES"), probe.toString());
    }

    @Test
    void shouldSayThatAStaticBlasCannotBeSeen()
    {
        final DoctorCheck torch = examine((environment, command) -> new Output(0, "2.11.0\n")).get("torch");

        assertEquals("no", torch.status());
        assertTrue(torch.detail().contains("statically"), torch.detail());
    }

    @Test
    void shouldNotTrustAPreloadThatChangesTheChild() throws IOException
    {
        touch("lib/libflopmeter_intercept.so");

        assertEquals("no", examine((environment, command) -> new Output(7, "ld.so: cannot be preloaded\n"))
            .get("intercept").status());
        assertEquals("no", examine((environment, command) -> new Output(127, "")).get("intercept").status());
    }

    @Test
    void shouldNameAcceleratorsThatMakeUpperUnbounded() throws IOException
    {
        touch("dev/nvidia0");

        final DoctorCheck check = examine((environment, command) -> Output.FAILED).get("accelerators");

        assertTrue(check.detail().contains("/dev/nvidia0") && check.detail().contains("unbounded"), check.detail());
    }

    @Test
    void shouldSayWhichGpusCanBeCounted() throws IOException
    {
        touch("bin/flopmeter-counter");
        final String available = source("0", "available", "NVIDIA H200", "");
        final String absent = source("1", "absent", "NVIDIA A100: no GPM here", "GPM begins with Hopper");

        final DoctorCheck both = gpu(available + ", " + absent);
        assertEquals("partly", both.status());
        assertEquals("0: NVIDIA H200; 1: NVIDIA A100: no GPM here", both.detail());
        assertEquals("GPM begins with Hopper", both.remedy());
        assertEquals("yes", gpu(available).status());
        assertEquals("no", gpu(absent).status());
        assertEquals("no", gpu("").status());
        assertEquals("yes", gpu(absent + ", " + source("1", "available", "NVIDIA A100 through DCGM", "")).status());
    }

    /** What `run --executed` and `run --kernels` would find, each a row with its own remedy, and no GPU of its own. */
    @Test
    void shouldSayBeforeARunWhetherCuptiCanCount() throws IOException
    {
        touch("bin/flopmeter-counter");
        final String sources = source("0", "available", "NVIDIA H200", "") + ", " +
            source("", "no-permission", "administrators only", "NVreg_RestrictProfilingToAdminUsers=0")
                .replace("\"gpm\"", "\"cupti-range\"") + ", " +
            source("", "available", "API 130001", "").replace("\"gpm\"", "\"cupti-activity\"");

        final Map<String, DoctorCheck> checks = examine((environment, command) -> command.contains("probe") ?
            new Output(0, "{\"sources\": [" + sources + "]}\n") : Output.FAILED);

        assertEquals("yes", checks.get("gpu").status());
        assertEquals("0: NVIDIA H200", checks.get("gpu").detail());
        assertEquals("no", checks.get("executed").status());
        assertEquals("NVreg_RestrictProfilingToAdminUsers=0", checks.get("executed").remedy());
        assertEquals("yes", checks.get("kernels").status());
    }

    @Test
    void shouldOutliveAVendorLibraryThatCrashesOrTalksNonsense() throws IOException
    {
        touch("bin/flopmeter-counter");

        assertEquals("no", examine((environment, command) -> new Output(134, "")).get("gpu").status());
        assertEquals("no", examine((environment, command) -> new Output(0, "{]")).get("gpu").status());
    }

    @Test
    void shouldWriteOneJsonDocumentAndATable()
    {
        final List<DoctorCheck> checks = doctor((environment, command) -> Output.FAILED).examine();

        final JsonNode json = JsonMapper.shared().readTree(
            DoctorCommand.json(checks, JsonMapper.shared().createObjectNode().put("host", "h")));
        assertEquals("h", json.at("/inventory/host").asString());
        assertEquals("flopmeter/doctor/v1", json.path("schema").asString());
        assertEquals(checks.size(), json.path("checks").size());
        for (final Messages messages : List.of(Messages.english(), Messages.chinese()))
        {
            final String table = DoctorCommand.table(checks, messages);
            assertTrue(table.lines().count() > checks.size());
            assertTrue(table.lines().allMatch(line -> Messages.columns(line) < 150), table);
        }
    }

    private DoctorCheck gpu(final String sources)
    {
        return examine((environment, command) -> command.contains("probe") ?
            new Output(0, "{\"sources\": [" + sources + "]}\n") : Output.FAILED).get("gpu");
    }

    private static String source(final String device, final String state, final String detail, final String remedy)
    {
        return "{\"name\": \"gpm\", \"device\": \"" + device + "\", \"state\": \"" + state +
            "\", \"detail\": \"" + detail + "\", \"remedy\": \"" + remedy + "\"}";
    }

    private Map<String, DoctorCheck> examine(final ChildRunner children)
    {
        return doctor(children).examine().stream().collect(Collectors.toMap(DoctorCheck::id, check -> check));
    }

    private Doctor doctor(final ChildRunner children)
    {
        return new Doctor(
            root, root.resolve("lib"), new StateDirectory(root.resolve("shm"), root.resolve("state")), children,
            () -> perf);
    }

    private void touch(final String name) throws IOException
    {
        write(name, "");
    }

    private void write(final String name, final String text) throws IOException
    {
        Files.createDirectories(root.resolve(name).getParent());
        Files.writeString(root.resolve(name), text);
    }
}
