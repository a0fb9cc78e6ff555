/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.doctor;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.flopmeter.node.text.Printable;
import org.flopmeter.unit.Ratio;

/** What the kernel shows of a host's devices and links, below a root. Never fails: what can't be read isn't known. */
final class HostDevices
{
    private static final String UNKNOWN = "unknown";
    private static final long MBPS_PER_GBPS = 1000;
    private static final Pattern TRANSFERS = Pattern.compile("([0-9]{1,4}(\\.[0-9]{1,3})?) GT/s.*");
    private static final Pattern RATE = Pattern.compile("([0-9]{1,6}(\\.[0-9]{1,3})?) Gb/sec.*");
    /** 3D controllers and processing accelerators; what drives a screen counts when NVIDIA made it. */
    private static final Pattern ACCELERATOR = Pattern.compile("0x(0302|12[0-9a-f]{2})[0-9a-f]{2}");
    private static final Pattern DISPLAY = Pattern.compile("0x0300[0-9a-f]{2}");
    private static final String NVIDIA = "0x10de";

    /** Payload of a line code: bits sent in so many. */
    private static final Map<String, Ratio> LINE_CODES = Map.of(
        "2.5", Ratio.of(4).divide(Ratio.of(5)), "5.0", Ratio.of(4).divide(Ratio.of(5)),
        "8.0", Ratio.of(128).divide(Ratio.of(130)), "16.0", Ratio.of(128).divide(Ratio.of(130)),
        "32.0", Ratio.of(128).divide(Ratio.of(130)));

    private final Path root;

    HostDevices(final Path root)
    {
        this.root = root;
    }

    String hostName()
    {
        final String name = Printable.of(text("proc/sys/kernel/hostname").strip());
        return name.isBlank() ? "host" : name;
    }

    /** CPUs that the kernel lists; 0 = not known. */
    int cpuCount()
    {
        return (int)text("proc/cpuinfo").lines().filter(line -> line.matches("processor\\s*:.*")).count();
    }

    int count(final String directory, final String pattern)
    {
        return names(directory, pattern).size();
    }

    /** Compute nodes of the kernel's driver that have vector units. */
    int amdGpuCount()
    {
        final String nodes = "sys/class/kfd/kfd/topology/nodes";
        final int seen = (int)names(nodes, "[0-9]+").stream()
            .filter(node -> text(nodes + '/' + node + "/properties").lines()
                .anyMatch(line -> line.matches("simd_count [1-9][0-9]*")))
            .count();
        return 0 == seen && Files.exists(root.resolve("dev/kfd")) ? 1 : seen;
    }

    /** Ports to other hosts: Gbit/s, or unknown. */
    SortedMap<String, String> ports()
    {
        final SortedMap<String, String> ports = new TreeMap<>();
        for (final String name : names("sys/class/net", ".*"))
        {
            // An interface without a device is a bridge, a loop, a tunnel: its frames leave through another one.
            if (Files.exists(root.resolve("sys/class/net").resolve(name).resolve("device")))
            {
                final String mbps = text("sys/class/net/" + name + "/speed").strip();
                ports.put(name, mbps.matches("[1-9][0-9]{0,8}") ?
                    Ratio.of(Long.parseLong(mbps)).divide(Ratio.of(MBPS_PER_GBPS)).toString() : UNKNOWN);
            }
        }
        for (final String device : names("sys/class/infiniband", ".*"))
        {
            for (final String port : names("sys/class/infiniband/" + device + "/ports", "[0-9]+"))
            {
                final Matcher rate =
                    RATE.matcher(text("sys/class/infiniband/" + device + "/ports/" + port + "/rate").strip());
                ports.put(device + '/' + port, rate.matches() ? ratio(rate.group(1)).toString() : UNKNOWN);
            }
        }
        return ports;
    }

    /** What the slowest accelerator's PCI Express link can carry in one direction, Gbit/s, or unknown. */
    String pcieGbps()
    {
        Ratio slowest = null;
        for (final String device : names("sys/bus/pci/devices", ".*"))
        {
            final String place = "sys/bus/pci/devices/" + device + '/';
            final String kind = text(place + "class").strip();
            if (!ACCELERATOR.matcher(kind).matches() &&
                !(DISPLAY.matcher(kind).matches() && NVIDIA.equals(text(place + "vendor").strip())))
            {
                continue;
            }
            final Matcher speed = TRANSFERS.matcher(text(place + "max_link_speed").strip());
            final String width = text(place + "max_link_width").strip();
            if (!speed.matches() || !width.matches("[1-9][0-9]?") || !LINE_CODES.containsKey(speed.group(1)))
            {
                return UNKNOWN;
            }
            final Ratio gbps = ratio(speed.group(1)).multiply(Ratio.of(Long.parseLong(width)))
                .multiply(LINE_CODES.get(speed.group(1)));
            slowest = null == slowest ? gbps : slowest.min(gbps);
        }
        return null == slowest ? UNKNOWN : slowest.toString();
    }

    private static Ratio ratio(final String decimal)
    {
        return Ratio.of(new BigDecimal(decimal));
    }

    private String text(final String file)
    {
        try
        {
            return Files.readString(root.resolve(file), StandardCharsets.ISO_8859_1);
        }
        catch (final IOException e)
        {
            return "";
        }
    }

    private List<String> names(final String directory, final String pattern)
    {
        final List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root.resolve(directory)))
        {
            for (final Path entry : entries)
            {
                if (entry.getFileName().toString().matches(pattern))
                {
                    names.add(entry.getFileName().toString());
                }
            }
        }
        catch (final IOException e)
        {
            return List.of();
        }
        names.sort(null);
        return names;
    }
}
