/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.assess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.node.Main;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.command.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What sidecars read of GPUs, beside an assessment. LedgerDevicesTest has the status of a real sidecar read. */
class AssessHostGpusTest
{
    private static final String SHAPE = "{\"lower\": \"0\", \"point\": \"7\", \"upper\": \"9\"}";
    private static final String NOTHING = "{\"lower\": \"0\", \"point\": \"0\", \"upper\": \"0\"}";
    private static final String CARD = device("0", "device:GPU-11111111", "gpm", "AVAILABLE", true, "nobody", "");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    private Path work;

    private int assess(final String... words)
    {
        final List<String> all = new ArrayList<>(List.of("assess", "--plan", "1e20"));
        all.addAll(List.of(words));
        out.reset();
        err.reset();
        return Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), all.toArray(new String[0]));
    }

    private static String device(final String name, final String node, final String provider, final String state,
        final boolean isBounded, final String tenant, final String job)
    {
        return """
            {"name": "%s", "node": "%s", "product": "NVIDIA H200", "provider": "%s", "state": "%s", "tenant": "%s",
             "job": "%s", "gaps": 2, "isBounded": %s, "endMonotonicNs": 1, "counted": %s, "shared": %s,
             "elsewhere": %s}
            """.formatted(name, node, provider, state, tenant, job, isBounded, SHAPE, NOTHING,
                "metered".equals(tenant) ? SHAPE : NOTHING);
    }

    private static String status(final String host, final String upper, final String devices, final String notRead)
    {
        return """
            {"schema": "flopmeter/status/v1", "up": true, "hostName": "%s", "sidecar": {}, "devices": {
             "all": {"lower": "0", "point": "1234567", "upper": "%s"}, "totals": [{"run": "job-7",
             "node": "device:GPU-11111111", "flop": %s}], "devices": [%s], "notRead": [%s]}}
            """.formatted(host, upper, SHAPE, devices, notRead);
    }

    private String file(final String name, final String text) throws IOException
    {
        return Files.writeString(work.resolve(name), text).toString();
    }

    @Test
    void shouldShowWhoReadsWhatAndWhose() throws IOException
    {
        final String mig = device("1.3", "device:MIG-22222222", "dcgm", "AVAILABLE", true, "job", "job-7");
        final String runs = device("2", "device:GPU-33333333", "gpm", "AVAILABLE", true, "metered", "");
        final String file = file("a.json", status("host-a", "2000000", CARD + ',' + mig + ',' + runs, ""));

        assertEquals(ExitCode.DONE, assess("--host-gpus", file), err::toString);
        final String text = out.toString(StandardCharsets.UTF_8);

        assertTrue(text.contains("host-a: 3 read, 0 not read; what no run counts itself, FLOP: " +
            "1 234 567 [0, 2 000 000]\n"), text);
        assertTrue(text.contains("GPU  NVIDIA H200  gpm AVAILABLE   now: nobody     gaps: 2\n"), text);
        assertTrue(text.contains("1.3  device:MIG-22222222  MIG  NVIDIA H200  dcgm AVAILABLE  now: job job-7"), text);
        assertTrue(text.contains("job-7 / device:GPU-11111111 "), text);
        assertTrue(text.contains("counted by runs themselves: 2  "), text);
        assertFalse(text.contains("whole"), text);

        assertEquals(ExitCode.DONE, assess("--host-gpus", file, "--json"), err::toString);
        final String document = out.toString(StandardCharsets.UTF_8);
        assertEquals(List.of(), SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(MeteredRun.ROOT.resolve("docs/schema/assessment-v1.json")), InputFormat.JSON)
            .validate(document, InputFormat.JSON), document);
        final JsonNode json = JsonMapper.shared().readTree(document);
        assertTrue(json.at("/hostGpus/0/isWhole").asBoolean(), document);
        assertEquals("job-7", json.at("/hostGpus/0/devices/1/job").asString());
        assertEquals("MIG", json.at("/hostGpus/0/devices/1/kind").asString());
        assertEquals("dcgm", json.at("/hostGpus/0/devices/1/counter").asString());
        assertEquals("9", json.at("/hostGpus/0/booked/0/flop/upper").asString());
    }

    /** A card without a driver's answer, one whose counters another profiler has, one without a bound. */
    @Test
    void shouldSayWhatCouldNotBeReadWhole() throws IOException
    {
        final String refused =
            "{\"name\": \"3\", \"state\": \"NO_PERMISSION\", \"detail\": \"why\", \"remedy\": \"what helps\"}";
        final List<String> files = List.of(
            file("a.json", status("a", "unbounded", CARD, refused)),
            file("b.json", status("b", "9000000",
                device("0", "device:GPU-1", "gpm", "TAKEN", true, "nobody", ""), "")),
            file("c.json", status("c", "9000000",
                device("0", "device:GPU-1", "gpm", "AVAILABLE", false, "nobody", ""), "")),
            file("d.json", status("d", "9000000", CARD, "")));

        assertEquals(ExitCode.DONE, assess(files.stream().flatMap(file ->
            List.of("--host-gpus", file).stream()).toArray(String[]::new)), err::toString);

        final String text = out.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("a: 1 read, 1 not read; what no run counts itself, FLOP: 1 234 567 [0, unbounded]\n" +
            "    !!! not read whole: more may have been done there than was read\n"), text);
        assertTrue(text.contains("    !!! 3: NO_PERMISSION: why; what helps\n"), text);
        assertTrue(text.contains("gpm TAKEN  now: nobody  gaps: 2, not read whole\n"), text);
        assertTrue(text.contains("gpm AVAILABLE  now: nobody  gaps: 2, not read whole\n"), text);
        assertEquals(3, text.split("!!! not read whole", -1).length - 1, text);
    }

    @Test
    void shouldRefuseWhatIsNoStatusOfGpus() throws IOException
    {
        final String good = status("host-a", "2000000", CARD, "");
        refused(good.replace("status/v1", "status/v2"), "$.schema: expected flopmeter/status/v1");
        refused("{\"schema\": \"flopmeter/status/v1\", \"hostName\": \"a\"}", "it needs flopmeter sidecar --gpus");
        refused(good.replace("\"hostName\": \"host-a\",", ""), "$.hostName");
        refused(good.replace("\"all\":", "\"error\": \"why\", \"all\":"), "its totals are not there: why");
        refused(good.replace("\"1234567\"", "1234567"), "$.devices.all.point");
        refused(good.replace("\"1234567\"", "\"-1\""), "$.devices.all.point: expected a FLOP count");
        refused(good.replace("2000000", "2"), "$.devices.all: expected lower <= point <= upper");
        refused(good.replace("2000000", "9".repeat(39)), "$.devices.all.upper: expected a FLOP count");
        refused(good.replace("\"gaps\": 2", "\"gaps\": -2"), "$.devices.devices[0].gaps: expected an integer >= 0");
        refused(good.replace("\"isBounded\": true", "\"isBounded\": 1"), "$.devices.devices[0].isBounded");
        refused("{", "status.json");
        final String first = file("a.json", good);
        final String second = file("b.json", good);
        assertEquals(ExitCode.USAGE, assess("--host-gpus", first, "--host-gpus", second));
        assertTrue(err.toString(StandardCharsets.UTF_8)
            .contains(second + ": the GPUs of host host-a are in " + first + ", too\n"), err::toString);
    }

    private void refused(final String status, final String why) throws IOException
    {
        final String file = file("status.json", status);
        assertEquals(ExitCode.USAGE, assess("--host-gpus", file), status);
        final String said = err.toString(StandardCharsets.UTF_8);
        assertTrue(said.contains(file) && said.contains(why) && 1 == said.lines().count(), said);
    }
}
