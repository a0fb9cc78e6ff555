/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.nio.charset.StandardCharsets;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Cases written as JSON with single quotes. */
final class Cases
{
    static final String NOW = "2026-12-01T00:00:00Z";

    private Cases()
    {
    }

    static JsonNode json(final String quoted)
    {
        return StrictJson.read(quoted.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    static Fact fact(final String quoted)
    {
        return Fact.of("$", json(quoted));
    }

    static Pack pack(final String quoted)
    {
        return PackReader.read(fact(quoted));
    }

    /** What is determined when the facts, written without their braces, are there at {@link #NOW}. */
    static JsonNode determine(final String pack, final String ask, final String facts)
    {
        return evaluate(pack, ask, "'now': '" + NOW + "', " + facts).get("determinations").get(ask);
    }

    static ObjectNode evaluate(final String pack, final String ask, final String facts)
    {
        return PolicyCase.evaluate(JsonView.root(json(
            "{'pack': " + pack + ", 'ask': ['" + ask + "'], 'facts': {" + facts + "}}")));
    }

    /** The code with which the input is refused; the message is to name the path. */
    static String refusal(final String pack, final String ask, final String facts, final String path)
    {
        try
        {
            return "answered: " + determine(pack, ask, facts);
        }
        catch (final PolicyException ex)
        {
            return ex.getMessage().startsWith(path + ": ") ? ex.refusal().name() : ex.toString();
        }
    }
}
