/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.math.BigInteger;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What sidecars read of the GPUs of their hosts (flopmeter status --json): evidence beside the figures and in none of
 * them, since no computation of a graph has it. A device of which some time is not bounded is not read whole.
 */
public final class HostGpus
{
    public static final String STATUS_SCHEMA = "flopmeter/status/v1";

    private static final String UNBOUNDED = "unbounded";
    private static final String AVAILABLE = "AVAILABLE";
    private static final String MIG_NODE = "device:MIG-";
    /** Of 2^128 - 1. */
    private static final int DIGITS_MAX = 39;

    private HostGpus()
    {
    }

    /** Those of one host, from its status. */
    public static ObjectNode read(final JsonView status)
    {
        final JsonView schema = status.object().member("schema");
        if (!STATUS_SCHEMA.equals(schema.string()))
        {
            throw schema.wrong(STATUS_SCHEMA + ", as flopmeter status --json writes it");
        }
        if (!status.has("devices"))
        {
            throw new JsonFormatException("$.devices",
                "not there: nobody reads the GPUs of that host; it needs flopmeter sidecar --gpus");
        }
        if (!status.has("hostName"))
        {
            throw new JsonFormatException("$.hostName",
                "not there: an older flopmeter wrote this; run flopmeter status --json again on that host");
        }
        final JsonView said = status.member("devices").object();
        if (said.has("error") || !said.has("all"))
        {
            throw new JsonFormatException("$.devices", "its totals are not there: " +
                (said.has("error") ? said.member("error").string() : "no member \"all\""));
        }
        final ObjectNode gpus = JsonNodeFactory.instance.objectNode();
        gpus.put("host", status.member("hostName").string());
        final ObjectNode all = interval(said.member("all"));
        final ArrayNode devices = gpus.putArray("devices");
        said.member("devices").elements().forEach(device -> devices.add(device(device)));
        final ArrayNode notRead = gpus.putArray("notRead");
        said.member("notRead").elements().forEach(one -> notRead.add(texts(one, "name", "state", "detail", "remedy")));
        boolean isWhole = notRead.isEmpty() && !UNBOUNDED.equals(all.get("upper").asString());
        for (final JsonNode device : devices)
        {
            isWhole &= device.get("isWhole").asBoolean();
        }
        gpus.put("isWhole", isWhole).set("flop", all);
        final ArrayNode booked = gpus.putArray("booked");
        for (final JsonView total : said.member("totals").elements())
        {
            booked.addObject().put("run", total.member("run").string()).put("node", total.member("node").string())
                .set("flop", interval(total.member("flop")));
        }
        return gpus;
    }

    private static ObjectNode device(final JsonView said)
    {
        final ObjectNode device = texts(said, "name", "node", "product");
        device.put("kind", said.member("node").string().startsWith(MIG_NODE) ? "MIG" : "GPU")
            .put("counter", said.member("provider").string()).put("state", said.member("state").string())
            .put("owner", said.member("tenant").string());
        final String job = said.member("job").string();
        if (!job.isEmpty())
        {
            device.put("job", job);
        }
        final JsonNode gaps = Shape.INTEGER.read(said.member("gaps"));
        final boolean isBounded = Shape.FLAG.read(said.member("isBounded")).asBoolean();
        device.put("isWhole", isBounded && AVAILABLE.equals(device.get("state").asString())).set("gaps", gaps);
        device.set("counted", interval(said.member("counted")));
        device.set("shared", interval(said.member("shared")));
        device.set("elsewhere", interval(said.member("elsewhere")));
        return device;
    }

    private static ObjectNode texts(final JsonView from, final String... names)
    {
        final ObjectNode texts = JsonNodeFactory.instance.objectNode();
        for (final String name : names)
        {
            texts.put(name, from.member(name).string());
        }
        return texts;
    }

    private static ObjectNode interval(final JsonView said)
    {
        final BigInteger lower = count(said.member("lower"));
        final BigInteger point = count(said.member("point"));
        final JsonView end = said.member("upper");
        final BigInteger upper = UNBOUNDED.equals(end.string()) ? null : count(end);
        if (lower.compareTo(point) > 0 || null != upper && point.compareTo(upper) > 0)
        {
            throw said.wrong("lower <= point <= upper");
        }
        return JsonNodeFactory.instance.objectNode().put("lower", lower.toString()).put("point", point.toString())
            .put("upper", null == upper ? UNBOUNDED : upper.toString());
    }

    private static BigInteger count(final JsonView said)
    {
        final String text = said.string();
        if (!text.matches("[0-9]{1," + DIGITS_MAX + "}") || new BigInteger(text).bitLength() > 2 * Long.SIZE)
        {
            throw said.wrong("a FLOP count as a string of digits");
        }
        return new BigInteger(text);
    }
}
