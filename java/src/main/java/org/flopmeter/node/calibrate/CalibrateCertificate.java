/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import org.flopmeter.node.io.CanonicalJson;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.Version;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes flopmeter/calibration/v1, docs/schema/calibration-v1.json. Every figure can be worked out again from the
 * readings in it. A signature is around it, never in it: {@link CalibrateFile}.
 */
final class CalibrateCertificate
{
    static final String SCHEMA = "flopmeter/calibration/v1";

    private static final int PIECE_LENGTH = 1 << 16;
    private static final long NS_PER_SEC = 1_000_000_000L;
    private static final String[] CHIP_FIELDS = { "name", "machine", "device", "computeCapability", "architecture" };
    private static final Path DRIVER_FILE = Path.of("/proc/driver/nvidia/version");

    /** What the figures hold for: where a fact is not known it is absent. */
    record Environment(String meter, String jvm, String os, String nvidiaDriver, String programSha256,
        List<Library> libraries)
    {
    }

    /** A file that took part, and its digest. */
    record Library(String name, String sha256)
    {
    }

    private final CalibrateRaw raw;
    private final List<CalibrateRaw.SourceState> sources;
    private final List<CalibrateReading> readings;
    private final List<CalibrateFigure> figures;
    private final Environment environment;

    CalibrateCertificate(
        final CalibrateRaw raw,
        final List<CalibratePrograms.Interception> interceptions,
        final Environment environment)
    {
        this.raw = raw;
        this.environment = environment;
        this.sources = new ArrayList<>(raw.sources());
        this.readings = new ArrayList<>(raw.readings());
        interceptions.forEach(interception ->
        {
            this.sources.add(interception.source());
            this.readings.addAll(interception.readings());
        });
        this.figures = CalibrateFigure.of(readings, isWhole(raw.document()));
    }

    List<CalibrateFigure> figures()
    {
        return figures;
    }

    /** True when some source's interval did not hold the truth. */
    boolean isTruthOutside()
    {
        return figures.stream().anyMatch(figure -> 0 < figure.outside());
    }

    /** Was everything measured as often as wanted? Of raw readings, or of a certificate. */
    static boolean isWhole(final JsonNode document)
    {
        return !document.path("quick").booleanValue(true) && !document.path("isCut").booleanValue(true);
    }

    ObjectNode document()
    {
        final JsonNode from = raw.document();
        final ObjectNode document = JsonMapper.shared().createObjectNode();
        document.put("schema", SCHEMA);
        document.put("meter", environment.meter());
        document.put("begin", instant(from.path("beginNs").longValue(0)));
        document.put("end", instant(from.path("endNs").longValue(0)));
        document.put("quick", from.path("quick").booleanValue());
        document.put("isCut", from.path("isCut").booleanValue());
        document.set("environment", environment());
        document.set("images", from.path("images").path("list").deepCopy());
        document.set("kernels", from.path("kernels").deepCopy());
        final ArrayNode states = document.putArray("sources");
        sources.forEach(source -> states.addObject().put("source", source.source()).put("basis", source.basis())
            .put("chipKind", source.chipKind()).put("state", source.state()).put("detail", source.detail())
            .put("remedy", source.remedy()));
        final ArrayNode errors = document.putArray("figures");
        figures.forEach(figure -> errors.add(figure(figure)));
        document.put("isTruthInside", !isTruthOutside());
        final ArrayNode idle = document.putArray("idle");
        raw.idle().forEach(reading -> idle.add(reading(reading)));
        final ArrayNode rows = document.putArray("readings");
        readings.forEach(reading -> rows.add(reading(reading)));
        document.putObject("digest").put("algorithm", "SHA-256")
            .put("of", "RFC 8785 bytes of this document without its member digest")
            .put("value", digest(document));
        return document;
    }

    /** Digest of a certificate as it must stand in it. */
    static String digest(final JsonNode document)
    {
        final ObjectNode bare = ((ObjectNode)document).deepCopy();
        bare.remove("digest");
        return CanonicalJson.sha256(CanonicalJson.bytes(bare));
    }

    private ObjectNode environment()
    {
        final JsonNode from = raw.document();
        final ObjectNode node = JsonMapper.shared().createObjectNode();
        node.put("jvm", environment.jvm()).put("os", environment.os());
        chip(node.putObject("cpu"), from.path("cpu"));
        final ObjectNode gpu = node.putObject("gpu");
        gpu.put("state", from.path("gpu").path("state").stringValue(""));
        gpu.put("detail", from.path("gpu").path("detail").stringValue(""));
        gpu.put("remedy", from.path("gpu").path("remedy").stringValue(""));
        chip(gpu, from.path("gpu"));
        for (final String name : new String[] { "multiprocessors", "driverCudaVersion" })
        {
            if (from.path("gpu").path(name).isIntegralNumber())
            {
                gpu.put(name, from.path("gpu").path(name).longValue());
            }
        }
        if (!environment.nvidiaDriver().isEmpty())
        {
            gpu.put("driver", environment.nvidiaDriver());
        }
        node.put("kernelsCudaVersion", from.path("images").path("cudaVersion").longValue(0));
        node.putObject("program").put("name", CalibratePrograms.PROGRAM).put("sha256", environment.programSha256());
        final ArrayNode libraries = node.putArray("libraries");
        environment.libraries().forEach(
            library -> libraries.addObject().put("name", library.name()).put("sha256", library.sha256()));
        return node;
    }

