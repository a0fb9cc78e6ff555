/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.fork;

/** One thing that is measured in a JVM of its own. */
@FunctionalInterface
public interface Measurement
{
    /**
     * Measure and say what came out.
     *
     * @param options as the parent gave them, see {@link Settings}.
     * @param out     where the results go.
     * @throws Exception when it can't be measured: the message is the parent's.
     */
    void run(Settings options, Results out) throws Exception;
}
