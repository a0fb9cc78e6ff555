/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.flopmeter.ledger.EpochWriter;
import org.flopmeter.ledger.Id;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.node.Main;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * DuckDB, which knows nothing of ledgers, adds the CSV export up again: every published total, bit for bit. A total is
 * two columns there, above and below 2^64, for its sum of 128-bit columns is signed.
 */
class LedgerAddedAgainTest
{
    private static final long SEED = Long.getLong("flopmeter.ledger.seed", 20_261_128);
    private static final int EPOCHS = 40;
    private static final int KEYS = 25;
    private static final int BITS_MAX = 112;
    private static final BigInteger MAX = BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE);
    private static final String SUM = "sum((flop::UHUGEINT // 18446744073709551616)::HUGEINT), " +
        "sum((flop::UHUGEINT % 18446744073709551616)::HUGEINT) FROM ledger WHERE part IN ";
    private static final String COUNTED = "('count')";
    private static final String ESTIMATED = "('count', 'estimate')";

    @TempDir
    private Path folder;

    private BigInteger sum = BigInteger.ZERO;

    @Test
    void shouldAddUpToEveryPublishedTotal() throws IOException, SQLException
    {
        fill(new SplittableRandom(SEED));
        final Path csv = folder.resolve("ledger.csv");
        Files.writeString(csv, run("ledger", "export", "--format", "csv", "--dir", folder.toString()));
        final JsonNode total =
            JsonMapper.shared().readTree(run("ledger", "total", "--json", "--dir", folder.toString())).path("flop");
        final JsonNode export =
            JsonMapper.shared().readTree(run("ledger", "export", "--format", "json", "--dir", folder.toString()));
        assertEquals(MAX, number(total, "point"), "the sum of everything is the largest that there is");

        try (Connection duck = open(csv); Statement statement = duck.createStatement())
        {
            assertEquals(number(total, "lower"), one(statement, COUNTED));
            assertEquals(number(total, "point"), one(statement, ESTIMATED));
            assertEpochs(statement, export, "lower", COUNTED);
            assertEpochs(statement, export, "point", ESTIMATED);
            assertEquals(texts(export), column(statement, "SELECT flop::UHUGEINT::VARCHAR FROM ledger"));
            assertEquals(List.of("2"), column(statement,
                "SELECT count(*) FROM ledger WHERE flop::UHUGEINT >= 85070591730234615865843651857942052864"));

            // Canaries: a sum of floating point is another one, and so is a sum over one cell that was changed by 1.
            assertNotEquals(total.path("point").asString(), column(statement,
                "SELECT format('{:.0f}', sum(flop::DOUBLE)) FROM ledger WHERE part IN " + ESTIMATED).get(0));
            statement.execute("UPDATE ledger SET flop = (flop::UHUGEINT - 1)::VARCHAR WHERE flop = " +
                "(SELECT max(flop) FROM ledger WHERE part = 'count')");
            assertNotEquals(number(total, "lower"), one(statement, COUNTED));
        }
    }

    /** Totals of all lengths; two are about 2^127, one of them above it, and the sum is 2^128 - 1. */
    private void fill(final SplittableRandom random) throws IOException
    {
        try (LedgerHome home = LedgerHome.open(folder, "test"))
        {
            for (int i = 0; i < EPOCHS; i++)
            {
                final EpochWriter epoch = home.writer().openEpoch(
                    new Id(1, i % 3), LedgerHome.randomId(), LedgerHome.randomId(), Id.NONE, "boot", "test");
                for (int j = 0; j < KEYS; j++)
                {
                    final Part part = 0 == j % 5 ? Part.ESTIMATE : Part.COUNT;
                    final BigInteger value = i + 1 == EPOCHS && j + 1 == KEYS ? MAX.subtract(sum) :
                        0 == i && 1 == j ? BigInteger.ONE.shiftLeft(127) : random(random);
                    sum = sum.add(value);
                    epoch.key(new AccountKey("run-" + i, "\"n\",=" + j, Precision.FP64, Basis.EXACT_BY_SHAPE,
                        Source.BLAS, part), null).use(FlopCount.of(value), j, 0, 1);
                }
                assertTrue(home.writer().seal());
            }
            // What never was a count is in no sum.
            home.writer().openEpoch(
                new Id(7, 7), LedgerHome.randomId(), LedgerHome.randomId(), Id.NONE, "boot", "test")
                .key(new AccountKey("r", "", Precision.FP64, Basis.EXACT_BY_SHAPE, Source.BLAS, Part.BOUND), null)
                .use(FlopCount.of(5), 1, 0, 1);
            assertTrue(home.writer().seal());
            home.writer().checkpoint();
        }
    }

    private static BigInteger random(final SplittableRandom random)
    {
        return BigInteger.valueOf(random.nextLong()).shiftLeft(64).add(BigInteger.valueOf(random.nextLong())).abs()
            .mod(BigInteger.ONE.shiftLeft(random.nextInt(BITS_MAX)));
    }

    private static void assertEpochs(
        final Statement statement, final JsonNode export, final String end, final String parts) throws SQLException
    {
        final Map<String, BigInteger> sums = new HashMap<>();
        try (ResultSet result = statement.executeQuery(
            "SELECT meter || epoch, " + SUM + parts + " GROUP BY meter, epoch"))
        {
            while (result.next())
            {
                sums.put(result.getString(1), joined(result, 2));
            }
        }
        assertEquals(EPOCHS, sums.size());
        for (final JsonNode epoch : export.path("epochs"))
        {
            assertEquals(number(epoch.path("flop"), end), sums.getOrDefault(
                epoch.path("meter").asString() + epoch.path("epoch").asString(), BigInteger.ZERO));
        }
    }

    private static List<String> texts(final JsonNode export)
    {
        final List<String> texts = new ArrayList<>();
        export.path("epochs").forEach(
            epoch -> epoch.path("keys").forEach(key -> texts.add(key.path("flop").asString())));
        return texts;
    }

    private static BigInteger one(final Statement statement, final String parts) throws SQLException
    {
        try (ResultSet result = statement.executeQuery("SELECT " + SUM + parts))
        {
            result.next();
            return joined(result, 1);
        }
    }

    private static List<String> column(final Statement statement, final String query) throws SQLException
    {
        final List<String> values = new ArrayList<>();
        try (ResultSet result = statement.executeQuery(query))
        {
            while (result.next())
            {
                values.add(result.getString(1));
            }
        }
        return values;
    }

    private static BigInteger joined(final ResultSet result, final int column) throws SQLException
    {
        return new BigInteger(result.getString(column)).shiftLeft(64)
            .add(new BigInteger(result.getString(column + 1)));
    }

    private static BigInteger number(final JsonNode interval, final String end)
    {
        return new BigInteger(interval.path(end).asString());
    }

    private static Connection open(final Path csv) throws SQLException
    {
        try
        {
            final Connection duck = DriverManager.getConnection("jdbc:duckdb:");
            try (Statement statement = duck.createStatement())
            {
                statement.execute("SET threads = 1");
                statement.execute(
                    "CREATE TABLE ledger AS SELECT * FROM read_csv('" + csv + "', header = true, all_varchar = true)");
            }
            return duck;
        }
        catch (final UnsatisfiedLinkError ex)
        {
            return abort("DuckDB has no library for this platform: " + ex.getMessage());
        }
    }

    private static String run(final String... args)
    {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        assertEquals(0, Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), args), () -> err.toString(StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8);
    }
}
