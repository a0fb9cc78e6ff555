/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.flopmeter.bench.compare.CompareCommand;
import org.flopmeter.bench.cost.CostCard;
import org.flopmeter.bench.gate.GateCommand;
import org.flopmeter.bench.graph.GraphBench;
import org.flopmeter.bench.ledger.LedgerBench;
import org.flopmeter.bench.replay.ReplayCommand;

/**
 * {@code flopmeter bench}: the score card, or one of the sub-commands compare, cost, graph, ledger, replay, gate and
 * jmh.
 */
public final class BenchMain
{
    private BenchMain()
    {
    }

    /**
     * Entry point of the bench jar.
     *
     * @param args {@code cost [ROUNDS]}, {@code gate}, {@code jmh} and JMH's own, or options of the card.
     * @throws Exception when a sub-command fails.
     */
    public static void main(final String[] args) throws Exception
    {
        final String[] rest = args.length > 0 ? Arrays.copyOfRange(args, 1, args.length) : args;
        switch (args.length > 0 ? args[0] : "")
        {
            case "compare":
                exit(CompareCommand.run(out(), err(), rest));
                break;
            case "cost":
                CostCard.main(rest);
                break;
            case "jmh":
                org.openjdk.jmh.Main.main(rest);
                break;
            case "replay":
                ReplayCommand.main(rest);
                break;
            case "graph":
                exit(GraphBench.run(out(), err(), rest));
                break;
            case "ledger":
                exit(LedgerBench.run(out(), err(), rest));
                break;
            case "gate":
                exit(GateCommand.run(err(), rest));
                break;
            default:
                exit(BenchCommand.run(BenchCommand.REAL, out(), err(), args));
                break;
        }
    }

    private static PrintStream out()
    {
        return new PrintStream(System.out, true, StandardCharsets.UTF_8);
    }

    private static PrintStream err()
    {
        return new PrintStream(System.err, true, StandardCharsets.UTF_8);
    }

    private static void exit(final int code)
    {
        System.out.flush();
        System.exit(code);
    }
}
