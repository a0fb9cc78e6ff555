/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.graph;

import java.io.BufferedWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.flopmeter.graph.index.ParentGraph;

/**
 * DuckDB over JDBC: edges and weights as tables, a recursive query with UNION, which is a set of nodes, not of paths.
 * Two threads, data in memory. A weight is three columns, for no sum of 128-bit columns is unsigned there.
 */
final class DuckDbPeer implements Peer
{
    private static final String QUERY = "WITH RECURSIVE ancestors(node) AS (SELECT CAST(? AS INTEGER) UNION " +
        "SELECT edges.parent FROM edges JOIN ancestors ON edges.child = ancestors.node) " +
        "SELECT sum(high), sum(middle), sum(low) FROM ancestors JOIN weights ON weights.node = ancestors.node";

    private static final String ALL = "WITH RECURSIVE closure(node, ancestor) AS (" +
        "SELECT node, node FROM weights UNION " +
        "SELECT closure.node, edges.parent FROM closure JOIN edges ON edges.child = closure.ancestor) " +
        "SELECT closure.node, sum(high), sum(middle), sum(low) FROM closure " +
        "JOIN weights ON weights.node = closure.ancestor GROUP BY closure.node";

    private final Connection connection;
    private final PreparedStatement query;

    /** Loads the graph; the driver must be on the class path. */
    DuckDbPeer(final ParentGraph graph, final Path directory) throws Exception
    {
        connection = DriverManager.getConnection("jdbc:duckdb:");
        final Path edges = directory.resolve("edges.csv");
        final Path weights = directory.resolve("weights.csv");
        write(graph, edges, weights);
        try (Statement statement = connection.createStatement())
        {
            statement.execute("SET threads = 2");
            statement.execute("CREATE TABLE edges(child INTEGER, parent INTEGER)");
            statement.execute("CREATE TABLE weights(node INTEGER, high BIGINT, middle BIGINT, low BIGINT)");
            statement.execute("COPY edges FROM '" + edges + "'");
            statement.execute("COPY weights FROM '" + weights + "'");
        }
        Files.delete(edges);
        Files.delete(weights);
        query = connection.prepareStatement(QUERY);
    }

    private static void write(final ParentGraph graph, final Path edges, final Path weights) throws Exception
    {
        try (BufferedWriter edge = Files.newBufferedWriter(edges, StandardCharsets.US_ASCII);
            BufferedWriter weight = Files.newBufferedWriter(weights, StandardCharsets.US_ASCII))
        {
            for (int node = 0; node < graph.nodeCount(); node++)
            {
                for (final int parent : graph.parentsOf(node))
                {
                    edge.write(node + "," + parent + "\n");
                }
                final long low = graph.weights().low(node, 0);
                weight.write(node + "," + graph.weights().high(node, 0) + "," + (low >>> 32) + "," +
                    (low & 0xFFFFFFFFL) + "\n");
            }
        }
    }

    @Override
    public String name()
    {
        return "DuckDB recursive query";
    }

    @Override
    public BigInteger sum(final int node) throws SQLException
    {
        query.setInt(1, node);
        try (ResultSet result = query.executeQuery())
        {
            result.next();
            return new BigInteger(result.getString(1)).shiftLeft(64)
                .add(new BigInteger(result.getString(2)).shiftLeft(32))
                .add(new BigInteger(result.getString(3)));
        }
    }

    /** The sums of all nodes at once, by the transitive closure: for graphs where that is not too large. */
    BigInteger[] allSums(final int nodeCount) throws SQLException
    {
        final BigInteger[] sums = new BigInteger[nodeCount];
        try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(ALL))
        {
            while (result.next())
            {
                sums[result.getInt(1)] = new BigInteger(result.getString(2)).shiftLeft(64)
                    .add(new BigInteger(result.getString(3)).shiftLeft(32))
                    .add(new BigInteger(result.getString(4)));
            }
        }
        return sums;
    }

    @Override
    public void close() throws SQLException
    {
        query.close();
        connection.close();
    }
}
