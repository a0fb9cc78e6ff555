/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.graph;

import java.math.BigInteger;
import java.sql.SQLException;

/** Another engine that sums over distinct ancestors. */
interface Peer extends AutoCloseable
{
    /** What the table calls it. */
    String name();

    /** The sum of the weights over a node and its ancestors. */
    BigInteger sum(int node) throws SQLException;

    @Override
    void close() throws SQLException;
}
