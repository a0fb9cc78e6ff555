/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.doctor;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.assess.Inventories;
import org.flopmeter.node.io.ChildRunner;
import org.flopmeter.node.text.Printable;
import org.flopmeter.sampler.CpuPeak;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Devices of this host, what each can do at most in each format, and how they are linked: flopmeter/inventory/v1, as
 * `assess --inventory` takes it. What nobody here can know is "unknown", never zero.
 */
final class HostInventory
{
    private static final String UNKNOWN = "unknown";
    private static final String CPU = "cpu";
    /** Formats that a CPU computes in; one bound holds for all of them together, so for each. */
    private static final String[] CPU_FORMATS = { "fp64", "fp32", "fp16", "bf16", "int8" };
    private static final String DECLARED_PEAKS = "gpu-peak.csv";
    private static final int COLUMNS = 5;

    private final Path root;
    private final HostDevices devices;
    private final ObjectNode json = JsonMapper.shared().createObjectNode();
    private final ObjectNode models;
    private final ArrayNode groups;
    private final ArrayNode links;
    private final ArrayNode peaks;
    private final String host;

    /** A row of what vendors declare. */
    private record Declared(String format, BigInteger flopPerSec, String status, String source)
    {
    }

    private HostInventory(final Path root, final HostDevices devices)
    {
        this.root = root;
        this.devices = devices;
        host = devices.hostName();
        json.put("schema", Inventories.SCHEMA).put("host", host);
        models = json.putObject("models");
        groups = json.putArray("groups");
        links = json.putArray("links");
        final ArrayNode ports = json.putArray("ports");
        devices.ports().forEach((name, gbps) -> ports.addObject().put("name", name).put("gbps", gbps));
        peaks = json.putArray("peaks");
    }

    /** The inventory of the machine whose /proc, /sys and /dev lie below a root. */
    static ObjectNode of(final Path root, final Path nativePath, final ChildRunner children)
    {
        final HostInventory inventory = new HostInventory(root, new HostDevices(root));
        inventory.addCpu();
        inventory.addGpus(surveyed(nativePath, children));
        inventory.addOthers();
        return inventory.json;
    }

    /** The inventory as a line of the doctor's table. */
    static DoctorCheck check(final JsonNode inventory)
    {
        final List<String> found = new ArrayList<>();
        final List<String> unknown = new ArrayList<>();
        for (final JsonNode group : inventory.get("groups"))
        {
            final String model = group.get("model").asString();
            final boolean isKnown = inventory.get("models").get(model).get("dense").valueStream()
                .anyMatch(figure -> figure.isObject());
            found.add(group.get("count") + " x " + model);
            if (!isKnown)
            {
                unknown.add(model);
            }
        }
        final String detail = String.join("; ", found);
        return unknown.isEmpty() ? DoctorCheck.yes("inventory", detail) : DoctorCheck.partly("inventory",
            detail + "; no peak is known of " + String.join(", ", unknown),
            "declare it where you assess the cluster: docs/assess.md");
    }

    /** What flopmeter-counter says of NVIDIA's GPUs; missing where it, or the driver, isn't there. */
    private static JsonNode surveyed(final Path nativePath, final ChildRunner children)
    {
        final Path program = nativePath.resolveSibling("bin").resolve("flopmeter-counter");
        final ChildRunner.Output output = Files.exists(program) ?
            children.run(Map.of(), List.of(program.toString(), "inventory")) : ChildRunner.Output.FAILED;
        try
        {
            return JsonMapper.shared().readTree(0 == output.exitCode() ? output.text() : "{}").path("devices");
        }
        catch (final JacksonException e)
        {
            return JsonMapper.shared().missingNode();
        }
    }

    private void addCpu()
    {
        final CpuPeak peak = CpuPeak.probe(root);
        final int count = devices.cpuCount();
        final boolean isKnown = peak.isBounded() && 0 < count;
        final String model = Printable.of(peak.model()) +
            (isKnown ? ", " + count + " x " + peak.clockHz() / 1_000_000 + " MHz" : "");
        final ObjectNode dense = models.putObject(model).putObject("dense");
        for (final String format : CPU_FORMATS)
        {
            if (isKnown)
            {
                final String upper = BigInteger.valueOf(peak.flopPerCycle())
                    .multiply(BigInteger.valueOf(peak.clockHz())).multiply(BigInteger.valueOf(count)).toString();
                dense.set(format, interval("0", upper, upper));
                addPeak(model, format, "PEAK_BOUND", "verified", peak.flopPerCycle() + " operations a cycle (" +
                    peak.isa() + ", all formats together) x " + peak.clockHz() / 1_000_000 + " MHz (" +
                    peak.clockSource() + ") x " + count + " CPUs: " + peak.why());
            }
            else
            {
                dense.put(format, UNKNOWN);
                addPeak(model, format, "UNKNOWN", "unverified", peak.why());
            }
        }
        addGroup(CPU, 1, model);
    }

