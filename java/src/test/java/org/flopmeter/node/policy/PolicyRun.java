/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.Main;
import tools.jackson.databind.JsonNode;

/** {@code flopmeter policy}, and what the last call printed. */
final class PolicyRun
{
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    int run(final String... args)
    {
        out.reset();
        err.reset();
        return Main.run(stream(out), stream(err), Stream.concat(Stream.of("policy"), Stream.of(args))
            .toArray(String[]::new));
    }

    String out()
    {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err()
    {
        return err.toString(StandardCharsets.UTF_8);
    }

    JsonNode json()
    {
        return json(out());
    }

    static JsonNode json(final String text)
    {
        return StrictJson.read(text.getBytes(StandardCharsets.UTF_8));
    }

    private static PrintStream stream(final ByteArrayOutputStream bytes)
    {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
