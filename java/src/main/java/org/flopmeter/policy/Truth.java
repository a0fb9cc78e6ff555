/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** What can be said of a statement about figures that are known within bounds. */
enum Truth
{
    NO, UNDETERMINED, YES;

    /** One NO decides; both must be YES for a YES. */
    Truth and(final Truth other)
    {
        return compareTo(other) <= 0 ? this : other;
    }

    /** One YES decides; both must be NO for a NO. */
    Truth or(final Truth other)
    {
        return compareTo(other) >= 0 ? this : other;
    }

    boolean isUndetermined()
    {
        return UNDETERMINED == this;
    }
}