    private void addGpus(final JsonNode surveyed)
    {
        final Map<String, List<JsonNode>> byProduct = new LinkedHashMap<>();
        for (final JsonNode gpu : surveyed)
        {
            final String product = Printable.of(gpu.path("product").asString(""));
            final String model = product.isBlank() ? UNKNOWN + " GPU" : product;
            byProduct.computeIfAbsent(model, made -> new ArrayList<>()).add(gpu);
        }
        int seen = 0;
        for (final var entry : byProduct.entrySet())
        {
            seen += entry.getValue().size();
            addModel(entry.getKey(), entry.getValue());
            addGroup(entry.getKey(), entry.getValue().size(), entry.getKey());
            addLink(entry.getKey(), entry.getValue().size());
        }
        // Device nodes without a driver that answers: they are there, and nothing is known of them.
        addUnknown("NVIDIA GPU", devices.count("dev", "nvidia[0-9]+") - seen);
    }

    private void addOthers()
    {
        addUnknown("AMD GPU", devices.amdGpuCount());
        addUnknown("accelerator (accel)", devices.count("dev/accel", "accel[0-9]+"));
        addUnknown("Ascend", devices.count("dev", "davinci[0-9]+"));
        addUnknown("Neuron", devices.count("dev", "neuron[0-9]+"));
        addUnknown("Gaudi", devices.count("dev", "hl[0-9]+"));
    }

    private void addUnknown(final String kind, final int count)
    {
        if (0 < count)
        {
            final String model = kind + " of a model that is not known";
            models.putObject(model).putObject("dense");
            addGroup(kind, count, model);
            addLink(kind, count);
        }
    }

    /** By its chip, and by what its vendor declares; of GPUs that differ the widest. */
    private void addModel(final String product, final List<JsonNode> gpus)
    {
        final Map<String, BigInteger[]> byFormat = new LinkedHashMap<>();
        for (final JsonNode gpu : gpus)
        {
            for (final JsonNode peak : gpu.path("peaks"))
            {
                final String format = Printable.of(peak.path("format").asString(UNKNOWN));
                final BigInteger point = count(peak.path("point"));
                final BigInteger upper = count(peak.path("upper"));
                if (null != point && null != upper && point.compareTo(upper) <= 0)
                {
                    byFormat.merge(format, new BigInteger[] { point, upper }, (one, other) ->
                        new BigInteger[] { one[0].min(other[0]), one[1].max(other[1]) });
                    addPeak(product, format, "ARCHITECTURE", gpu.path("status").asString("unverified"),
                        "rate of " + Printable.of(gpu.path("chip").asString(UNKNOWN)) + " x " +
                        gpu.path("smCount").toString() + " SM x " + gpu.path("clockHzMax").asString(UNKNOWN) + " Hz");
                }
            }
        }
        final ObjectNode dense = models.putObject(product).putObject("dense");
        byFormat.forEach((format, bounds) ->
            dense.set(format, interval("0", bounds[0].toString(), bounds[1].toString())));
        for (final Declared row : declared(product))
        {
            final BigInteger[] bounds = byFormat.get(row.format);
            dense.set(row.format, null == bounds ?
                interval(row.flopPerSec.toString(), row.flopPerSec.toString(), "unbounded") :
                interval(row.flopPerSec.min(bounds[0]).toString(), row.flopPerSec.toString(),
                    row.flopPerSec.max(bounds[1]).toString()));
            addPeak(product, row.format, "VENDOR_DECLARED", row.status, row.source);
        }
    }

    private static BigInteger count(final JsonNode text)
    {
        return text.asString("").matches("[0-9]{1,20}") ? new BigInteger(text.asString()) : null;
    }

    /** Rows of a product. */
    private static List<Declared> declared(final String product)
    {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
            HostInventory.class.getResourceAsStream(DECLARED_PEAKS), StandardCharsets.UTF_8)))
        {
            return reader.lines().filter(line -> line.startsWith(product + ",")).map(line -> line.split(",", COLUMNS))
                .map(row -> new Declared(row[1], new BigInteger(row[2]), row[3], row[4])).toList();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    private void addGroup(final String name, final int count, final String model)
    {
        final ObjectNode group =
            groups.addObject().put("id", host + '/' + name).put("count", count).put("model", model);
        if (1 < count)
        {
            group.set("internalGbps", speed());
        }
    }

    private void addLink(final String name, final int count)
    {
        if (0 < count)
        {
            links.addObject().put("a", host + '/' + CPU).put("b", host + '/' + name).set("gbps", speed());
        }
    }

    /** At least what PCI Express carries; a fabric of the vendor may carry more. */
    private JsonNode speed()
    {
        final String gbps = devices.pcieGbps();
        return UNKNOWN.equals(gbps) ? json.stringNode(UNKNOWN) :
            JsonMapper.shared().createObjectNode().put("atLeast", gbps);
    }

    private void addPeak(
        final String model, final String format, final String basis, final String status, final String source)
    {
        peaks.addObject().put("model", model).put("format", format).put("basis", basis).put("status", status)
            .put("source", source);
    }

    private static ObjectNode interval(final String lower, final String point, final String upper)
    {
        return JsonMapper.shared().createObjectNode().put("lower", lower).put("point", point).put("upper", upper);
    }
}
