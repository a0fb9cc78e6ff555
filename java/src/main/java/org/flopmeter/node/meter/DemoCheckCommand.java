/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.command.StreamCommand;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.text.FlopText;
import org.flopmeter.node.text.Messages;
import org.flopmeter.node.text.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** Puts the meter's count of each node beside what the demo's program expects by formula. Exit 1 when they differ. */
@Command(name = "demo-check", hidden = true, description = "Internal: compare a result with the demo's expectation.")
public final class DemoCheckCommand extends StreamCommand
{
    @Parameters(index = "0", paramLabel = "RESULT", description = "Result document of the demo's run.")
    private Path resultFile;

    @Parameters(index = "1", paramLabel = "EXPECTED", description = "Lines of: node, FLOP.")
    private Path expectedFile;

    @Override
    public Integer call()
    {
        final Messages messages = Messages.of(System.getenv());
        final Map<String, BigInteger> metered = metered();
        final Map<String, BigInteger> expected = expected();
        final TreeSet<String> nodes = new TreeSet<>(metered.keySet());
        nodes.addAll(expected.keySet());

        boolean isExact = true;
        final Table table = new Table("<>><", "    ");
        table.row(messages.get("demo.node"), messages.get("demo.metered"), messages.get("demo.expected"), "");
        for (final String node : nodes)
        {
            final BigInteger one = metered.getOrDefault(node, BigInteger.ZERO);
            final BigInteger other = expected.getOrDefault(node, BigInteger.ZERO);
            isExact &= one.equals(other);
            table.row(node, FlopText.grouped(one), FlopText.grouped(other),
                messages.get(one.equals(other) ? "demo.equal" : "demo.different"));
        }
        final StringBuilder text = new StringBuilder("  ").append(messages.get("demo.title")).append('\n');
        table.appendTo(text);
        err().print(text.append("  ").append(messages.get(isExact ? "demo.exact" : "demo.inexact")).append('\n'));
        return isExact ? ExitCode.DONE : ExitCode.ANSWER_IS_NO;
    }

    private Map<String, BigInteger> metered()
    {
        final JsonNode byNode = RunFacts.parse(resultFile).path("byNode");
        if (!byNode.isObject())
        {
            throw new UsageException(resultFile + ": \"byNode\" is missing: not a result document");
        }
        final Map<String, BigInteger> metered = new TreeMap<>();
        byNode.properties().forEach(
            entry -> metered.put(entry.getKey(), new BigInteger(entry.getValue().path("lower").asString("0"))));
        return metered;
    }

    private Map<String, BigInteger> expected()
    {
        final Map<String, BigInteger> expected = new TreeMap<>();
        try
        {
            int lineNumber = 0;
            for (final String line : Files.readAllLines(expectedFile))
            {
                lineNumber++;
                final String[] words = line.strip().split("\\s+");
                if (2 != words.length || !words[1].matches("[0-9]+"))
                {
                    throw new UsageException(
                        expectedFile + ": line " + lineNumber + ": expected a node and its FLOP, found: " + line);
                }
                expected.merge(words[0], new BigInteger(words[1]), BigInteger::add);
            }
        }
        catch (final NoSuchFileException e)
        {
            throw new UsageException(expectedFile + ": no such file");
        }
        catch (final IOException e)
        {
            throw new UsageException(expectedFile + ": cannot be read: " + e.getMessage());
        }
        return expected;
    }
}
