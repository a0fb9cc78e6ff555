/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.io.ChildRunner.Output;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** What a host finds of itself, from a root that looks like its kernel's. */
class HostInventoryTest
{
    private static final String H200 = """
        {"index": 0, "product": "NVIDIA H200", "chip": "GH100", "status": "measured", "smCount": 132,
         "clockHzMax": "1980000000", "peaks": [
          {"format": "bf16", "lower": "0", "point": "966667046400000", "upper": "1070530560000000"},
          {"format": "fp32", "lower": "0", "point": "66908160000000", "upper": "66908160000000"}]}""";

    @TempDir
    private Path root;
    private ObjectNode inventory;

    @Test
    void shouldListCpuAndGpusWithWhatIsKnownOfEach() throws IOException
    {
        cpus(2);
        write("proc/sys/kernel/hostname", "node7\n");
        write("bin/flopmeter-counter", "");
        write("dev/nvidia0", "");
        write("dev/nvidia1", "");
        write("dev/nvidiactl", "");
        pci("0000:01:00.0", "0x030200", "0x10de", "32.0 GT/s PCIe", "16");
        pci("0000:02:00.0", "0x030000", "0x1a03", "2.5 GT/s PCIe", "1");
        write("sys/class/net/eth0/speed", "25000\n");
        write("sys/class/net/eth0/device", "");
        write("sys/class/net/eth1/speed", "-1\n");
        write("sys/class/net/eth1/device", "");
        write("sys/class/net/lo/speed", "1\n");
        write("sys/class/infiniband/mlx5_0/ports/1/rate", "400 Gb/sec (4X NDR)\n");

        examine("{\"devices\": [" + H200 + ", " + H200 + "]}");

        assertEquals("node7", inventory.get("host").asString());
        // 144 operations a cycle, 3.5 GHz by sysfs, two CPUs: an upper end only.
        final String cpu = "Test CPU, 2 x 3500 MHz";
        assertEquals("{\"lower\":\"0\",\"point\":\"1008000000000\",\"upper\":\"1008000000000\"}",
            inventory.at("/models").get(cpu).at("/dense/bf16").toString());
        // The vendor's figure, at most what the chip was seen to sustain below it, and what its highest clock allows.
        assertEquals("{\"lower\":\"966667046400000\",\"point\":\"989000000000000\",\"upper\":\"1070530560000000\"}",
            inventory.at("/models").get("NVIDIA H200").at("/dense/bf16").toString());
        assertEquals("{\"lower\":\"0\",\"point\":\"66908160000000\",\"upper\":\"66908160000000\"}",
            inventory.at("/models").get("NVIDIA H200").at("/dense/fp32").toString());
        // 32 GT/s x 16 x 128/130, in one direction; NVLink may carry more.
        assertEquals("[{\"id\":\"node7/cpu\",\"count\":1,\"model\":\"" + cpu + "\"},{\"id\":\"node7/NVIDIA H200\"," +
            "\"count\":2,\"model\":\"NVIDIA H200\",\"internalGbps\":{\"atLeast\":\"32768/65\"}}]",
            inventory.get("groups").toString());
        assertEquals("[{\"a\":\"node7/cpu\",\"b\":\"node7/NVIDIA H200\",\"gbps\":{\"atLeast\":\"32768/65\"}}]",
            inventory.get("links").toString());
        assertEquals("[{\"name\":\"eth0\",\"gbps\":\"25\"},{\"name\":\"eth1\",\"gbps\":\"unknown\"}," +
            "{\"name\":\"mlx5_0/1\",\"gbps\":\"400\"}]", inventory.get("ports").toString());
        assertTrue(inventory.get("peaks").toString().contains("VENDOR_DECLARED"), inventory::toString);
        assertEquals("yes", HostInventory.check(inventory).status());
    }

