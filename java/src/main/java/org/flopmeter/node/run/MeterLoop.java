/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

/**
 * What the meter's loop cost while the program ran: without the start of the JVM and without the last reading.
 *
 * @param cpuNs         CPU time of the meter's process during the loop.
 * @param wallNs        how long the loop ran.
 * @param budgetPercent share of one core that it was to keep to, null = none.
 */
public record MeterLoop(long cpuNs, long wallNs, Double budgetPercent)
{
    public static final MeterLoop UNKNOWN = new MeterLoop(0, 0, null);
}