    private static void chip(final ObjectNode to, final JsonNode from)
    {
        for (final String name : CHIP_FIELDS)
        {
            if (from.path(name).isString())
            {
                to.put(name, from.path(name).stringValue());
            }
        }
        if (from.path("kernelsAbsent").isArray())
        {
            to.set("kernelsAbsent", from.path("kernelsAbsent").deepCopy());
        }
        if (from.path("whyAbsent").isObject())
        {
            to.set("whyAbsent", from.path("whyAbsent").deepCopy());
        }
    }

    static ObjectNode figure(final CalibrateFigure figure)
    {
        final ObjectNode node = JsonMapper.shared().createObjectNode();
        node.put("source", figure.source()).put("basis", figure.basis()).put("chipKind", figure.chipKind())
            .put("precision", figure.precision()).put("kernels", figure.kernels()).put("readings", figure.good())
            .put("failed", figure.failed()).put("class", figure.accuracyClass().jsonName());
        if (figure.isMeasured())
        {
            node.putObject("pointErrorPpm").put("low", figure.errorLowPpm()).put("high", figure.errorHighPpm());
            final ObjectNode interval = node.putObject("interval")
                .put("inside", figure.good() - figure.outside()).put("outside", figure.outside());
            if (null == figure.widthPpm())
            {
                interval.put("isUnbounded", true);
            }
            else
            {
                interval.put("isUnbounded", false).put("widthPpm", figure.widthPpm());
            }
            node.put("elsewherePpm", figure.elsewherePpm());
        }
        return node;
    }

    private static ObjectNode reading(final CalibrateReading reading)
    {
        final ObjectNode node = JsonMapper.shared().createObjectNode();
        node.put("source", reading.source()).put("chipKind", reading.chipKind());
        if (!reading.kernel().isEmpty())
        {
            node.put("kernel", reading.kernel()).put("precision", reading.precision()).put("pass", reading.pass());
        }
        node.put("state", reading.state()).put("detail", reading.detail()).put("remedy", reading.remedy())
            .put("expected", reading.expected().toString()).put("timeNs", reading.timeNs()).put("gaps", reading.gaps());
        final ArrayNode figures = node.putArray("figures");
        reading.figures().forEach(figure -> figures.addObject().put("precision", figure.precision())
            .put("lower", figure.lower().toString()).put("point", figure.point().toString())
            .put("upper", null == figure.upper() ? "unbounded" : figure.upper().toString()));
        return node;
    }

    /** Each file once, however many names it was found under. */
    static Environment environmentOf(
        final Path program, final CalibrateRaw raw, final List<CalibratePrograms.Interception> interceptions)
    {
        final TreeSet<Path> files = new TreeSet<>();
        raw.libraries().forEach(library -> files.add(real(library)));
        interceptions.forEach(interception -> interception.libraries().forEach(library -> files.add(real(library))));
        final List<Library> digests = files.stream()
            .map(library -> new Library(library.getFileName().toString(), sha256(library))).toList();
        return new Environment(Version.text(),
            System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
            System.getProperty("os.name") + " " + System.getProperty("os.version") + " " +
                System.getProperty("os.arch"),
            firstLine(DRIVER_FILE), sha256(program), digests);
    }

    private static Path real(final Path file)
    {
        try
        {
            return file.toRealPath();
        }
        catch (final IOException e)
        {
            throw unreadable(file, e);
        }
    }

    /* In pieces: a vendor's library of matrix products has more bytes than this process has memory. */
    private static String sha256(final Path file)
    {
        try (InputStream stream = Files.newInputStream(file))
        {
            final MessageDigest digest = MessageDigest.getInstance("SHA-256");
            final byte[] piece = new byte[PIECE_LENGTH];
            for (int length = stream.read(piece); 0 <= length; length = stream.read(piece))
            {
                digest.update(piece, 0, length);
            }
            return HexFormat.of().formatHex(digest.digest());
        }
        catch (final IOException e)
        {
            throw unreadable(file, e);
        }
        catch (final NoSuchAlgorithmException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private static EnvironmentException unreadable(final Path file, final IOException e)
    {
        return new EnvironmentException(file + ": cannot be read: " + e.getMessage());
    }

    private static String firstLine(final Path file)
    {
        try (var lines = Files.lines(file, StandardCharsets.UTF_8))
        {
            return lines.findFirst().orElse("").strip();
        }
        catch (final IOException e)
        {
            return "";
        }
    }

    private static String instant(final long epochNs)
    {
        return Instant.ofEpochSecond(Math.floorDiv(epochNs, NS_PER_SEC), Math.floorMod(epochNs, NS_PER_SEC)).toString();
    }
}