    @Test
    void shouldSayUnknownAndNeverZero() throws IOException
    {
        write("dev/nvidia0", "");
        write("dev/kfd", "");
        write("dev/accel/accel0", "");
        write("dev/accel/accel1", "");

        examine(null);

        assertEquals("host", inventory.get("host").asString());
        assertEquals("\"unknown\"", inventory.at("/models/unknown/dense/bf16").toString(), inventory::toString);
        assertEquals(List.of("host/cpu 1", "host/NVIDIA GPU 1", "host/AMD GPU 1", "host/accelerator (accel) 2"),
            inventory.get("groups").valueStream()
                .map(group -> group.get("id").asString() + ' ' + group.get("count")).toList());
        assertEquals("{}", inventory.get("models").get("AMD GPU of a model that is not known").get("dense").toString());
        assertEquals("\"unknown\"", inventory.at("/groups/3/internalGbps").toString());
        assertEquals("\"unknown\"", inventory.at("/links/0/gbps").toString());
        final DoctorCheck check = HostInventory.check(inventory);
        assertEquals("partly", check.status());
        assertTrue(check.detail().contains("no peak is known of unknown, NVIDIA GPU of a model"), check.detail());
    }

    @Test
    void shouldBelieveNoNonsenseOfACounter() throws IOException
    {
        cpus(1);
        write("bin/flopmeter-counter", "");
        examine("{]");
        assertEquals(1, inventory.get("groups").size());
        examine("{\"devices\": [{\"product\": \"\", \"peaks\": [{\"format\": \"bf16\", \"point\": \"9\", " +
            "\"upper\": \"8\"}, {\"format\": \"fp8\", \"point\": -1, \"upper\": \"8\"}]}]}");
        assertEquals("{}", inventory.at("/models/unknown GPU/dense").toString());
        examine("{\"devices\": [" + H200.replace("1070530560000000", "2070530560000000") + ", " +
            H200.replace("966667046400000", "700000000000000") + "]}");
        assertEquals("{\"lower\":\"700000000000000\",\"point\":\"989000000000000\",\"upper\":\"2070530560000000\"}",
            inventory.at("/models").get("NVIDIA H200").at("/dense/bf16").toString(), "of GPUs that differ the widest");
        examine("{\"devices\": [{\"product\": \"NVIDIA A100-SXM4-80GB\", \"peaks\": []}]}");
        assertEquals("{\"lower\":\"312000000000000\",\"point\":\"312000000000000\",\"upper\":\"unbounded\"}",
            inventory.at("/models").get("NVIDIA A100-SXM4-80GB").at("/dense/bf16").toString());
    }

    private void examine(final String answer) throws IOException
    {
        inventory = HostInventory.of(root, root.resolve("lib"), (environment, command) ->
            null == answer || !command.contains("inventory") ? Output.FAILED : new Output(0, answer));
        assertEquals(List.of(), SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(MeteredRun.ROOT.resolve("docs/schema/inventory-v1.json")), InputFormat.JSON)
            .validate(inventory.toString(), InputFormat.JSON), inventory::toString);
    }

    private void cpus(final int count) throws IOException
    {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            text.append("processor\t: ").append(i).append("\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\n")
                .append("model\t\t: 1\nmodel name\t: Test CPU\nflags\t\t: sse2 avx2\n\n");
            write("sys/devices/system/cpu/cpu" + i + "/cpufreq/cpuinfo_max_freq", "3500000\n");
        }
        write("proc/cpuinfo", text.toString());
    }

    private void pci(
        final String name, final String kind, final String vendor, final String speed, final String width)
        throws IOException
    {
        final String place = "sys/bus/pci/devices/" + name + '/';
        write(place + "class", kind + '\n');
        write(place + "vendor", vendor + '\n');
        write(place + "max_link_speed", speed + '\n');
        write(place + "max_link_width", width + '\n');
    }

    private void write(final String name, final String text) throws IOException
    {
        Files.createDirectories(root.resolve(name).getParent());
        Files.writeString(root.resolve(name), text);
    }
}
