/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.assess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.policy.PackLibrary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** From the meter to the answer through the real launcher: metered runs, this host's devices, signed packs. */
class AssessPolicyIT
{
    private static final String WORKER = MeteredRun.WORKER.toString();
    private static final long TIMEOUT_S = 300;

    @TempDir
    private Path work;
    private int exitCode;
    private String stdout;
    private String stderr;

    @Test
    void shouldAssessMeteredRunsOnThisHost() throws Exception
    {
        meter("\"$0\" count 1 1000 >/dev/null && echo weights >model.bin", "--writes", "model.bin");
        for (final String answer : List.of("a", "b"))
        {
            meter("\"$0\" count 1 50 >/dev/null && echo " + answer + " >answer-" + answer,
                "--reads", "model.bin", "--writes", "answer-" + answer);
        }
        flopmeter("doctor", "--json", "--dir", file("state"));
        assertEquals(0, exitCode, stderr);
        Files.writeString(work.resolve("host.json"), stdout);
        Files.writeString(work.resolve("facts.yaml"), """
            schema: flopmeter/assessment-facts/v1
            inventory: host.json
            deployment: {output: answer-b, sequence: [answer-a, answer-b]}
            """);

        flopmeter("assess", "model.bin", "--facts", "facts.yaml", "--dir", file("state"), "--json");

        assertEquals(0, exitCode, stderr);
        final JsonNode seed = json().at("/packs/0");
        assertEquals("1000", seed.at("/figures/training/lower").asString());
        assertEquals("MEASURED", seed.at("/figures/basis").asString());
        assertEquals("1050", seed.at("/figures/output/lower").asString());
        assertEquals("NOT_REQUIRED", seed.at("/determinations/registration/answer/state").asString());
        assertEquals("ANSWERED", seed.at("/determinations/rate/status").asString(), stdout);
        assertTrue(seed.at("/figures/rate/lower").asString().matches("[0-9]{1,3}"), "50 FLOP in the time of a run");
        final JsonNode cluster = seed.at("/determinations/cluster");
        assertEquals("ANSWERED", cluster.get("status").asString());
        assertTrue(cluster.at("/answer/components").size() > 0, stdout);
        flopmeter("assess", "model.bin", "--dir", file("state"), "--inventory", file("nowhere"));
        assertEquals(2, exitCode);
        assertEquals(file("nowhere") + ": no such file", stderr.replaceFirst("^flopmeter: ", "").strip());
    }

    @Test
    void shouldAcceptASignedPackAndNoticeItsRemoval() throws Exception
    {
        flopmeter("policy", "keygen", "--name", "agency.example/1", file("key"));
        assertEquals(0, exitCode, stderr);
        Files.writeString(work.resolve("agency.json"), "{\"schema\": \"flopmeter/policy-authority/v1\", " +
            "\"authority\": \"SEED\", \"agency\": \"Bureau\", \"jurisdiction\": \"US\", \"level\": \"NATIONAL\", " +
            "\"quorum\": 1, \"keys\": [\"" + stdout.strip() + "\"]}");
        for (int version = 2; version <= 3; version++)
        {
            Files.writeString(work.resolve("pack.json"), PackLibrary.shipped("seed").document().put("version", version)
                .put("effective", "2026-02-01T00:00:00Z").toPrettyString());
            flopmeter("policy", "sign", file("pack.json"), "--key", file("key"), "--out", file("signed.json"));
            assertEquals(0, exitCode, stderr);
            flopmeter("policy", "accept", file("signed.json"), "--authority", file("agency.json"),
                "--dir", file("state"));
            assertEquals(0, exitCode, stderr);
        }
        flopmeter("policy", "history", "--dir", file("state"), "--json");
        assertEquals(2, json().get("accepted").size());
        final String digest = json().get("digest").asString();

        flopmeter("policy", "history", "--dir", file("state"), "--expect", digest);
        assertEquals(0, exitCode, stderr);
        Files.move(work.resolve("state/policy/accepted/000002"), work.resolve("gone"));
        flopmeter("policy", "history", "--dir", file("state"));
        assertEquals(0, exitCode, "canary: without the digest it goes unnoticed");
        flopmeter("policy", "history", "--dir", file("state"), "--expect", digest);
        assertEquals(3, exitCode);
        assertTrue(stderr.contains("accepted packs are not those of before"), stderr);
    }

    private void meter(final String script, final String... options) throws Exception
    {
        final MeteredRun run = new MeteredRun(work).option(options).run("sh", "-c", script, WORKER);
        assertEquals(0, run.exitCode(), run::stderr);
    }

    private void flopmeter(final String... words) throws IOException, InterruptedException
    {
        final List<String> command = new ArrayList<>(List.of(MeteredRun.LAUNCHER.toString()));
        command.addAll(List.of(words));
        final Path errors = work.resolve("errors.txt");
        final Process process =
            new ProcessBuilder(command).directory(work.toFile()).redirectError(errors.toFile()).start();
        stdout = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(TIMEOUT_S, TimeUnit.SECONDS), "it did not end");
        exitCode = process.exitValue();
        stderr = Files.readString(errors);
    }

    private String file(final String name)
    {
        return work.resolve(name).toString();
    }

    private JsonNode json()
    {
        return StrictJson.read(stdout.getBytes(StandardCharsets.UTF_8));
    }
}
